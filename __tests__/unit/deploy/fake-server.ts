/** A server as a pure model in virtual time: it understands exactly the commands of src/deploy/commands.ts. */
import { parse } from 'yaml';
import type { Clock, Log } from '../../../src/effects.ts';
import type {
  Command,
  CommandResult,
  Container,
  Engine,
  JournalEntry,
  Keeper,
  Target,
} from '../../../src/server/target.ts';

/** How a version behaves: as a candidate, and once it is live. */
export interface Behaviour {
  candidate: 'good' | 'bad' | 'crash';
  live: 'good' | 'bad' | 'crash';
}
const GOOD: Behaviour = { candidate: 'good', live: 'good' };

export class Killed extends Error {}

export class FakeServer {
  readonly containers = new Map<string, Container>();
  readonly files = new Map<string, string>();
  readonly images = new Map<string, string>();
  readonly behaviours = new Map<string, Behaviour>();
  readonly journal: JournalEntry[] = [];
  readonly commands: string[] = [];
  armed: string | undefined;
  /** What a migration does: `compose run --rm` with the service and the words of the command. */
  migration: (words: string[]) => CommandResult = () => ok();
  /** Called before each change; may throw (killed) or give a result instead of the effect. */
  before: (index: number) => CommandResult | undefined = () => undefined;
  /** Called after each change, whose effect is there. */
  after: (index: number) => void = () => undefined;
  private time = Date.parse('2026-01-01T00:00:00Z');
  private next = 1;

  readonly clock: Clock = {
    now: () => new Date(this.time),
    sleep: async (milliseconds) => {
      this.time += milliseconds;
    },
  };
  readonly log: Log = {
    info: () => undefined,
    debug: () => undefined,
    notice: () => undefined,
    warning: () => undefined,
    error: () => undefined,
    foreign: () => undefined,
    group: (_title, body) => body(),
  };

  addImage(reference: string, behaviour: Behaviour = GOOD): { reference: string; id: string; size: number } {
    const id = `sha256:${reference.replace(/\W/g, '').padEnd(64, '0')}`;
    this.images.set(reference, id);
    this.behaviours.set(reference, behaviour);
    return { reference, id, size: 1 };
  }

  addContainer(service: string, image: string, name: string, extra: Partial<Container> = {}): Container {
    const id = String(this.next++).padStart(64, '0');
    const container: Container = {
      id,
      name,
      image,
      imageId: this.images.get(image) ?? '',
      state: 'created',
      exitCode: 0,
      oomKilled: false,
      health: 'none',
      healthLog: '',
      restartCount: 0,
      restartPolicy: 'no',
      startedAt: '',
      labels: {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': service,
        'com.docker.compose.oneoff': 'False',
      },
      networks: { shop_default: { address: '', aliases: [service] } },
      ports: {},
      stopGracePeriod: 10,
      mounts: [],
      networkMode: 'shop_default',
      ...extra,
    };
    this.containers.set(id, container);
    return container;
  }

  /** What must be the same before a release and after its undoing. */
  snapshot(): unknown {
    return {
      containers: [...this.containers.values()]
        .map(({ id, name, image, state, networks }) => ({
          id,
          name,
          image,
          state,
          aliases: networks['shop_default']?.aliases,
        }))
        .sort((left, right) => left.id.localeCompare(right.id)),
      files: Object.fromEntries(this.files),
      armed: this.armed,
    };
  }

  readonly engine: Engine = {
    info: async () => ({
      engine: '28.0.0',
      api: '1.48',
      compose: '2.30.0',
      store: 'classic',
      dataRoot: '/var/lib/docker',
      platform: 'linux/amd64',
      rootless: false,
    }),
    containers: async (labels) =>
      structuredClone(
        [...this.containers.values()].filter((container) =>
          labels.every((label) => {
            const [key = '', value] = label.split('=');
            return value === undefined ? key in container.labels : container.labels[key] === value;
          }),
        ),
      ),
    container: async (idOrName) => {
      const found = this.find(idOrName);
      return found && structuredClone(found);
    },
    image: async (reference) => {
      const id = this.images.get(reference) ?? [...this.images.values()].find((value) => value === reference);
      return id === undefined ? undefined : this.imageOf(id);
    },
    images: async () => [...new Set(this.images.values())].map((id) => this.imageOf(id)),
    logs: async () => 'last words\n',
  };

