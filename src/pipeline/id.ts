import { AutopilotError } from '../errors.ts';
import type { PipelineFile, PipelineRun } from '../state/schema.ts';

/** A moment as people of a time zone read it, and how far that is from UTC. */
interface LocalTime {
  /** `YYYY`, `MM`, ...: with leading zeros. */
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  second: string;
  /** Seconds east of UTC. */
  offset: number;
}

/**
 * Rule S1: `YYYYMMDD-HHMMSS-shortsha` in the project's time zone. `sha` may be a SHA-1 or SHA-256.
 * @throws AutopilotError INPUT_INVALID for a sha that is none, CONFIG_INVALID for a time zone that does not exist.
 */
export function pipelineId(date: Date, sha: string, timezone: string): string {
  if (!/^[0-9a-f]{7,64}$/i.test(sha)) {
    throw new AutopilotError('INPUT_INVALID', {
      what: 'The commit of this run is not known.',
      why: `${JSON.stringify(sha.slice(0, 80))} is no commit id.`,
      fix: 'Run the action for a push, a pull request or a dispatch; GITHUB_SHA says which commit it is.',
    });
  }
  const { year, month, day, hour, minute, second } = localTime(date, timezone);
  return `${year}${month}${day}-${hour}${minute}${second}-${sha.slice(0, 7).toLowerCase()}`;
}

/** Whose run an id is asked for. */
interface Owner {
  /** The server, as in `deploy.target`. */
  target: string;
  /** Empty when it is not known. */
  runUrl: string;
}

/**
 * The id of a run in a record that others write as well: two runs of one commit may begin in one second (a job for each of two
 * targets, a push and a rollback), and the later one to be recorded moves on to the first second that nobody has. Asked again
 * of a record that holds this run already it is the same. Pure.
 */
export function ownId(file: Pick<PipelineFile, 'pipelines'>, id: string, { target, runUrl }: Owner): string {
  const taken = ({ pipeline_id: other, target: theirs, run_url: url }: PipelineRun, own: string) =>
    other === own &&
    ((theirs !== undefined && theirs !== target) || (url !== undefined && runUrl !== '' && url !== runUrl));
  let own = id;
  while (file.pipelines.some((run) => taken(run, own))) own = nextSecond(own);
  return own;
}

function nextSecond(id: string): string {
  const [date = '', time = '', sha = ''] = id.split('-');
  const pair = (text: string, at: number) => Number(text.slice(at, at + 2));
  // The local time is reckoned as if it were UTC: what counts is that the next id is another one.
  const next = new Date(
    Date.UTC(
      Number(date.slice(0, 4)),
      pair(date, 4) - 1,
      pair(date, 6),
      pair(time, 0),
      pair(time, 2),
      pair(time, 4) + 1,
    ),
  );
  return `${next.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-${sha}`;
}

/**
 * ISO 8601 with the offset that the time zone (any IANA name) has at that moment, in whole seconds, e.g.
 * `2026-02-06T16:00:00+09:00`. The offset is rounded to minutes where history has seconds, as ISO 8601 has none for them.
 * @throws AutopilotError CONFIG_INVALID for a time zone that does not exist.
 */
export function isoWithOffset(date: Date, timezone: string): string {
  const offset = Math.round(localTime(date, timezone).offset / 60);
  const local = new Date(Math.floor(date.getTime() / 1000) * 1000 + offset * 60_000);
  const sign = offset < 0 ? '-' : '+';
  const hours = twoDigits(Math.trunc(Math.abs(offset) / 60));
  return `${local.toISOString().slice(0, -5)}${sign}${hours}:${twoDigits(Math.abs(offset) % 60)}`;
}

function localTime(date: Date, timezone: string): LocalTime {
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? '';
  const year = part('year').padStart(4, '0');
  const time = { month: part('month'), day: part('day'), hour: part('hour') };
  const fine = { minute: part('minute'), second: part('second') };
  const asUtc = Date.parse(`${year}-${time.month}-${time.day}T${time.hour}:${fine.minute}:${fine.second}Z`);
  return { year, ...time, ...fine, offset: asUtc / 1000 - Math.floor(date.getTime() / 1000) };
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  } catch (error) {
    throw new AutopilotError('CONFIG_INVALID', {
      what: `project.timezone: ${JSON.stringify(timezone)} is no time zone.`,
      fix: 'Use an IANA name such as UTC, Asia/Seoul or Europe/Berlin.',
      cause: error,
    });
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
