import * as z from 'zod';

/** Rule A2: one file has exactly one of these. `other` (docs, images, licences) never causes work. */
export const CATEGORIES = ['frontend', 'backend', 'database', 'config', 'test', 'shared', 'other'] as const;
export type Category = (typeof CATEGORIES)[number];

export const SUITE_KINDS = ['unit', 'e2e', 'performance', 'security'] as const;
export type SuiteKind = (typeof SUITE_KINDS)[number];

/** Rule A8: every skip, and every choice a person may ask about, is one of these in the record. */
export const Decision = z.object({ action: z.string(), reason: z.string() });
export type Decision = z.infer<typeof Decision>;

export const ChangedFile = z.object({
  path: z.string(),
  status: z.enum(['added', 'modified', 'removed', 'renamed', 'copied', 'changed']),
  /** For renames and copies: where it came from. */
  previous_path: z.string().optional(),
});
export type ChangedFile = z.infer<typeof ChangedFile>;

/** Layer 1 of the safety: something in the changed files themselves. Never holds the secret. */
export const Finding = z.object({
  rule: z.enum(['secret', 'dotenv', 'large-file', 'json-syntax', 'yaml-syntax']),
  severity: z.enum(['CRITICAL', 'WARNING']),
  file: z.string(),
  line: z.number().int().optional(),
  message: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** What ANALYZE hands to the later stages. The first six keys are the public `plan` output. */
export const Plan = z.object({
  /** Commit the comparison starts from; empty when everything counts as changed. */
  base: z.string(),
  /** Rule A9: service -> the commit it is compared with; empty where everything counts as changed. */
  bases: z.record(z.string(), z.string()).optional(),
  head: z.string(),
  categories: z.record(z.enum(CATEGORIES), z.array(z.string())),
  /** Names of the suites to run: `unit`, or `unit:frontend` where several are named. */
  suites: z.array(z.string()),
  /** Services to build and deploy, dependencies first. */
  services: z.array(z.string()),
  decisions: z.array(Decision),
  files: z.array(ChangedFile),
  /** Which pattern put which file into its category, for `validate` and `dry-run`. */
  because: z.record(z.string(), z.string()),
  /** Where the answer came from, e.g. `compare`, `tree-walk`, `git`, `everything`. */
  source: z.string(),
  /** Rule A7: why the whole pipeline is skipped, if it is. */
  skipped: z.string().optional(),
  findings: z.array(Finding),
  warnings: z.array(z.string()),
});
export type Plan = z.infer<typeof Plan>;
