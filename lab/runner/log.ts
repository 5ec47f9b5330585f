/** The job's log: lines as they come, and waiting for one. */
export class JobLog {
  readonly lines: string[] = [];
  readonly #listeners = new Set<(line: string | undefined) => void>();
  readonly #onLine: ((line: string) => void) | undefined;
  #ended = false;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  write(line: string): void {
    this.lines.push(line);
    this.#onLine?.(line);
    for (const listener of [...this.#listeners]) listener(line);
  }

  end(): void {
    this.#ended = true;
    for (const listener of [...this.#listeners]) listener(undefined);
  }

  waitFor(pattern: string | RegExp): Promise<string> {
    const matches = (line: string): boolean =>
      typeof pattern === 'string' ? line.includes(pattern) : line.search(pattern) >= 0;
    const before = this.lines.find(matches);
    if (before !== undefined) return Promise.resolve(before);
    return new Promise((resolve, reject) => {
      const listener = (line: string | undefined): void => {
        if (line !== undefined && !matches(line)) return;
        this.#listeners.delete(listener);
        if (line !== undefined) resolve(line);
        else
          reject(
            new Error(
              `The job ended without a line that matches ${String(pattern)}:\n${this.lines.slice(-40).join('\n')}`,
            ),
          );
      };
      this.#listeners.add(listener);
      if (this.#ended) listener(undefined);
    });
  }
}
