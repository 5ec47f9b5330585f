import { duration } from '../report/format.ts';

/** One line of a build for people, or a line only for who looks closer. */
export interface ProgressLine {
  level: 'info' | 'debug';
  text: string;
}

/** Steps of the builder's own are worth a line when they take at least so many seconds. */
const NOTEWORTHY = 5;

/** A step that goes on says so each time so many seconds have passed. */
const SIGN_OF_LIFE = 30;

/**
 * Reads the plain progress of BuildKit (and of the classic builder) line by line: one line for each step, with how long it
 * took; what the steps print is for debugging.
 */
export class BuildProgress {
  readonly #titles = new Map<string, string>();
  /** Step -> seconds after which it is to say something again. */
  readonly #due = new Map<string, number>();
  #quotes = false;

  read(line: string): ProgressLine | undefined {
    const [, step, rest] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (step === undefined || rest === undefined) return this.#outside(line);
    const title = this.#titles.get(step);
    if (rest.startsWith('[') || title === undefined) {
      this.#titles.set(step, title ?? readable(rest));
      return undefined;
    }
    if (rest === 'CACHED') return internal(title) ? undefined : { level: 'info', text: `${title} (cached)` };
    const seconds = /^DONE ([\d.]+)s$/.exec(rest)?.[1];
    if (seconds !== undefined) {
      if (internal(title) && Number(seconds) < NOTEWORTHY) return undefined;
      return { level: 'info', text: `${title} (${duration(Number(seconds) * 1000)})` };
    }
    if (/^(ERROR|CANCELED|WARN)/.test(rest)) return { level: 'info', text: `${title}: ${reason(rest)}` };
    return this.#output(step, title, rest);
  }

  /** Lines of no step: those of the classic builder, and at the end of a failed build the last words of its step. */
  #outside(line: string): ProgressLine | undefined {
    if (/^-+$/.test(line)) this.#quotes = false;
    if (line.trim() === '' || /^-+$/.test(line)) return undefined;
    if (this.#quotes) return { level: 'info', text: `  ${line.replace(/^\d+\.\d+ /, '')}` };
    this.#quotes = line.startsWith(' > [');
    if (this.#quotes) return { level: 'info', text: 'Its last lines:' };
    const plain = /^(?:Step \d+\/\d+ : |ERROR|WARNING|\[Warning\])/.test(line);
    return { level: plain ? 'info' : 'debug', text: plain ? reason(line) : line };
  }

  /** What the step printed, after its seconds so far. */
  #output(step: string, title: string, rest: string): ProgressLine | undefined {
    const [, seconds = '0', output = rest] = /^(\d+\.\d+) (.*)$/.exec(rest) ?? [];
    if (output.trim() === '') return undefined;
    if (Number(seconds) < (this.#due.get(step) ?? SIGN_OF_LIFE)) return { level: 'debug', text: output };
    this.#due.set(step, (Math.floor(Number(seconds) / SIGN_OF_LIFE) + 1) * SIGN_OF_LIFE);
    return { level: 'info', text: `${title}, ${duration(Number(seconds) * 1000)} so far: ${output.trim()}` };
  }
}

/** `[2/3] RUN npm ci` and `[build 2/3] ...` are the Dockerfile's; `[internal] load ...` and `exporting ...` are not. */
const internal = (title: string) => !/^\[(?:[^\]]+ )?\d+\/\d+\]/.test(title);

/** Without the digest of a base image, and on one line. */
const readable = (title: string) => title.replace(/@sha256:[0-9a-f]{64}/g, '').replace(/\s+/g, ' ');

/** The command stands in the step's title already. */
const reason = (text: string) =>
  text.replace(/process ".*" did not complete successfully: |executor failed running \[.*\]: /, '');
