import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod';
import { AutopilotError } from '../errors.ts';
import { printable } from '../printable.ts';
import { configJsonSchema, formsAt, type JsonSchema } from './json-schema.ts';

/** One thing that is wrong with the configuration, and where. */
export interface Problem {
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** Dotted, e.g. `deploy.health_check.timeout`; empty for the file as a whole. */
  path: string;
  message: string;
}

const MAX_LISTED = 50;

/** CONFIG_INVALID with every problem: in the message for people, as a list for annotations. */
export class ConfigError extends AutopilotError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const shown = problems.slice(0, MAX_LISTED).map(lineOf);
    const more = problems.length - shown.length;
    super('CONFIG_INVALID', {
      what: [
        `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`,
        ...shown,
        ...(more > 0 ? [`and ${more} more`] : []),
      ].join('\n'),
      fix: 'Correct the lines named above; docs/configuration.md lists every key.',
    });
    this.problems = problems;
  }
}

/** `gonsautopilot.yaml:12:5 deploy.helth_check: unknown key; did you mean health_check?` */
function lineOf({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column} ${path ? `${path}: ` : ''}${message}`;
}

/** A problem of the shape, before it has a place in the file. */
export interface ShapeProblem {
  path: PropertyKey[];
  message: string;
  /** Unknown keys point at the key, everything else at the value. */
  part: 'key' | 'value';
}

/** Zod's issues in the words of the file, with the nearest valid key or value. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], value: unknown): ShapeProblem[] {
  const schema = configJsonSchema();
  return issues.flatMap((issue): ShapeProblem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: unknownKey(schema, issue.path, key),
        part: 'key',
      }));
    if (issue.code === 'invalid_key') {
      const inner = issue.issues[0];
      const reason = inner ? describe(inner, inner.path.at(-1)) : 'not allowed here';
      const keys = inner && inner.code === 'invalid_value' ? inner.values.map(String) : [];
      const last = String(issue.path.at(-1) ?? '');
      const message =
        keys.length > 0 ? `unknown key${nearest(last, keys)}` : `not a possible name: ${reason}`;
      return [{ path: [...issue.path], message, part: 'key' }];
    }
    return [{ path: [...issue.path], message: describe(issue, at(value, issue.path)), part: 'value' }];
  });
}

/** The value at a path of plain data; undefined when there is none. */
export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[part];
  }
  return current;
}

const KINDS: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return `the text "${printable(value, 60)}"`;
  return String(value);
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = KINDS[issue.expected] ?? issue.expected;
      if (value === undefined) return `missing: expected ${expected}`;
      const quote =
        issue.expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')
          ? '; put it in quotes'
          : '';
      return `expected ${expected}, got ${kindOf(value)}${quote}`;
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      return `must be one of ${values.join(', ')}; got ${kindOf(value)}${nearest(String(value), values)}`;
    }
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return 'must not be empty';
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${String(issue.minimum)}, got ${kindOf(value)}`;
    case 'too_big':
      if (issue.origin === 'string') return `must be at most ${String(issue.maximum)} characters long`;
      return `must be ${issue.inclusive ? 'at most' : 'less than'} ${String(issue.maximum)}, got ${kindOf(value)}`;
    case 'invalid_format':
      return `must be ${issue.message}, got ${kindOf(value)}`;
    case 'invalid_union':
      return `${unionMessage(issue)}, got ${kindOf(value)}`;
    default:
      return printable(issue.message);
  }
}

/** The one form of a union that explains itself; the rest are plain types. */
function unionMessage(issue: z.core.$ZodIssueInvalidUnion): string {
  const formats = issue.errors.flat().filter(({ code }) => code === 'invalid_format');
  return formats[0] ? `must be ${formats[0].message}` : 'not a possible value';
}

function unknownKey(schema: JsonSchema, parent: readonly PropertyKey[], key: string): string {
  const keys = [...new Set(formsAt(schema, parent).flatMap(keysOf))];
  const near = nearest(key, keys);
  if (near) return `unknown key${near}`;
  const elsewhere = homesOf(schema, key);
  if (elsewhere.length === 1) return `unknown key; it belongs to ${elsewhere[0] || 'the top level'}`;
  return `unknown key; possible here: ${keys.join(', ')}`;
}

/** Fixed keys, or the names that a record is limited to. */
function keysOf({ properties = {}, propertyNames }: JsonSchema): string[] {
  return [...Object.keys(properties), ...(propertyNames?.enum ?? []).map(String)];
}

function nearest(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0 || word.length > 100) return '';
  const same = (text: string) => text.toLowerCase().replace(/[-_\s]/g, '');
  const found = candidates.find((name) => same(name) === same(word)) ?? closest(word, candidates);
  const near =
    same(found) === same(word) ||
    distance(word, found) <= (found.length < 4 ? 1 : Math.max(2, Math.floor(found.length / 3)));
  return near ? `; did you mean ${found}?` : '';
}

/** Dotted paths of the mappings with fixed keys that know `key`. */
function homesOf(form: JsonSchema, key: string, path = ''): string[] {
  const here = form.properties && Object.hasOwn(form.properties, key) ? [path] : [];
  const below = Object.entries(form.properties ?? {}).flatMap(([name, child]) =>
    homesOf(child, key, path ? `${path}.${name}` : name),
  );
  return [...here, ...below];
}
