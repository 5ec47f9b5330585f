import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  AutopilotError
} from "./chunk-CB6PVV43.js";
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/pipeline/id.ts
function pipelineId(date, sha, timezone) {
  if (!/^[0-9a-f]{7,64}$/i.test(sha)) {
    throw new AutopilotError("INPUT_INVALID", {
      what: "The commit of this run is not known.",
      why: `${JSON.stringify(sha.slice(0, 80))} is no commit id.`,
      fix: "Run the action for a push, a pull request or a dispatch; GITHUB_SHA says which commit it is."
    });
  }
  const { year, month, day, hour, minute, second } = localTime(date, timezone);
  return `${year}${month}${day}-${hour}${minute}${second}-${sha.slice(0, 7).toLowerCase()}`;
}
__name(pipelineId, "pipelineId");
function ownId(file, id, { target, runUrl }) {
  const taken = /* @__PURE__ */ __name(({ pipeline_id: other, target: theirs, run_url: url }, own2) => other === own2 && (theirs !== void 0 && theirs !== target || url !== void 0 && runUrl !== "" && url !== runUrl), "taken");
  let own = id;
  while (file.pipelines.some((run) => taken(run, own))) own = nextSecond(own);
  return own;
}
__name(ownId, "ownId");
function nextSecond(id) {
  const [date = "", time = "", sha = ""] = id.split("-");
  const pair = /* @__PURE__ */ __name((text, at) => Number(text.slice(at, at + 2)), "pair");
  const next = new Date(
    Date.UTC(
      Number(date.slice(0, 4)),
      pair(date, 4) - 1,
      pair(date, 6),
      pair(time, 0),
      pair(time, 2),
      pair(time, 4) + 1
    )
  );
  return `${next.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}-${sha}`;
}
__name(nextSecond, "nextSecond");
function isoWithOffset(date, timezone) {
  const offset = Math.round(localTime(date, timezone).offset / 60);
  const local = new Date(Math.floor(date.getTime() / 1e3) * 1e3 + offset * 6e4);
  const sign = offset < 0 ? "-" : "+";
  const hours = twoDigits(Math.trunc(Math.abs(offset) / 60));
  return `${local.toISOString().slice(0, -5)}${sign}${hours}:${twoDigits(Math.abs(offset) % 60)}`;
}
__name(isoWithOffset, "isoWithOffset");
function localTime(date, timezone) {
  const parts = new Map(
    formatOf(timezone).formatToParts(date).map(({ type, value }) => [type, value])
  );
  const part = /* @__PURE__ */ __name((name) => parts.get(name) ?? "", "part");
  const year = part("year").padStart(4, "0");
  const time = { month: part("month"), day: part("day"), hour: part("hour") };
  const fine = { minute: part("minute"), second: part("second") };
  const asUtc = Date.parse(`${year}-${time.month}-${time.day}T${time.hour}:${fine.minute}:${fine.second}Z`);
  return { year, ...time, ...fine, offset: asUtc / 1e3 - Math.floor(date.getTime() / 1e3) };
}
__name(localTime, "localTime");
function formatOf(timezone) {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit"
    });
  } catch (error) {
    throw new AutopilotError("CONFIG_INVALID", {
      what: `project.timezone: ${JSON.stringify(timezone)} is no time zone.`,
      fix: "Use an IANA name such as UTC, Asia/Seoul or Europe/Berlin.",
      cause: error
    });
  }
}
__name(formatOf, "formatOf");
function twoDigits(value) {
  return String(value).padStart(2, "0");
}
__name(twoDigits, "twoDigits");

export {
  pipelineId,
  ownId,
  isoWithOffset
};
