/** What a transfer does on the server, command by command; real engines are in __tests__/e2e/transfer-*. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { transfer, type TransferEffects } from '../../../../src/deploy/transfer/index.ts';
import type { Command, CommandResult, Image, Target } from '../../../../src/server/target.ts';
import { memoryLog } from '../../test/helpers.ts';

const REFERENCE = 'shop-web:a1b2c3d';
const DIGEST = `ghcr.io/me/shop-web@sha256:${'d'.repeat(64)}`;
const sha = (content: string) => createHash('sha256').update(content).digest('hex');

const layer = 'the only layer';
const config = JSON.stringify({ rootfs: { diff_ids: [`sha256:${sha(layer)}`] } });
/** What a classic store calls it, and what the runner's containerd store does. */
const ID = `sha256:${sha(config)}`;
const OTHER = `sha256:${'0'.repeat(64)}`;

function archive(): Readable {
  const out = pack();
  const manifest = [{ Config: 'config.json', RepoTags: [REFERENCE], Layers: ['layer.tar'] }];
  out.entry({ name: 'config.json' }, config);
  out.entry({ name: 'layer.tar' }, layer);
  out.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
  out.finalize();
  return out as unknown as Readable;
}

class Server {
  /** reference -> id. */
  readonly images = new Map<string, string>();
  readonly commands: string[] = [];
  /** Images of which no container can be created. */
  readonly broken = new Set<string>();
  /** What `docker load` and `docker pull` give. */
  arriving = ID;
  instead: (command: Command, signal?: AbortSignal) => CommandResult | Promise<CommandResult> | undefined =
    () => undefined;
  readonly pauses: number[] = [];

  private async perform(command: Command, signal?: AbortSignal): Promise<CommandResult> {
    const [program, verb = '', ...rest] = command.argv;
    if (program === 'sh') {
      const id = this.images.get(command.argv[4] ?? '') ?? '';
      return this.images.has(command.argv[4] ?? '') && !this.broken.has(id)
        ? ok
        : failed('cannot be created');
    }
    if (program === 'true') return ok;
    const [name = ''] = rest.filter((word) => !word.startsWith('--'));
    this.commands.push(command.argv.join(' '));
    const instead = await this.instead(command, signal);
    if (instead) return instead;
    switch (verb) {
      case 'load':
        this.images.set(REFERENCE, this.arriving);
        return ok;
      case 'pull':
        this.images.set(name, this.arriving);
        return ok;
      case 'tag':
        this.images.set(rest[1] ?? '', this.images.get(name) ?? '');
        return ok;
      case 'image':
        this.images.delete(rest.at(-1) ?? '');
        return ok;
    }
    throw new Error(`the model does not know: ${command.argv.join(' ')}`);
  }

  private readonly imageOf = (reference: string): Image | undefined => {
    const id = this.images.get(reference);
    return id === undefined ? undefined : ({ id, references: [reference], layers: [] } as unknown as Image);
  };

  readonly target = {
    name: 'deploy@server:22',
    engine: {
      info: async () => ({ engine: '28.0.0', store: 'classic', dataRoot: '/d' }),
      image: async (reference: string) => this.imageOf(reference),
      images: async () => [],
    },
    freeDisk: async () => 1e12,
    query: (command: Command) => this.perform(command),
    pipe: async (command: Command, source: Readable, signal?: AbortSignal) => {
      await text(source);
      return this.perform(command, signal);
    },
  } as unknown as Target;

  send(more: { pull?: string; id?: string } = {}, effects: Partial<TransferEffects> = {}) {
    return transfer([{ service: 'web', reference: REFERENCE, id: ID, ...more }], this.target, {
      saveImages: () => ({ archive: archive(), finished: Promise.resolve() }),
      clock: { now: () => new Date(0), sleep: async (pause) => void this.pauses.push(pause) },
      random: { next: () => 0, hex: () => '' },
      log: memoryLog(),
      ...effects,
    });
  }
}
const ok = { code: 0, stdout: '', stderr: '' };
const failed = (stderr: string) => ({ code: 1, stdout: '', stderr });