  private imageOf(id: string) {
    const references = [...this.images].filter(([, value]) => value === id).map(([reference]) => reference);
    return {
      id,
      references,
      layers: [],
      size: 1,
      exposedPorts: ['8080/tcp'],
      hasHealthCheck: false,
      labels: {},
      created: '',
    };
  }

  private find(idOrName: string): Container | undefined {
    return (
      this.containers.get(idOrName) ?? [...this.containers.values()].find((entry) => entry.name === idOrName)
    );
  }

  readonly keeper: Keeper = {
    epoch: 1,
    change: async (command) => {
      const index = this.commands.length;
      const instead = this.before(index);
      this.commands.push(command.title);
      if (instead) return instead;
      const result = this.perform(command);
      this.after(index);
      return result;
    },
    record: async (event, data) => {
      this.before(this.commands.length);
      this.journal.push({ at: '', epoch: 1, pipelineId: 'p', event, data: structuredClone(data) });
    },
    journal: async () => this.journal,
    arm: async (script) => {
      this.before(this.commands.length);
      this.armed = script;
    },
    disarm: async () => {
      this.before(this.commands.length);
      this.armed = undefined;
    },
    detach: async () => ({ nonce: '1' }),
    close: async () => undefined,
  };

  readonly target: Target = {
    name: 'deploy@server:22',
    engine: this.engine,
    query: async (command) => this.perform(command),
    pipe: async () => ok(),
    readFile: async (path) => this.files.get(path),
    http: async (url, options) => this.answer(url, options.address),
    freeDisk: async () => 1e12,
    openKeeper: async () => this.keeper,
    lockHolder: async () => undefined,
    close: async () => undefined,
  };

  private answer(url: string, address?: string): { status: number; duration: number } {
    this.time += 5;
    const service = new URL(url).hostname;
    const asked = [...this.containers.values()].filter((container) =>
      address === undefined
        ? container.labels['com.docker.compose.service'] === service &&
          container.labels['com.docker.compose.oneoff'] === 'False' &&
          container.state === 'running'
        : container.networks['shop_default']?.address === address,
    );
    if (asked.length === 0) return { status: 0, duration: 5 };
    return {
      status: asked.some((container) => this.behaviour(container) === 'bad') ? 500 : 200,
      duration: 5,
    };
  }

  private behaviour(container: Container): Behaviour['live'] {
    const behaviour = this.behaviours.get(container.image) ?? GOOD;
    return container.labels['com.docker.compose.oneoff'] === 'True' ? behaviour.candidate : behaviour.live;
  }

  private start(container: Container): CommandResult {
    if (this.behaviour(container) === 'crash') {
      container.state = 'exited';
      container.exitCode = 3;
      return ok();
    }
    container.state = 'running';
    const network = container.networks['shop_default'];
    if (network) network.address = `10.0.0.${String(Number(container.id))}`;
    return ok();
  }

  private stop(container: Container): void {
    if (container.state === 'running') container.state = 'exited';
    const network = container.networks['shop_default'];
    if (network) network.address = '';
  }

  private perform(command: Command): CommandResult {
    const [program, ...args] = command.argv;
    if (program === 'sh') return this.script(args, command.input ?? '');
    if (args[0] === 'compose') return this.compose(args.slice(1), command.input);
    return this.docker(args);
  }

  private script(args: string[], input: string): CommandResult {
    const [, text = '', , ...words] = args;
    const [one = '', two = '', three = '', four = ''] = words;
    const { files } = this;
    if (text.includes('exit 90')) {
      const [, ...ids] = words;
      const found = ids.map((id) => this.find(id));
      if (found.some((container) => container === undefined)) return fail('no such container');
      found.forEach((container, index) => {
        if (container && index < Number(one)) this.stop(container);
        else if (container) this.start(container);
      });
      return ok();
    }
    if (text.includes('docker create'))
      return this.images.has(one) || [...this.images.values()].includes(one) ? ok() : fail('no such image');
    if (text.includes('cat >"$3"')) {
      files.set(four, files.get(two) ?? '');
      files.set(three, input);
    } else if (text.startsWith('cat >"$1"')) files.set(one, input);
    else if (text.startsWith('if [ ! -e "$1" ]')) {
      if (files.has(one) || !files.has(two)) return ok();
      if (text.includes('mv')) files.set(three, files.get(two) ?? '');
      else files.delete(three);
      files.delete(two);
    } else if (text.includes('mv -f "$1" "$2"')) {
      if (files.has(one)) files.set(two, files.get(one) ?? '');
      files.delete(one);
    } else if (text.startsWith('rm -f')) for (const word of words) files.delete(word);
    else throw new Error(`the model does not know: ${text}`);
    return ok();
  }

