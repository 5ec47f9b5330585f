/**
 * What each command of src/deploy/commands.ts and each line of the armed script does to the model. A command that is not
 * known here is an error of the test, never silently right.
 */
import { parse } from 'yaml';
import type { Command, CommandResult } from '../../../src/server/target.ts';
import type { SimContainer, SimEngine } from './engine.ts';
import { NETWORK } from './engine.ts';
import type { Scheduler } from './scheduler.ts';

/** The client program of a command. Killed, it does nothing more; what it had asked of the daemon still happens. */
export class Client {
  killed = false;
}
class ClientKilled extends Error {}

export interface Machine {
  scheduler: Scheduler;
  engine: SimEngine;
  files: Map<string, string>;
}

interface ComposeFile {
  name?: string;
  services?: Record<
    string,
    { image: string; container_name?: string; ports?: { published?: string; target: number }[] }
  >;
}

export class Interpreter {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async run(command: Command, client: Client): Promise<CommandResult> {
    try {
      const [program, ...args] = command.argv;
      if (program === 'sh') return await this.#script(args, command.input ?? '', client);
      if (program === 'docker' && args[0] === 'compose')
        return await this.#compose(args.slice(1), command.input, client);
      if (program === 'docker') return await this.#docker(args, client);
      throw unknown(command.argv.join(' '));
    } catch (error) {
      if (error instanceof ClientKilled) return { code: 143, stdout: '', stderr: 'killed' };
      if (error instanceof Unknown) throw error;
      return fail((error as Error).message);
    }
  }