describe('B2: a reference that names another image on the server is never moved', () => {
  const refused = { code: 'TRANSFER_FAILED', fix: expect.stringMatching(/Run the workflow again/) };

  test.each([
    ['the runner calls it by the same id', ID],
    ['the runner has a store that calls it otherwise', `sha256:${'c'.repeat(64)}`],
  ])('over SSH nothing is sent: %s', async (_what, id) => {
    const server = new Server();
    server.images.set(REFERENCE, OTHER);
    await expect(server.send({ id })).rejects.toMatchObject(refused);
    expect(server.images).toEqual(new Map([[REFERENCE, OTHER]]));
    expect(server.commands).toEqual([]);
  });

  test('with build.registry the pulled image gets no name, and does not stay', async () => {
    const server = new Server();
    server.images.set(REFERENCE, OTHER);
    await expect(server.send({ pull: DIGEST })).rejects.toMatchObject(refused);
    expect(server.images).toEqual(new Map([[REFERENCE, OTHER]]));
  });

  test('the same image under this reference is what a run finds that goes on', async () => {
    const server = new Server();
    server.images.set(REFERENCE, ID);
    expect(await server.send({ id: `sha256:${'c'.repeat(64)}` })).toEqual({
      bytes: 0,
      each: { [REFERENCE]: 0 },
      warnings: [],
    });
    expect(server.commands).toEqual([]);
    // A store that names an image by its manifest: only the one that was pulled before is known to be the same.
    server.arriving = OTHER;
    server.images.set(REFERENCE, OTHER);
    await server.send({ pull: DIGEST });
    expect(server.images).toEqual(new Map([[REFERENCE, OTHER]]));
  });

  test('what does not arrive whole is removed; a reference that was there before is not', async () => {
    const server = new Server();
    server.arriving = OTHER;
    await expect(server.send()).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
    expect(server.commands.at(-1)).toBe(`docker image rm --force ${REFERENCE}`);

    const before = new Server();
    before.images.set(REFERENCE, ID);
    before.broken.add(ID);
    await expect(before.send()).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
    expect(before.commands).toEqual(['docker load']);
  });
});

describe('B2.5: a pull on the server ends, can be cancelled, and is tried again when that may help', () => {
  const pulling = (answer: (tries: number) => CommandResult | Promise<CommandResult> | undefined) => {
    const server = new Server();
    let tries = 0;
    server.instead = (command) => (command.argv[1] === 'pull' ? answer((tries += 1)) : undefined);
    return { server, tries: () => tries };
  };

  test('it has a time limit', async () => {
    const limits: (number | undefined)[] = [];
    const server = new Server();
    server.instead = (command) => {
      limits.push(command.timeout);
      return undefined;
    };
    await server.send({ pull: DIGEST });
    expect(limits).toEqual([1_800_000, 60_000, 60_000]);
    // What that limit ended would end so again.
    const slow = pulling(() => ({
      code: 124,
      stdout: '',
      stderr: 'i/o timeout\ntime limit of 1800000 ms reached',
    }));
    await expect(slow.server.send({ pull: DIGEST })).rejects.toMatchObject({
      code: 'TRANSFER_FAILED',
      why: expect.stringContaining('time limit'),
    });
    expect(slow.tries()).toBe(1);
  });

  test('a cancelled run does not wait for it', async () => {
    const abort = new AbortController();
    const server = new Server();
    server.instead = (command, signal) => {
      if (command.argv[1] !== 'pull') return undefined;
      const { promise, reject } = Promise.withResolvers<CommandResult>();
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
      abort.abort(new Error('cancelled'));
      return promise;
    };
    await expect(server.send({ pull: DIGEST }, { signal: abort.signal })).rejects.toThrow('cancelled');
    expect(server.images.has(REFERENCE)).toBe(false);
  });

  test.each([
    'dial tcp 198.18.0.9:5000: connect: connection refused',
    'received unexpected HTTP status: 503 Service Unavailable',
    'net/http: TLS handshake timeout',
    'unexpected EOF',
  ])('%s: again after the pauses of a transfer over SSH', async (words) => {
    const { server, tries } = pulling((time) => (time < 3 ? failed(words) : undefined));
    await server.send({ pull: DIGEST });
    expect(server.images.get(REFERENCE)).toBe(ID);
    const never = pulling(() => failed(words));
    await expect(never.server.send({ pull: DIGEST })).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
    for (const [one, count] of [[server, tries()] as const, [never.server, never.tries()] as const])
      expect({ pauses: one.pauses, count }).toEqual({ pauses: [2_000, 8_000], count: 3 });
  });

  test.each(['no basic auth credentials', 'manifest unknown', 'write /x: no space left on device'])(
    '%s: not again',
    async (words) => {
      const { server, tries } = pulling(() => failed(words));
      await expect(server.send({ pull: DIGEST })).rejects.toMatchObject({ why: words });
      expect(tries()).toBe(1);
    },
  );

  test('a connection that is lost is not tried again', async () => {
    const { server, tries } = pulling(() => Promise.reject(new Error('the connection was lost')));
    server.target.query = () => Promise.reject(new Error('the connection was lost'));
    await expect(server.send({ pull: DIGEST })).rejects.toMatchObject({ code: 'TRANSFER_FAILED' });
    expect(tries()).toBe(1);
  });
});

test('a cancelled run does not read the rest of what docker save writes', async () => {
  const abort = new AbortController();
  const endless = new Readable({ read: () => undefined });
  const { promise: finished, reject } = Promise.withResolvers<undefined>();
  endless.on('close', () => reject(new Error('docker save was ended')));
  const sending = new Server().send(
    {},
    { signal: abort.signal, saveImages: () => ({ archive: endless, finished }) },
  );
  setImmediate(() => abort.abort(new Error('cancelled')));
  await expect(sending).rejects.toThrow('cancelled');
});
