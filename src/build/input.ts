import type { Service } from '../config/services.ts';
import type { Clock, Log, RunProgram } from '../effects.ts';
import type { BuildEnvironment } from './builder.ts';
import type { TagSource, TagStrategy } from './tags.ts';

export interface BuildInput {
  project: string;
  services: readonly Service[];
  strategy: TagStrategy;
  source: TagSource;
  pipelineId: string;
  repositoryUrl: string;
  /** Absolute directory of the project. */
  directory: string;
  platform?: string;
  /** `build.secrets`: names of environment variables. */
  secrets?: readonly string[];
  /** `build.cache`. */
  cache?: 'auto' | 'off';
  /** `build.registry`: push there as well. */
  registry?: string;
  /** Milliseconds for one image. */
  timeout: number;
  /** References that may name an image on the server, whatever this engine knows of them. */
  taken: ReadonlySet<string>;
  /** Images of this commit may be on the server under tags that are not among `taken`. */
  again: boolean;
  /** On a runner that is not the target: images of a service that stay, and those that stay whatever their number. */
  keep?: { images: number; protect: ReadonlySet<string> };
}

export interface BuildEffects {
  run: RunProgram;
  clock: Clock;
  log: Log;
  readFile: (path: string) => Promise<string | undefined>;
  environment?: BuildEnvironment;
  /** How many images are built side by side. */
  parallel: number;
  signal?: AbortSignal;
}
