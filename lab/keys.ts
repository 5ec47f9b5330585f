/** Key pairs for the lab, made anew for each machine by ssh-keygen. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './process.ts';

export interface KeyPair {
  /** OpenSSH format, with its last newline. */
  privateKey: string;
  /** `ssh-ed25519 AAAA...`, without a comment. */
  publicKey: string;
  /** `SHA256:...` as ssh prints it. */
  fingerprint: string;
  path: string;
}

export async function makeKeyPair(directory: string, name: string): Promise<KeyPair> {
  const path = join(directory, name);
  await rm(path, { force: true });
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path]);
  const [type, key] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
  const [, fingerprint] = (await must(['ssh-keygen', '-l', '-E', 'sha256', '-f', path])).split(' ');
  if (!type || !key || !fingerprint) throw new Error(`ssh-keygen wrote no key to ${path}`);
  return { privateKey: await readFile(path, 'utf8'), publicKey: `${type} ${key}`, fingerprint, path };
}
