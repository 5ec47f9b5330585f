import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import type { Problem } from './problems.ts';

/** A configuration is written by hand; anything above this is something else. */
const MAX_BYTES = 1_000_000;
/** Enough for a file that shares blocks, far below what an alias bomb needs. */
const MAX_ALIASES = 100;
const MAX_DEPTH = 100;

/** A parsed YAML file that still knows where everything stands. */
export interface Source {
  /** Plain values, anchors and merge keys resolved. */
  value: unknown;
  /** Problems of the YAML itself; `value` is only meaningful without any. */
  problems: Problem[];
  /** Line and column (from 1) of the value at `path`, or of the nearest thing around it that stands in the file. */
  locate(path: readonly PropertyKey[], part?: 'value' | 'key'): { line: number; column: number };
}

/** YAML 1.2 with merge keys. Never throws: hostile, huge and half-written text becomes problems. */
export function parseSource(text: string, file: string): Source {
  const lines = new LineCounter();
  const start = { line: 1, column: 1 };
  const broken = (message: string, at = start): Source => ({
    value: undefined,
    problems: [{ file, ...at, path: '', message }],
    locate: () => start,
  });
  if (Buffer.byteLength(text) > MAX_BYTES) return broken(`larger than ${MAX_BYTES / 1e6} MB`);
  const tooDeep = deepLine(text);
  if (tooDeep) return broken(`nested more than ${MAX_DEPTH} levels deep`, { line: tooDeep, column: 1 });
  try {
    const document = parseDocument(text.replace(/^\uFEFF/, ''), {
      lineCounter: lines,
      merge: true,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const at = (offset: number) => {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    };
    const problems = [...document.errors, ...document.warnings].map((error) => ({
      file,
      ...at(error.pos[0]),
      path: '',
      message: `not valid YAML: ${error.message}`,
    }));
    return {
      value: problems.length > 0 ? undefined : document.toJS({ maxAliasCount: MAX_ALIASES }),
      problems,
      locate: (path, part = 'value') => at(offsetOf(document, path, part)),
    };
  } catch (error) {
    // The parser throws for what it cannot hold: too many aliases, an alias inside its own anchor.
    return broken(`not usable YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The parser recurses, so nesting is bounded before it starts: brackets on one line, or ever deeper indentation. */
function deepLine(text: string): number | undefined {
  let brackets = 0;
  for (const [index, line] of text.split('\n').entries()) {
    for (const character of line) {
      if (character === '[' || character === '{') brackets++;
      else if ((character === ']' || character === '}') && brackets > 0) brackets--;
    }
    const dashes = /^(?:\s*[-?]\s+)*/.exec(line)?.[0].replace(/\s/g, '').length ?? 0;
    if (brackets > MAX_DEPTH || dashes > MAX_DEPTH || line.search(/\S/) > 10 * MAX_DEPTH) return index + 1;
  }
  return undefined;
}

function offsetOf(document: Document, path: readonly PropertyKey[], part: 'value' | 'key'): number {
  let node: unknown = document.contents;
  let offset = (document.contents as Node | null)?.range?.[0] ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node)) node = node.items[Number(step)];
    else if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (!isPair(pair)) break;
      const value = pair.value as Node | null;
      // A key without a value has no place of its own but its key's.
      const empty = !value?.range || value.range[0] === value.range[1];
      const target = empty || (part === 'key' && index === path.length - 1) ? pair.key : value;
      offset = (target as Node | null)?.range?.[0] ?? offset;
      node = pair.value;
      continue;
    } else break;
    offset = (node as Node | undefined)?.range?.[0] ?? offset;
  }
  return offset;
}