  private compose(args: string[], input?: string): CommandResult {
    const path = args[args.indexOf('-f') + 1] ?? '';
    const source = path === '-' ? (input ?? '') : (this.files.get(path) ?? '');
    const services = (
      parse(source) as { services?: Record<string, { image: string; container_name?: string }> } | null
    )?.services;
    if (!services) return fail('no configuration file provided');
    if (args.includes('config')) {
      return args.includes('--hash') ? ok('') : ok(JSON.stringify({ name: 'shop', services }));
    }
    if (args.includes('--rm')) return this.migration(args.slice(args.indexOf('--name') + 2));
    if (args.includes('run')) {
      const service = args.at(-1) ?? '';
      const name = args[args.indexOf('--name') + 1] ?? '';
      if (this.find(name)) return fail('name in use');
      const container = this.addContainer(service, services[service]?.image ?? '', name);
      container.labels['com.docker.compose.oneoff'] = 'True';
      container.networks = { shop_default: { address: '', aliases: [] } };
      return this.start(container);
    }
    const [service = '', count = '1'] = (args[args.indexOf('--scale') + 1] ?? '').split('=');
    const own = [...this.containers.values()].filter(
      (container) =>
        container.labels['com.docker.compose.service'] === service &&
        container.labels['com.docker.compose.oneoff'] === 'False',
    );
    const fixed =
      args.filter((arg) => arg === '-f').length === 1 ? services[service]?.container_name : undefined;
    if (fixed !== undefined && Number(count) > 1) return fail('container_name forbids scale');
    for (let number = own.length; number < Number(count); number += 1) {
      this.addContainer(
        service,
        services[service]?.image ?? '',
        fixed ?? `shop-${service}-${String(this.next)}`,
      );
    }
    return ok();
  }

  private docker(args: string[]): CommandResult {
    const [verb = '', ...rest] = args;
    if (verb === 'tag') {
      const id = [...this.images.values()].find((value) => value === rest[0]);
      if (id === undefined) return fail('no such image');
      this.images.set(rest[1] ?? '', id);
      return ok();
    }
    if (verb === 'image') {
      this.images.delete(rest[1] ?? '');
      return ok();
    }
    const container = this.find(verb === 'rename' ? (rest[0] ?? '') : (rest.at(-1) ?? ''));
    if (!container) return fail('no such container');
    const network = (container.networks['shop_default'] ??= { address: '', aliases: [] });
    switch (`${verb} ${verb === 'network' ? (rest[0] ?? '') : ''}`) {
      case 'start ':
        return this.start(container);
      case 'stop ':
        this.stop(container);
        return ok();
      case 'update ':
        container.restartPolicy = rest[1] ?? '';
        return ok();
      case 'rm ':
        this.containers.delete(container.id);
        return ok();
      case 'rename ':
        if (this.find(rest[1] ?? '')) return fail('name in use');
        container.name = rest[1] ?? '';
        return ok();
      case 'network disconnect':
        network.aliases = [];
        network.address = '';
        return ok();
      case 'network connect':
        network.aliases = rest.filter((_word, index) => rest[index - 1] === '--alias');
        if (container.state === 'running') network.address = `10.0.1.${String(Number(container.id))}`;
        return ok();
      default:
        throw new Error(`the model does not know: docker ${args.join(' ')}`);
    }
  }
}

const ok = (stdout = ''): CommandResult => ({ code: 0, stdout, stderr: '' });
const fail = (stderr: string): CommandResult => ({ code: 1, stdout: '', stderr });
