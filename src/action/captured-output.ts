import { StringDecoder } from 'node:string_decoder';

/** Bytes kept from the start, and as many from the end, of one output stream. */
const KEPT = 5_000_000;
/** A line longer than this reaches onLine in pieces, all but the last with `goesOn`. */
const MAX_LINE = 65_536;

/** The text of one stream in bounded memory: the head and the tail, and between them how much is missing. */
export class Capture {
  private readonly head: Buffer[] = [];
  private readonly tail: Buffer[] = [];
  private headSize = 0;
  private tailSize = 0;
  private dropped = 0;

  add(chunk: Buffer): void {
    const room = KEPT - this.headSize;
    if (room > 0) {
      const part = chunk.subarray(0, room);
      this.head.push(part);
      this.headSize += part.length;
    }
    if (chunk.length > room) this.addTail(chunk.subarray(Math.max(0, room)));
  }

  private addTail(chunk: Buffer): void {
    this.tail.push(chunk);
    this.tailSize += chunk.length;
    // Whole chunks go; the rest is cut when the text is asked for.
    for (let first = this.tail[0]; first && this.tailSize - first.length >= KEPT; first = this.tail[0]) {
      this.tail.shift();
      this.tailSize -= first.length;
      this.dropped += first.length;
    }
  }

  text(): string {
    const head = Buffer.concat(this.head).toString('utf8');
    if (this.tailSize === 0) return head;
    const tail = Buffer.concat(this.tail);
    const cut = Math.max(0, tail.length - KEPT);
    const missing = this.dropped + cut;
    if (missing === 0) return Buffer.concat([...this.head, tail]).toString('utf8');
    return `${head}\n... ${missing} bytes left out ...\n${tail.subarray(cut).toString('utf8')}`;
  }
}

/** Cuts a stream into lines at LF, CRLF and the lone CR of progress bars; characters may span chunks. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private readonly onLine: (line: string, goesOn: boolean) => void;
  private rest = '';

  constructor(onLine: (line: string, goesOn: boolean) => void) {
    this.onLine = onLine;
  }

  add(chunk: Buffer): void {
    this.rest += this.decoder.write(chunk);
    // A CR at the very end may be the first half of a CRLF.
    const complete = /^[\s\S]*(?:\n|\r(?!\n|$))/.exec(this.rest)?.[0] ?? '';
    if (complete) {
      this.rest = this.rest.slice(complete.length);
      for (const line of complete.replace(/(?:\r\n|\n|\r)$/, '').split(/\r\n|\n|\r/)) this.emit(line);
    }
    while (this.rest.length > MAX_LINE) {
      this.onLine(this.rest.slice(0, MAX_LINE), true);
      this.rest = this.rest.slice(MAX_LINE);
    }
  }

  end(): void {
    const last = this.rest + this.decoder.end();
    this.rest = '';
    if (last) this.emit(last.replace(/\r$/, ''));
  }

  private emit(line: string): void {
    for (let start = 0; start === 0 || start < line.length; start += MAX_LINE)
      this.onLine(line.slice(start, start + MAX_LINE), start + MAX_LINE < line.length);
  }
}
