/**
 * The server as the stages see it: reads through the engine, changes through the keeper, probes by HTTP from the
 * server's own side. `server/` fulfils it over SSH and for the local engine, the simulation in virtual time.
 */

/** A program and its arguments. Quoted by one function (server/shell.ts); never glued by hand. */
export type Argv = readonly [string, ...string[]];

/** Several commands as one POSIX sh text are allowed where one round trip matters; built only by server/shell.ts. */
export interface Command {
  /** What it does, for the journal and the log. */
  title: string;
  argv: Argv;
  cwd?: string;
  input?: string;
  env?: Record<string, string>;
  /** Milliseconds. */
  timeout?: number;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface EngineInfo {
  engine: string;
  api: string;
  compose: string;
  store: 'classic' | 'containerd';
  /** Absolute path on the server. */
  dataRoot: string;
  platform: string;
  /** Its containers have a network of their own, which the server cannot reach. */
  rootless: boolean;
}

export interface Container {
  id: string;
  name: string;
  image: string;
  imageId: string;
  state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
  exitCode: number;
  oomKilled: boolean;
  /** State of the image's HEALTHCHECK; `none` without one. */
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  healthLog: string;
  restartCount: number;
  /** `no`, `always`, `unless-stopped` or `on-failure`. */
  restartPolicy: string;
  startedAt: string;
  labels: Record<string, string>;
  /** network name -> its address there ('' while not running) and aliases. */
  networks: Record<string, { address: string; aliases: string[] }>;
  /** `3000/tcp` -> host ports it is published at. */
  ports: Record<string, number[]>;
  /** Seconds. */
  stopGracePeriod: number;
  mounts: { type: string; source: string; destination: string; writable: boolean }[];
  networkMode: string;
}

export interface Image {
  id: string;
  references: string[];
  /** DiffIDs, bottom first. */
  layers: string[];
  size: number;
  exposedPorts: string[];
  hasHealthCheck: boolean;
  labels: Record<string, string>;
  created: string;
}

/** Reads of one Docker engine; never changes anything. */
export interface Engine {
  info(): Promise<EngineInfo>;
  /** Every container (stopped ones too) that carries all the labels (`key` or `key=value`). */
  containers(labels: readonly string[]): Promise<Container[]>;
  container(idOrName: string): Promise<Container | undefined>;
  image(reference: string): Promise<Image | undefined>;
  images(): Promise<Image[]>;
  /** Last lines of stdout and stderr, as one text. */
  logs(id: string, lines: number): Promise<string>;
}

export interface HttpAnswer {
  /** 0 when no answer came. */
  status: number;
  /** Milliseconds. */
  duration: number;
  error?: string;
}

export interface LockHolder {
  pipelineId: string;
  runUrl: string;
  actor: string;
  since: string;
  nonce: string;
}

/** One line of the server's journal. */
export interface JournalEntry {
  at: string;
  epoch: number;
  pipelineId: string;
  event: string;
  data: Record<string, unknown>;
}

/**
 * The process on the server that holds the deployment lock and alone changes things. When its heartbeat stops while it
 * is armed it runs the armed script by itself, records `auto_reverted`, and lets the lock go.
 */
export interface Keeper {
  readonly epoch: number;
  /** Of this holder; what `unlock` and `openKeeper({claim})` ask for. */
  readonly nonce?: string;
  /** True when `claim` took over the detached keeper; false when that one was gone and a new epoch was opened. */
  readonly claimed?: boolean;
  /**
   * Set when this keeper found itself armed: claimed, or left behind by one that was killed or lost in a reboot. It *is*
   * armed (silence runs the script), so settle it and disarm, or arm anew.
   */
  readonly inherited?: { script: string; journal: JournalEntry[] } | undefined;
  /** Runs one mutating command under the lock; journals start and end. */
  change(command: Command, onLine?: (line: string) => void): Promise<CommandResult>;
  /** Appends and fsyncs. */
  record(event: string, data: Record<string, unknown>): Promise<void>;
  journal(): Promise<JournalEntry[]>;
  /** From now on, silence of the runner makes the keeper run this POSIX sh text (rule of invariant 2). */
  arm(script: string): Promise<void>;
  disarm(): Promise<void>;
  /**
   * Ends this process but keeps lock and arming on the server for `seconds`, until `openKeeper` with this nonce
   * claims them (the next step of the same job); after that the server rolls back by itself.
   */
  detach(seconds: number): Promise<{ nonce: string }>;
  /** Lets the lock go. Disarmed first, or refused. */
  close(): Promise<void>;
}

export interface KeeperRequest {
  pipelineId: string;
  runUrl: string;
  actor: string;
  /** Seconds to wait for another holder; then AutopilotError SERVER_LOCKED says who, since when, in which run. */
  wait: number;
  /** Seconds of silence. */
  heartbeat: number;
  /** Nonce of a detached keeper to take over. */
  claim?: string;
}

export interface Target {
  /** `deploy@203.0.113.5:22`, or `local`. */
  readonly name: string;
  readonly engine: Engine;
  /** A read-only command, or one whose effect only adds (docker load); may run beside the keeper. */
  query(command: Command): Promise<CommandResult>;
  /** Streams `source` into the command's standard input, e.g. `docker load`. */
  pipe(command: Command, source: NodeJS.ReadableStream, signal?: AbortSignal): Promise<CommandResult>;
  readFile(path: string): Promise<string | undefined>;
  /** GET from the server's side: published ports and containers' own addresses both answer. */
  http(url: string, options: { timeout: number; address?: string }): Promise<HttpAnswer>;
  /** Free bytes on the file system that holds `path`. */
  freeDisk(path: string): Promise<number>;
  openKeeper(request: KeeperRequest): Promise<Keeper>;
  /** Who holds the deployment lock now; undefined when it is free. */
  lockHolder(): Promise<LockHolder | undefined>;
  /**
   * Makes a stuck holder give up (it runs what is armed first); refused with SERVER_LOCKED unless `nonce` is the
   * holder's.
   */
  unlock?(nonce: string): Promise<void>;
  close(): Promise<void>;
}
