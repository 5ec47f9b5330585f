import { type Pins, readPins } from './known-hosts.ts';
import { type PrivateKey, readPrivateKey } from './private-key.ts';
import { certificateAuthority, unpinned } from './ssh-errors.ts';

/** What a login needs, as the inputs give it. */
export interface Credentials {
  host: string;
  port: number;
  user: string;
  privateKey: string;
  passphrase?: string;
  /** The input `ssh-known-hosts`. */
  knownHosts: string;
}

/** Errors: SSH_KEY; SSH_HOST_KEY for lines that this program cannot use. */
export function readCredentials(given: Credentials): { key: PrivateKey; pins: Pins } {
  const key = readPrivateKey(given.privateKey, given.passphrase);
  const pins = readPins(given.knownHosts, given.host, given.port);
  if (pins.authorities.length > 0) throw certificateAuthority(given, pins.authorities);
  return { key, pins };
}

/**
 * Throws what is wrong with them whatever the server says: the errors of `readCredentials`, and SSH_HOST_KEY without a pin for
 * this host. Connects to nothing.
 */
export function checkCredentials(given: Credentials): void {
  const { pins } = readCredentials(given);
  if (pins.pins.length === 0) throw unpinned(given, pins, given.knownHosts.trim() !== '', undefined);
}
