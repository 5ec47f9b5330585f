import { createPrivateKey } from 'node:crypto';
import ssh2 from 'ssh2';
import { AutopilotError } from '../errors.ts';
import { fingerprintOf } from './known-hosts.ts';

export interface PrivateKey {
  /** As ssh2 takes it. */
  text: string;
  type: string;
  /** `SHA256:...` of its public half, as `ssh-keygen -lf` prints it. */
  fingerprint: string;
}

function refuse(what: string, fix: string, why = ''): never {
  throw new AutopilotError('SSH_KEY', { what, why, fix });
}

const HOW =
  'Put the whole file, from -----BEGIN to -----END, into the secret: `gh secret set DEPLOY_KEY < key`.';

/**
 * Reads the input `ssh-private-key`. What a secret's form field does to a key is mended silently: CRLF, missing last
 * line break, indentation, literal \n, all on one line, base64 around it. Anything else is SSH_KEY with the way out.
 * No part of the key is ever in a message.
 */
export function readPrivateKey(input: string, passphrase = ''): PrivateKey {
  const text = mend(input);
  if (text === '') {
    refuse(
      'The input `ssh-private-key` is empty.',
      'Set the secret it comes from. Runs of forks and of Dependabot do not get secrets.',
    );
  }
  if (text.startsWith('PuTTY-User-Key-File')) {
    refuse(
      'The key in `ssh-private-key` is in the format of PuTTY (.ppk).',
      'Convert it: `puttygen key.ppk -O private-openssh -o key`, and use the new file.',
    );
  }
  if (/^(ssh-|ecdsa-|sk-)|^-----BEGIN (RSA |SSH2 )?PUBLIC KEY|^---- BEGIN SSH2/.test(text)) {
    refuse(
      'The key in `ssh-private-key` is a public key.',
      'Use the private one: the file of the same name without `.pub`.',
    );
  }
  const kind = /^-----BEGIN ([A-Z0-9 ]+)-----\n/.exec(text)?.[1];
  if (!kind?.endsWith('PRIVATE KEY')) {
    refuse(
      'The value of `ssh-private-key` is not a private key.',
      HOW,
      kind && `It is a ${kind.toLowerCase()}.`,
    );
  }
  if (!text.includes(`-----END ${kind}-----`)) refuse('The key in `ssh-private-key` ends half-way.', HOW);
  const usable =
    kind === 'PRIVATE KEY' || kind === 'ENCRYPTED PRIVATE KEY' ? fromPkcs8(text, passphrase) : text;
  const parsed = ssh2.utils.parseKey(usable, passphrase || undefined);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === undefined) return explain(key?.message ?? '', passphrase);
  return { text: usable, type: key.type, fingerprint: fingerprintOf(key.getPublicSSH()) };
}

function explain(message: string, passphrase: string): never {
  if (/no passphrase/i.test(message)) {
    refuse(
      'The key in `ssh-private-key` is encrypted.',
      'Give its passphrase in `ssh-passphrase`, or use a key without one.',
    );
  }
  if (passphrase !== '' && /integrity|malformed|decrypt|bad/i.test(message)) {
    refuse(
      'The key in `ssh-private-key` does not open with `ssh-passphrase`.',
      'Check the passphrase: `ssh-keygen -y -f key` asks for it and prints the public key when it is right.',
    );
  }
  refuse(
    'The key in `ssh-private-key` cannot be read.',
    `Make a new one: \`ssh-keygen -t ed25519 -f key -N ''\`. ${HOW}`,
    message,
  );
}

/** ssh2 reads the traditional forms only. */
function fromPkcs8(text: string, passphrase: string): string {
  try {
    const key = createPrivateKey({ key: text, passphrase });
    if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }) as string;
    if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }) as string;
  } catch {
    explain(passphrase === '' && text.includes('ENCRYPTED') ? 'no passphrase' : 'bad decrypt', passphrase);
  }
  return refuse(
    'The key in `ssh-private-key` is in PKCS#8 form, of a type that SSH does not use in it.',
    'Make a new one: `ssh-keygen -t ed25519 -f key`.',
  );
}

function mend(input: string): string {
  let text = input.replace(/^\uFEFF/, '').trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(text)?.[2];
  text = (quoted ?? text).trim();
  if (/^[A-Za-z0-9+/=\s]{100,}$/.test(text)) {
    const decoded = Buffer.from(text, 'base64').toString('latin1').trim();
    if (decoded.startsWith('-----BEGIN ')) text = decoded;
  }
  if (!text.includes('\n') && text.includes('\\n')) text = text.replaceAll('\\r', '').replaceAll('\\n', '\n');
  const oneLine =
    /^(-----BEGIN [A-Z0-9 ]+-----)[ \t]+([A-Za-z0-9+/= \t]+?)[ \t]*(-----END [A-Z0-9 ]+-----)$/.exec(text);
  if (oneLine) text = [oneLine[1], ...(oneLine[2] ?? '').trim().split(/[ \t]+/), oneLine[3]].join('\n');
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  return text === '' ? '' : `${lines.join('\n').trim()}\n`;
}
