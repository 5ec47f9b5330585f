import type { Readable } from 'node:stream';
import type { Clock, Log, Random } from '../../effects.ts';
import type { EngineInfo, Target } from '../../server/target.ts';
import type { Presence } from './presence.ts';

/** A `docker save` under way; `finished` rejects when it failed. */
export interface Saved {
  archive: Readable;
  finished: Promise<void>;
}

export interface TransferEffects {
  /** Streams `docker save` of these references. */
  saveImages: (references: readonly string[]) => Saved;
  clock: Clock;
  random: Random;
  /**
   * Folder on the server for what its layers consist of, so that later ones can be sent as what differs. Without one,
   * layers are sent whole.
   */
  signatures?: string;
  log: Log;
  signal?: AbortSignal;
}

/** What every image takes. */
export interface Route {
  target: Target;
  server: EngineInfo;
  presence: Presence;
  effects: TransferEffects;
}
