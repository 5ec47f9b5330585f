import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);
import {
  _enum,
  array,
  number,
  object,
  record,
  string
} from "./chunk-4JOCUQ4S.js";

// src/analyze/plan.ts
var CATEGORIES = ["frontend", "backend", "database", "config", "test", "shared", "other"];
var Decision = object({ action: string(), reason: string() });
var ChangedFile = object({
  path: string(),
  status: _enum(["added", "modified", "removed", "renamed", "copied", "changed"]),
  /** For renames and copies: where it came from. */
  previous_path: string().optional()
});
var Finding = object({
  rule: _enum(["secret", "dotenv", "large-file", "json-syntax", "yaml-syntax"]),
  severity: _enum(["CRITICAL", "WARNING"]),
  file: string(),
  line: number().int().optional(),
  message: string()
});
var Plan = object({
  /** Commit the comparison starts from; empty when everything counts as changed. */
  base: string(),
  /** Rule A9: service -> the commit it is compared with; empty where everything counts as changed. */
  bases: record(string(), string()).optional(),
  head: string(),
  categories: record(_enum(CATEGORIES), array(string())),
  /** Names of the suites to run: `unit`, or `unit:frontend` where several are named. */
  suites: array(string()),
  /** Services to build and deploy, dependencies first. */
  services: array(string()),
  decisions: array(Decision),
  files: array(ChangedFile),
  /** Which pattern put which file into its category, for `validate` and `dry-run`. */
  because: record(string(), string()),
  /** Where the answer came from, e.g. `compare`, `tree-walk`, `git`, `everything`. */
  source: string(),
  /** Rule A7: why the whole pipeline is skipped, if it is. */
  skipped: string().optional(),
  findings: array(Finding),
  warnings: array(string())
});

export {
  CATEGORIES,
  Decision,
  Plan
};
