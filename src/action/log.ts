import * as core from '@actions/core';
import { randomBytes } from 'node:crypto';
import type { Log, Place } from '../effects.ts';

type Kind = 'notice' | 'warning' | 'error';

/** GitHub shows ten annotations of a kind for a step and drops the others without a word. */
const SHOWN = 10;

/** Of the control characters: line ends, tabs, and what begins a colour. */
const KEPT = '\t\n\r\u001b';

export interface RunnerLog extends Log {
  /** At the end of the step: one last annotation for those of a kind that were not shown. */
  close(): void;
}

/** The runner trims a line before it looks for `::` at its start, and takes the old form `##[` anywhere in it. */
export function withoutCommands(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (character) => (KEPT.includes(character) ? character : ''))
    .replace(/(^|[\n\r])([\s\u0085\u200b]*):(?=:)/g, '$1$2:\u200b')
    .replaceAll('##[', '#\u200b#[');
}

/**
 * The log of a step over the runner's commands. Everything is redacted; ordinary messages cannot become commands; output of
 * foreign programs is printed with commands switched off; of more than ten annotations of a kind the rest is plain text.
 */
export function createLog(redact: (text: string) => string): RunnerLog {
  const counts: Record<Kind, number> = { notice: 0, warning: 0, error: 0 };
  const held: Partial<Record<Kind, () => void>> = {};
  let depth = 0;

  const print = (text: string) => core.info(withoutCommands(redact(text)));
  const annotate = (kind: Kind, message: string, place?: Place) => {
    const text = redact(message);
    const show = () => core[kind](text, propertiesOf(place));
    counts[kind]++;
    if (counts[kind] < SHOWN) return show();
    // The tenth is either the last one or the place for "and N more": known at the end. Its text stands here anyway.
    if (counts[kind] === SHOWN) held[kind] = show;
    print(`${kind}: ${whereOf(place)}${message}`);
  };

  return {
    info: print,
    debug: (message) => core.debug(redact(message)),
    notice: (message, place) => annotate('notice', message, place),
    warning: (message, place) => annotate('warning', message, place),
    error: (message, place) => annotate('error', message, place),
    foreign: (text) => {
      const token = randomBytes(16).toString('hex');
      core.info(`::stop-commands::${token}\n${redact(text).replace(/\r?\n$/, '')}\n::${token}::`);
    },
    group: async (title, body) => {
      // The runner knows no groups in groups.
      const nested = depth > 0;
      if (nested) print(title);
      else core.startGroup(redact(title));
      depth++;
      try {
        return await body();
      } finally {
        depth--;
        if (!nested) core.endGroup();
      }
    },
    close: () => {
      for (const kind of ['notice', 'warning', 'error'] as const) {
        const more = counts[kind] - SHOWN + 1;
        if (more === 1) held[kind]?.();
        else if (more > 1) core[kind](`and ${more} more of this kind: see the log of this step`);
        counts[kind] = 0;
      }
    },
  };
}

function propertiesOf(place: Place | undefined): core.AnnotationProperties {
  if (!place) return {};
  return {
    file: place.file,
    ...(place.line === undefined ? {} : { startLine: place.line }),
    ...(place.column === undefined ? {} : { startColumn: place.column }),
  };
}

function whereOf(place: Place | undefined): string {
  if (!place) return '';
  return `${[place.file, place.line, place.column].filter((part) => part !== undefined).join(':')} `;
}
