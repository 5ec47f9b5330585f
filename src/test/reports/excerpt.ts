/** Characters kept from the start, and as many from the end. */
const KEPT = 16_000;

/** A text of which, however long it gets, only the beginning and the end are kept. */
export class Excerpt {
  private head = '';
  private tail = '';
  private length = 0;

  add(text: string): void {
    this.length += text.length;
    const room = KEPT - this.head.length;
    this.head += text.slice(0, room);
    this.tail += text.slice(room);
    // Cut now and then instead of at each line: this runs for every line of a test.
    if (this.tail.length > 2 * KEPT) this.tail = this.tail.slice(-KEPT);
  }

  /** All of it, or its beginning and its end with a line between them that says so. */
  text(): string {
    if (this.length <= 2 * KEPT) return this.head + this.tail;
    return `${this.head}\n… left out …\n${this.tail.slice(-KEPT)}`;
  }
}
