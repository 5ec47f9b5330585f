/** The blob store behind signed urls: whole PUTs, block lists, ranged GETs. */
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { XMLParser } from 'fast-xml-parser';

type Right = 'r' | 'w';
const VALID_SECONDS = 600;

export class Blobs {
  readonly #contents = new Map<string, Buffer>();
  readonly #blocks = new Map<string, Map<string, Buffer>>();
  readonly #key = randomBytes(32);

  get(name: string): Buffer | undefined {
    return this.#contents.get(name);
  }

  delete(name: string): void {
    this.#contents.delete(name);
  }

  #signature(name: string, right: Right, expires: string): string {
    return createHmac('sha256', this.#key).update(`${name}\n${right}\n${expires}`).digest('hex');
  }

  sign(origin: string, name: string, right: Right): string {
    const expires = String(Math.floor(Date.now() / 1000) + VALID_SECONDS);
    return `${origin}/blobs/${name}?sp=${right}&se=${expires}&sig=${this.#signature(name, right, expires)}`;
  }

  #permits(name: string, right: Right, query: URLSearchParams): boolean {
    const expires = query.get('se') ?? '';
    if (query.get('sp') !== right || Number(expires) * 1000 <= Date.now()) return false;
    const given = Buffer.from(query.get('sig') ?? '');
    const expected = Buffer.from(this.#signature(name, right, expires));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  serve(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): void {
    const name = url.pathname.slice('/blobs/'.length);
    const writing = request.method === 'PUT';
    const answer = (
      status: number,
      content: string | Buffer = '',
      headers: Record<string, string> = {},
    ): void => {
      const common = {
        'x-ms-request-id': randomUUID(),
        'x-ms-version': '2025-11-05',
        'content-length': String(content.length),
        ...headers,
      };
      response.writeHead(status, common).end(request.method === 'HEAD' ? undefined : content);
    };
    const xml = { 'content-type': 'application/xml' };
    if (!this.#permits(name, writing ? 'w' : 'r', url.searchParams)) {
      answer(
        403,
        '<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>Signature</Message></Error>',
        xml,
      );
    } else if (writing) this.#put(name, request, url.searchParams, body, answer);
    else this.#read(name, request, answer, xml);
  }

  #put(
    name: string,
    request: IncomingMessage,
    query: URLSearchParams,
    body: Buffer,
    answer: (status: number, content?: string, headers?: Record<string, string>) => void,
  ): void {
    const written = {
      etag: `"0x${randomBytes(8).toString('hex')}"`,
      'last-modified': new Date().toUTCString(),
      'x-ms-request-server-encrypted': 'true',
    };
    const comp = query.get('comp');
    if (comp === 'block') {
      const blocks = this.#blocks.get(name) ?? new Map<string, Buffer>();
      this.#blocks.set(name, blocks.set(query.get('blockid') ?? '', body));
      answer(201, '', written);
    } else if (comp === 'blocklist') {
      const parsed = new XMLParser({ isArray: (tag) => tag === 'Latest', parseTagValue: false }).parse(
        body.toString(),
      ) as { BlockList?: { Latest?: string[] } };
      const parts = (parsed.BlockList?.Latest ?? []).map((id) => this.#blocks.get(name)?.get(id));
      if (parts.some((part) => part === undefined)) {
        answer(400, '<?xml version="1.0"?><Error><Code>InvalidBlockList</Code></Error>');
        return;
      }
      this.#contents.set(name, Buffer.concat(parts as Buffer[]));
      this.#blocks.delete(name);
      answer(201, '', written);
    } else if (request.headers['x-ms-blob-type'] !== 'BlockBlob') {
      answer(400, '<?xml version="1.0"?><Error><Code>MissingRequiredHeader</Code></Error>');
    } else {
      this.#contents.set(name, body);
      answer(201, '', written);
    }
  }

  #read(
    name: string,
    request: IncomingMessage,
    answer: (status: number, content?: string | Buffer, headers?: Record<string, string>) => void,
    xml: Record<string, string>,
  ): void {
    const content = this.#contents.get(name);
    if (!content) {
      answer(404, '<?xml version="1.0"?><Error><Code>BlobNotFound</Code></Error>', xml);
      return;
    }
    // Azure's own header wins over HTTP's: its clients for Go and JavaScript send only that.
    const range = /^bytes=(\d+)-(\d*)$/.exec(
      String(request.headers['x-ms-range'] ?? request.headers.range ?? ''),
    );
    const etag = `"0x${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`;
    const headers = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', etag };
    if (!range) {
      answer(200, content, headers);
      return;
    }
    const from = Number(range[1]);
    const to = Math.min(range[2] ? Number(range[2]) : Number.POSITIVE_INFINITY, content.length - 1);
    if (from > to) answer(416, '', { 'content-range': `bytes */${content.length}` });
    else
      answer(206, content.subarray(from, to + 1), {
        ...headers,
        'content-range': `bytes ${from}-${to}/${content.length}`,
      });
  }
}
