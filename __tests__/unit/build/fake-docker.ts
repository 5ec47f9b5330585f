/** The engine of a runner and a registry as a model: it understands exactly the commands of src/build. */
import { createHash } from 'node:crypto';
import type { RunProgram, RunResult } from '../../../src/effects.ts';

interface FakeImage {
  id: string;
  labels: Record<string, string>;
}

export class FakeDocker {
  /** reference -> image. */
  readonly images = new Map<string, FakeImage>();
  /** What the containers of this engine run, by the names they were created with. */
  readonly used: string[] = [];
  /** References in the registry. */
  readonly pushed = new Set<string>();
  /** The registry speaks no TLS, and the engine knows that. */
  insecure = false;
  readonly calls: string[] = [];
  /** What a command says instead of being carried out; undefined lets it be carried out. */
  instead: (call: string) => Partial<RunResult> | undefined = () => undefined;

  readonly run: RunProgram = async (argv) => {
    const call = argv.join(' ');
    this.calls.push(call);
    return { ...DONE, ...(this.instead(call) ?? this.perform(argv)) };
  };

  add(reference: string, id: string, labels: Record<string, string> = {}): void {
    this.images.set(reference, { id: idOf(id), labels });
  }

  private perform(argv: readonly string[]): Partial<RunResult> {
    const [program, verb, ...rest] = argv;
    if (program === 'git') return { code: 1 };
    if (program === 'getent')
      return { stdout: '198.18.0.9      STREAM registry.test\n198.18.0.9      DGRAM\n' };
    switch (verb) {
      case 'info':
        return {
          stdout: JSON.stringify({
            IndexConfigs: { 'docker.io': { Secure: true } },
            InsecureRegistryCIDRs: this.insecure ? ['198.18.0.0/24', '::1/128'] : null,
          }),
        };
      case 'ps':
        return { stdout: this.used.join('\n') };
      case 'manifest':
        // So the real client says of a registry without TLS.
        return this.pushed.has(rest.at(-1) ?? '') && this.insecure === rest.includes('--insecure')
          ? {}
          : fail(`no such manifest: ${rest.at(-1) ?? ''}`);
      case 'push':
        this.pushed.add(rest[0] ?? '');
        return { stdout: `x: digest: ${idOf(rest[0] ?? '')} size: 7` };
      case 'buildx':
        return rest[0] === 'build' ? this.build(rest) : { stdout: 'Driver: docker' };
      case 'tag': {
        const [from = '', to = ''] = rest;
        const image = this.images.get(from) ?? [...this.images.values()].find(({ id }) => id === from);
        if (image === undefined) return fail('no such image');
        this.images.set(to, image);
        return {};
      }
      case 'image':
        return this.image(rest);
    }
    throw new Error(`the model does not know: ${argv.join(' ')}`);
  }

  private build(args: readonly string[]): Partial<RunResult> {
    const values = (flag: string) =>
      args.flatMap((arg) => (arg.startsWith(`${flag}=`) ? [arg.slice(flag.length + 1)] : []));
    const labels = Object.fromEntries(
      values('--label').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    // A label is part of the image, so each run's is another.
    this.add(values('--tag')[0] ?? '', JSON.stringify(labels), labels);
    return {};
  }

  private image([verb, ...rest]: readonly string[]): Partial<RunResult> {
    const names = rest.filter((word, index) => !word.startsWith('--') && rest[index - 1] !== '--format');
    switch (verb) {
      case 'ls': {
        const own = [...this.images].filter(([reference]) => reference.startsWith(`${names[0]}:`));
        return { stdout: own.map(([reference, { id }]) => `${reference}\t${id}\n`).join('') };
      }
      case 'inspect': {
        if (!rest.includes('--format')) {
          const found = names.flatMap((name) => this.images.get(name) ?? []);
          return {
            stdout: JSON.stringify(found.map(({ id, labels }) => ({ Id: id, Config: { Labels: labels } }))),
          };
        }
        const found = this.images.get(names[0] ?? '');
        return found === undefined
          ? fail('no such image')
          : { stdout: rest[1] === '{{.Size}}' ? '7' : found.id };
      }
      case 'rm': {
        const gone = names.map((name) => this.images.delete(name) || name.includes('@'));
        return gone.every(Boolean) ? {} : fail('no such image');
      }
    }
    throw new Error(`the model does not know: docker image ${verb}`);
  }
}

const DONE: RunResult = { code: 0, stdout: '', stderr: '', timedOut: false, duration: 1 };
const fail = (stderr: string) => ({ code: 1, stderr });

export const idOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
