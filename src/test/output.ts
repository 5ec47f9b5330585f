const HEAD_LINES = 500;
const LAST_LINES = 1_500;
const LONGEST_LINE = 10_000;
const TAIL_LINES = 40;
const TAIL_CHARACTERS = 8_000;

/**
 * What the programs of a suite printed, both streams in the order in which the lines came. However much that is, only
 * the first 500 and the last 1500 lines are kept, and how many were left out.
 */
export class Output {
  private readonly head: string[] = [];
  private last: string[] = [];
  private count = 0;

  add(line: string): void {
    const kept = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
    this.count++;
    if (this.head.length < HEAD_LINES) this.head.push(kept);
    else this.last.push(kept);
    // Cut now and then instead of at each line: this runs for every line of every program.
    if (this.last.length >= 2 * LAST_LINES) this.last = this.last.slice(-LAST_LINES);
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** All of it, or its beginning and end. */
  text(): string {
    const last = this.last.slice(-LAST_LINES);
    const left = this.count - this.head.length - last.length;
    return [...this.head, ...(left > 0 ? [`... ${left} lines left out ...`] : []), ...last].join('\n');
  }

  /** The last lines, kept for the record of a failure. */
  tail(lines = TAIL_LINES): string {
    return [...this.head, ...this.last].slice(-lines).join('\n').slice(-TAIL_CHARACTERS);
  }

  /** The last three lines in one, to quote in a sentence. */
  lastWords(): string {
    return this.tail(3).replaceAll('\n', ' / ');
  }
}
