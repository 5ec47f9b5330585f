/** Workflow commands in a step's output, line by line, as the official runner reads them. */
import type { Masks } from './masks.ts';

export interface Annotation {
  level: 'error' | 'warning' | 'notice';
  message: string;
  title?: string;
  file?: string;
  line?: number;
  endLine?: number;
}

interface Command {
  name: string;
  properties: Record<string, string>;
  data: string;
}

const ANNOTATIONS_A_LEVEL = 10;
const NAMES = [
  'add-mask',
  'add-matcher',
  'remove-matcher',
  'debug',
  'echo',
  'error',
  'warning',
  'notice',
  'group',
  'endgroup',
];
const KNOWN = new Set([...NAMES, 'save-state', 'set-output', 'set-env', 'add-path', 'stop-commands']);

const unescapeData = (text: string): string =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const unescapeProperty = (text: string): string =>
  unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));

function properties(
  text: string,
  separator: string,
  unescape: (value: string) => string,
): Record<string, string> {
  const pairs = text
    .split(separator)
    .map((pair) => pair.trim())
    .filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), unescape(pair.slice(pair.indexOf('=') + 1))]),
  );
}

/** `::name k=v::data` after leading blanks, or the old `##[name k=v]data` anywhere in the line. */
export function parseCommand(line: string): Command | undefined {
  const modern = /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/s.exec(line);
  if (modern) {
    return {
      name: modern[1] ?? '',
      properties: properties(modern[2] ?? '', ',', unescapeProperty),
      data: unescapeData(modern[3] ?? ''),
    };
  }
  const old = /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s.exec(line);
  if (!old) return undefined;
  const decode = (text: string): string => unescapeData(text.replaceAll('%3B', ';').replaceAll('%5D', ']'));
  return {
    name: old[1] ?? '',
    properties: properties(old[2] ?? '', ';', decode),
    data: decode(old[3] ?? ''),
  };
}

/** What commands of one step changed. One object for each execution: `stop-commands` does not reach the next step. */
export class CommandReader {
  readonly annotations: Annotation[] = [];
  readonly outputs = new Map<string, string>();
  readonly state = new Map<string, string>();
  /** A command that the runner refuses fails the step even when it exits with 0. */
  failed = false;
  readonly #masks: Masks;
  readonly #debug: boolean;
  readonly #write: (line: string) => void;
  #stopToken: string | undefined;

  constructor(masks: Masks, { debug, write }: { debug: boolean; write: (line: string) => void }) {
    this.#masks = masks;
    this.#debug = debug;
    this.#write = (line) => {
      write(masks.apply(line));
    };
  }

  line(line: string): void {
    const command = parseCommand(line);
    const name = command?.name.toLowerCase();
    if (this.#stopToken !== undefined) {
      if (command && name === this.#stopToken.toLowerCase()) this.#stopToken = undefined;
      this.#write(line);
    } else if (command && name && KNOWN.has(name)) this.#run(name, command);
    else this.#write(line);
  }

  annotate(annotation: Annotation): void {
    this.#write(`##[${annotation.level}]${annotation.message}`);
    const same = this.annotations.filter(({ level }) => level === annotation.level).length;
    if (same < ANNOTATIONS_A_LEVEL)
      this.annotations.push({ ...annotation, message: this.#masks.apply(annotation.message) });
  }

  #refuse(message: string): void {
    this.failed = true;
    this.annotate({ level: 'error', message });
  }

  #run(name: string, { properties: given, data }: Command): void {
    switch (name) {
      case 'add-mask':
        this.#masks.add(data);
        return;
      case 'debug':
        if (this.#debug) this.#write(`##[debug]${data}`);
        return;
      case 'error':
      case 'warning':
      case 'notice': {
        const number = (text: string | undefined): number | undefined =>
          text === undefined || Number.isNaN(Number(text)) ? undefined : Number(text);
        const [line, endLine] = [number(given['line']), number(given['endLine'])];
        this.annotate({
          level: name,
          message: data,
          ...(given['title'] === undefined ? {} : { title: this.#masks.apply(given['title']) }),
          ...(given['file'] === undefined ? {} : { file: given['file'] }),
          ...(line === undefined ? {} : { line }),
          ...(endLine === undefined ? {} : { endLine }),
        });
        return;
      }
      case 'group':
        this.#write(`##[group]${data}`);
        return;
      case 'endgroup':
        this.#write('##[endgroup]');
        return;
      case 'stop-commands':
        if (data === '' || KNOWN.has(data.toLowerCase()) || data === 'pause-logging') {
          this.#refuse(`Invalid stop-commands token '${data}'`);
        } else this.#stopToken = data;
        return;
      case 'set-output':
      case 'save-state':
        if (!given['name']) this.#refuse(`Required field 'name' is missing in ##[${name}] command.`);
        else (name === 'set-output' ? this.outputs : this.state).set(given['name'], data);
        return;
      case 'set-env':
      case 'add-path':
        this.#refuse(`The \`${name}\` command is disabled. Please upgrade to using Environment Files.`);
    }
  }
}
