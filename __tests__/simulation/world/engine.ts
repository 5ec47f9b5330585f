/**
 * One Docker engine as a model: containers, images, one network. What it does not do: pulling, building, volumes,
 * several networks, restart policies of the engine's own (a crashed container stays down), HEALTHCHECK, memory.
 */
import type { Container, Engine, Image } from '../../../src/server/target.ts';
import type { Scheduler } from './scheduler.ts';

/** How a version of a service behaves. */
export interface Behaviour {
  /**
   * good; slow: good after six seconds; sick: runs and answers 500; crash: exits at once; live-sick: good as a candidate, sick
   * in its place; late: sick some seconds after its start, when only VERIFY looks.
   */
  kind: 'good' | 'slow' | 'sick' | 'crash' | 'live-sick' | 'late';
  /** Milliseconds from SIGTERM to its end. */
  stop: number;
}

export interface SimContainer extends Container {
  behaviour: Behaviour;
  /** When it was started last, in virtual time. */
  since: number;
  /** SIGTERM was sent; it ends soon. */
  stopping: boolean;
  /** Host port it publishes; 0 for none. */
  hostPort: number;
}

export const NETWORK = 'shop_default';
const READY = 200;
const SLOW = 6_000;
const LATE = 2_500;

export class SimEngine {
  readonly containers = new Map<string, SimContainer>();
  /** reference -> id; an id stays known as long as a reference names it or a container uses it. */
  readonly references = new Map<string, string>();
  readonly images = new Map<
    string,
    { behaviour: Behaviour; revision: string; created: string; size: number }
  >();
  diskSize = 100e9;
  /** Called after every change. */
  changed: () => void = () => undefined;
  #count = 0;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  find(idOrName: string): SimContainer | undefined {
    const direct = this.containers.get(idOrName);
    if (direct) return direct;
    for (const entry of this.containers.values()) if (entry.name === idOrName) return entry;
    return undefined;
  }

  /** Image id of a reference or of an id that is still there. */
  imageId(reference: string): string | undefined {
    return this.references.get(reference) ?? (this.images.has(reference) ? reference : undefined);
  }

  load(reference: string, id: string, image: { behaviour: Behaviour; revision: string; size: number }): void {
    this.images.set(id, {
      ...image,
      created: this.images.get(id)?.created ?? new Date(this.#scheduler.now).toISOString(),
    });
    this.references.set(reference, id);
  }

  untag(reference: string): void {
    const id = this.references.get(reference);
    this.references.delete(reference);
    if (id === undefined || [...this.references.values()].includes(id)) return;
    if (![...this.containers.values()].some((container) => container.imageId === id)) this.images.delete(id);
  }

  create(service: string, image: string, name: string, extra: Partial<SimContainer>): SimContainer {
    const imageId = this.imageId(image);
    if (imageId === undefined) throw new Error(`no such image: ${image}`);
    if (this.find(name)) throw new Error(`the container name ${name} is already in use`);
    const id = (this.#count += 1).toString(16).padStart(12, '0').padEnd(64, 'c');
    const container: SimContainer = {
      id,
      name,
      image,
      imageId,
      state: 'created',
      exitCode: 0,
      oomKilled: false,
      health: 'none',
      healthLog: '',
      restartCount: 0,
      restartPolicy: 'no',
      startedAt: '',
      networks: { [NETWORK]: { address: '', aliases: [service] } },
      ports: {},
      stopGracePeriod: 10,
      mounts: [],
      networkMode: NETWORK,
      behaviour: this.images.get(imageId)?.behaviour ?? { kind: 'good', stop: 0 },
      since: 0,
      stopping: false,
      hostPort: 0,
      ...extra,
      labels: { 'com.docker.compose.service': service, ...extra.labels },
    };
    this.containers.set(id, container);
    this.changed();
    return container;
  }

  start(container: SimContainer): void {
    if (container.state === 'running') return;
    const { hostPort } = container;
    const taken = [...this.containers.values()].some(
      (other) =>
        other !== container && hostPort !== 0 && other.hostPort === hostPort && other.state === 'running',
    );
    if (taken) throw new Error(`port ${String(hostPort)} is already allocated`);
    container.state = 'running';
    container.since = this.#scheduler.now;
    container.startedAt = new Date(this.#scheduler.now).toISOString();
    const network = container.networks[NETWORK];
    if (network) network.address = this.#address();
    if (container.behaviour.kind === 'crash') {
      const { since } = container;
      this.#scheduler.after(100, () => {
        if (container.state === 'running' && container.since === since) this.#exit(container, 3);
      });
    }
    this.changed();
  }

  /** SIGTERM now, its end when the app is ready for it. The daemon sees it through, whoever asked. */
  async stop(container: SimContainer): Promise<void> {
    if (container.state !== 'running') return;
    container.stopping = true;
    this.changed();
    const { since } = container;
    await this.#scheduler.sleep(Math.min(container.behaviour.stop, container.stopGracePeriod * 1000));
    if (container.state === 'running' && container.since === since) this.#exit(container, 0);
  }

  remove(container: SimContainer): void {
    container.state = 'dead';
    this.containers.delete(container.id);
    this.changed();
  }

  /** From now on no image is good that no container has. */
  spoil(): void {
    const used = new Set([...this.containers.values()].map(({ imageId }) => imageId));
    for (const [id, image] of this.images)
      if (!used.has(id)) this.images.set(id, { ...image, behaviour: { ...image.behaviour, kind: 'sick' } });
  }

  rename(container: SimContainer, name: string): void {
    const holder = this.find(name);
    if (holder && holder !== container) throw new Error(`the container name ${name} is already in use`);
    container.name = name;
  }

  disconnect(container: SimContainer): void {
    if (!container.networks[NETWORK]) throw new Error('is not connected to the network');
    container.networks = {};
    this.changed();
  }

  connect(container: SimContainer, aliases: string[]): void {
    if (container.networks[NETWORK]) throw new Error('endpoint already exists in network');
    const address = container.state === 'running' ? this.#address() : '';
    container.networks[NETWORK] = { address, aliases };
    this.changed();
  }

  /** The machine went down and came up: what was running starts again, what was stopped stays so. */
  reboot(): void {
    for (const container of this.containers.values()) {
      if (container.state !== 'running') continue;
      const ending = container.stopping;
      this.#exit(container, 137);
      if (!ending && container.labels['com.docker.compose.oneoff'] !== 'True') this.start(container);
    }
  }

  answer(container: SimContainer): number {
    if (container.state !== 'running' || container.stopping) return 0;
    const age = this.#scheduler.now - container.since;
    const candidate = container.labels['com.docker.compose.oneoff'] === 'True';
    switch (container.behaviour.kind) {
      case 'good':
        return age >= READY ? 200 : 0;
      case 'slow':
        return age >= SLOW ? 200 : 0;
      case 'sick':
        return age >= READY ? 500 : 0;
      case 'crash':
        return 0;
      case 'live-sick':
        return age < READY ? 0 : candidate ? 200 : 500;
      case 'late':
        return age < READY ? 0 : age < LATE || candidate ? 200 : 500;
    }
  }

  /** Containers that get the users' requests for a service: by its alias, or by its published port. */
  onTraffic(service: string): SimContainer[] {
    return [...this.containers.values()].filter(
      (container) =>
        container.state === 'running' &&
        (container.hostPort === 0
          ? (container.networks[NETWORK]?.aliases.includes(service) ?? false)
          : container.labels['com.docker.compose.service'] === service &&
            container.labels['com.docker.compose.oneoff'] === 'False'),
    );
  }

  freeDisk(): number {
    let used = 0;
    for (const image of this.images.values()) used += image.size;
    return this.diskSize - used;
  }

  /** What the stages read. */
  readonly reads: Engine = {
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
      [...this.containers.values()]
        .filter((container) =>
          labels.every((label) => {
            const [key = '', value] = label.split('=');
            return value === undefined ? key in container.labels : container.labels[key] === value;
          }),
        )
        .map((container) => shown(container)),
    container: async (idOrName) => {
      const found = this.find(idOrName);
      return found && shown(found);
    },
    image: async (reference) => {
      const id = this.imageId(reference);
      return id === undefined ? undefined : this.#image(id);
    },
    images: async () => [...this.images.keys()].map((id) => this.#image(id)),
    logs: async () => 'last words\n',
  };

  #image(id: string): Image {
    const image = this.images.get(id);
    return {
      id,
      references: [...this.references].flatMap(([reference, named]) => (named === id ? [reference] : [])),
      layers: [],
      size: image?.size ?? 0,
      exposedPorts: ['8080/tcp'],
      hasHealthCheck: false,
      labels: { 'org.opencontainers.image.revision': image?.revision ?? '' },
      created: image?.created ?? '',
    };
  }

  #exit(container: SimContainer, code: number): void {
    container.state = 'exited';
    container.exitCode = code;
    container.stopping = false;
    const network = container.networks[NETWORK];
    if (network) network.address = '';
    this.changed();
  }

  #address(): string {
    return `10.0.0.${String((this.#count += 1))}`;
  }
}

function shown(container: SimContainer): Container {
  const { behaviour: _behaviour, since: _since, stopping: _stopping, hostPort: _port, ...rest } = container;
  return structuredClone(rest);
}