  /** Time that the client itself takes. */
  async #step(client: Client, milliseconds: number): Promise<void> {
    await this.#machine.scheduler.sleep(milliseconds);
    if (client.killed) throw new ClientKilled();
  }

  /** A request to the daemon: once sent, its effect comes, whether or not anybody waits for it. */
  async #daemon<T>(client: Client, milliseconds: number, effect: () => T | Promise<T>): Promise<T> {
    if (client.killed) throw new ClientKilled();
    const done = this.#machine.scheduler.sleep(milliseconds).then(effect);
    const gone = this.#whenKilled(client);
    done.catch(() => undefined);
    try {
      return await Promise.race([done, gone.promise]);
    } finally {
      gone.forget();
    }
  }

  #whenKilled(client: Client): { promise: Promise<never>; forget: () => void } {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    const listener = () => reject(new ClientKilled());
    listeners(client).add(listener);
    return { promise, forget: () => void listeners(client).delete(listener) };
  }

  async #script(args: string[], input: string, client: Client): Promise<CommandResult> {
    const { files, engine } = this.#machine;
    const [, text = '', , ...words] = args;
    const [one = '', two = '', three = '', four = ''] = words;
    await this.#step(client, 5);
    if (text.startsWith('left=$1; shift; while')) return this.#swap(Number(one), words.slice(1), client);
    if (text.startsWith('prove() { docker create'))
      return engine.imageId(one) === undefined ? fail('no such image') : ok();
    if (text.includes('cat >"$3"')) {
      files.set(three, files.get(two) ?? '');
      await this.#step(client, 1);
      files.set(four, files.get(two) ?? '');
      await this.#step(client, 1);
      // The shell empties the file before it writes it.
      files.set(three, '');
      await this.#step(client, 1);
      files.set(three, input);
    } else if (text.startsWith('cat >"$1"')) {
      files.set(one, '');
      await this.#step(client, 1);
      files.set(one, input);
    } else if (text.startsWith('if [ ! -e "$1" ]')) {
      if (files.has(one) || !files.has(two)) return ok();
      if (text.includes('mv')) files.set(three, files.get(two) ?? '');
      else {
        files.delete(three);
        await this.#step(client, 1);
      }
      files.delete(two);
    } else if (text.includes('mv -f "$1" "$2"')) {
      if (files.has(one)) files.set(two, files.get(one) ?? '');
      files.delete(one);
    } else if (text.startsWith('rm -f')) {
      for (const word of words) {
        files.delete(word);
        await this.#step(client, 1);
      }
    } else throw unknown(text);
    return ok();
  }

  /** Stops the first `old` containers, then starts the others. */
  async #swap(old: number, ids: string[], client: Client): Promise<CommandResult> {
    for (const [index, id] of ids.entries()) {
      const stopping = index < old;
      const done = await this.#docker([stopping ? 'stop' : 'start', id], client).catch((error: unknown) => {
        if (error instanceof ClientKilled) throw error;
        return fail((error as Error).message);
      });
      if (done.code !== 0) return { ...done, code: stopping ? 90 : 91 };
    }
    return ok();
  }

  async #compose(args: string[], input: string | undefined, client: Client): Promise<CommandResult> {
    const { files, engine } = this.#machine;
    await this.#step(client, 20);
    const path = args[args.indexOf('-f') + 1] ?? '';
    const source = path === '-' ? (input ?? '') : (files.get(path) ?? '');
    const file = parse(source) as ComposeFile | null;
    const services = file?.services;
    if (!services) return fail('empty compose file');
    if (args.includes('--hash'))
      return ok(
        Object.entries(services)
          .map(([name, service]) => `${name} ${hashOf(service)}\n`)
          .join(''),
      );
    if (args.includes('config'))
      return args.includes('-q') ? ok() : ok(JSON.stringify({ ...file, name: 'shop' }));
    const project = { 'com.docker.compose.project': 'shop' };
    if (args.includes('run')) {
      const service = args.at(-1) ?? '';
      const name = args[args.indexOf('--name') + 1] ?? '';
      const container = await this.#daemon(client, 30, () =>
        engine.create(service, services[service]?.image ?? '', name, {
          labels: { ...project, 'com.docker.compose.service': service, 'com.docker.compose.oneoff': 'True' },
          networks: { [NETWORK]: { address: '', aliases: [] } },
        }),
      );
      await this.#daemon(client, 30, () => engine.start(container));
      return ok();
    }
    if (!args.includes('up') || !args.includes('--no-start')) throw unknown(args.join(' '));
    const [name = '', count = '1'] = (args[args.indexOf('--scale') + 1] ?? '').split('=');
    const service = services[name];
    if (!service) return fail(`no such service: ${name}`);
    const own = () =>
      [...engine.containers.values()].filter(
        (container) =>
          container.labels['com.docker.compose.service'] === name &&
          container.labels['com.docker.compose.oneoff'] === 'False',
      );
    const overridden = args.filter((arg) => arg === '-f').length > 1;
    const fixed = overridden ? undefined : service.container_name;
    if (fixed !== undefined && Number(count) > 1) return fail('container_name forbids scale');
    while (own().length < Number(count)) {
      let number = 1;
      while (engine.find(`shop-${name}-${String(number)}`)) number += 1;
      await this.#daemon(client, 30, () =>
        engine.create(name, service.image, fixed ?? `shop-${name}-${String(number)}`, {
          labels: {
            ...project,
            'com.docker.compose.service': name,
            'com.docker.compose.oneoff': 'False',
            'com.docker.compose.config-hash': hashOf(service),
          },
          hostPort: Number(service.ports?.[0]?.published ?? 0),
        }),
      );
    }
    return ok();
  }

  async #docker(args: string[], client: Client): Promise<CommandResult> {
    const { engine } = this.#machine;
    await this.#step(client, 10);
    const [verb = '', ...rest] = args;
    if (verb === 'tag') {
      const id = engine.imageId(rest[0] ?? '');
      if (id === undefined) return fail('no such image');
      engine.references.set(rest[1] ?? '', id);
      return ok();
    }
    if (verb === 'image' && rest[0] === 'rm') {
      if (!engine.references.has(rest[1] ?? '')) return fail('no such image');
      await this.#daemon(client, 20, () => engine.untag(rest[1] ?? ''));
      return ok();
    }
    const container = engine.find(verb === 'rename' ? (rest[0] ?? '') : (rest.at(-1) ?? ''));
    if (!container) return fail('no such container');
    switch (`${verb} ${verb === 'network' ? (rest[0] ?? '') : ''}`.trim()) {
      case 'start':
        await this.#daemon(client, 40, () => engine.start(container));
        return ok();
      case 'stop':
        await this.#daemon(client, 10, () => engine.stop(container));
        return ok();
      case 'rm':
        await this.#daemon(client, 40, () => engine.remove(container));
        return ok();
      case 'rename':
        await this.#daemon(client, 5, () => engine.rename(container, rest[1] ?? ''));
        return ok();
      case 'network disconnect':
        await this.#daemon(client, 20, () => engine.disconnect(container));
        return ok();
      case 'network connect':
        await this.#daemon(client, 20, () =>
          engine.connect(
            container,
            rest.filter((_word, index) => rest[index - 1] === '--alias'),
          ),
        );
        return ok();
      default:
        throw unknown(`docker ${args.join(' ')}`);
    }
  }
}

const LISTENERS = new WeakMap<Client, Set<() => void>>();
function listeners(client: Client): Set<() => void> {
  let own = LISTENERS.get(client);
  if (!own) LISTENERS.set(client, (own = new Set()));
  return own;
}

export function kill(client: Client): void {
  client.killed = true;
  for (const listener of [...listeners(client)]) listener();
}

class Unknown extends Error {}
const unknown = (what: string) => new Unknown(`the model does not know: ${what}`);
const ok = (stdout = ''): CommandResult => ({ code: 0, stdout, stderr: '' });
const fail = (stderr: string): CommandResult => ({ code: 1, stdout: '', stderr });
const hashOf = (service: unknown) => JSON.stringify(service).replaceAll(/\s/g, '');

export type { SimContainer };
