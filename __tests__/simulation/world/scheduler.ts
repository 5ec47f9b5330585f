/** Virtual time: nothing happens but by an event, events happen in one order, and a seed decides every choice. */

interface Entry {
  at: number;
  order: number;
  action: () => void;
  cancelled: boolean;
}

export interface Timer {
  cancel(): void;
}

/** Something that runs and is expected to wait on this scheduler or to end; see `run`. */
export interface Process {
  /** It waits for nothing here, and has not ended: then it is really computing (a module is being loaded). */
  computing(): boolean;
}

/** Milliseconds of real time after which a process that waits for nothing counts as hung. */
const HUNG = 10_000;

export class Hung extends Error {}

export class Scheduler {
  now = Date.parse('2026-03-01T00:00:00Z');
  /** Events so far; for the figures. */
  steps = 0;
  readonly processes = new Set<Process>();
  readonly #heap: Entry[] = [];
  #order = 0;
  #live = 0;

  /** Runs `action` after `delay` milliseconds. */
  after(delay: number, action: () => void): Timer {
    const entry: Entry = {
      at: this.now + Math.max(0, delay),
      order: (this.#order += 1),
      action,
      cancelled: false,
    };
    this.#push(entry);
    this.#live += 1;
    return {
      cancel: () => {
        if (entry.cancelled) return;
        entry.cancelled = true;
        this.#live -= 1;
      },
    };
  }

  sleep(delay: number): Promise<void> {
    return new Promise((resolve) => this.after(delay, resolve));
  }

  /** Lets time pass until `done`, or until nothing is left to happen; false in the latter case. */
  async run(done: () => boolean): Promise<boolean> {
    while (true) {
      await this.#settled();
      if (done()) return true;
      if (this.#live === 0) return false;
      let entry = this.#pop();
      while (entry?.cancelled) entry = this.#pop();
      if (!entry) return false;
      entry.cancelled = true;
      this.#live -= 1;
      this.now = entry.at;
      this.steps += 1;
      entry.action();
    }
  }

  /** Everything that follows from the last event has followed, modules that are loaded on the way included. */
  async #settled(): Promise<void> {
    await turn();
    let since: number | undefined;
    while ([...this.processes].some((process) => process.computing())) {
      since ??= performance.now();
      if (performance.now() - since > HUNG) throw new Hung('a process waits for something that never comes');
      await turn();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(entry, heap[parent] as Entry)) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && earlier(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!earlier(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

const earlier = (left: Entry, right: Entry) =>
  left.at < right.at || (left.at === right.at && left.order < right.order);

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The promise of somebody who is dead. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
