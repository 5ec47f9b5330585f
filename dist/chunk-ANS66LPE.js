import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  __name
} from "./chunk-7EV6XQIJ.js";

// src/report/format.ts
function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1e3;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
}
__name(duration, "duration");
function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1e3 && unit < units.length - 1) {
    value /= 1e3;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
__name(size, "size");
function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
__name(count, "count");
function sentence(items) {
  if (items.length <= 1) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
__name(sentence, "sentence");
function time(iso) {
  const [, day, clock, zone = ""] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/.exec(iso) ?? [];
  return day ? `${day} ${clock} ${zone === "Z" ? "UTC" : zone}`.trim() : iso;
}
__name(time, "time");

export {
  duration,
  size,
  count,
  sentence,
  time
};
