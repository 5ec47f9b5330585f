import { AutopilotError } from '../errors.ts';
import type { Pin, Pins } from './known-hosts.ts';

/** Where and as whom, for messages. */
export interface SshAddress {
  host: string;
  port: number;
  user: string;
}

interface Failure extends Error {
  level?: string;
  code?: string;
}

/** Passing failures: another attempt may succeed. */
export function isPassing(error: unknown): boolean {
  const { level, code, message } = error as Failure;
  if (level === 'client-timeout' || level === 'client-dns') return true;
  if (/lost before handshake|socket hang up|ended by other|reset/i.test(message)) return true;
  return [
    'ECONNREFUSED',
    'ECONNRESET',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EPIPE',
    'EAI_AGAIN',
    'ENOTFOUND',
  ].includes(code ?? '');
}

/** What went wrong before there was a session, for a person. */
export function connectError(
  error: unknown,
  at: SshAddress,
  key: { type: string; fingerprint: string },
): AutopilotError {
  if (error instanceof AutopilotError) return error;
  const { level, code = '', message } = error as Failure;
  const where = `${at.host}:${at.port}`;
  const connect = (what: string, fix: string) =>
    new AutopilotError('SSH_CONNECT', { what, why: message, fix, cause: error });
  if (level === 'client-authentication') {
    return new AutopilotError('SSH_AUTH', {
      what: `${where} refused the key for the user \`${at.user}\`.`,
      why: `The key offered is ${key.type} ${key.fingerprint}.`,
      fix: `Add its public half to ~${at.user}/.ssh/authorized_keys on the server (\`ssh-copy-id\`), or correct \`deploy.user\`. There, \`journalctl -u ssh\` says why it refused.`,
      cause: error,
    });
  }
  if (level === 'client-dns' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return connect(
      `The name ${at.host} of \`deploy.target\` does not resolve.`,
      'Check the spelling; runners of GitHub see public DNS only, not private names or ~/.ssh/config.',
    );
  }
  if (code === 'ECONNREFUSED') {
    return connect(
      `Nothing listens at ${where}.`,
      'Check `deploy.port` and that sshd runs (`systemctl status ssh`).',
    );
  }
  if (level === 'client-timeout' || ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) {
    return connect(
      `${where} does not answer.`,
      'Check the address and the firewall: runners of GitHub have no fixed address, so port 22 must be open to all or the runner be your own.',
    );
  }
  if (/^Handshake failed|no matching/i.test(message)) {
    return connect(
      `${where} and this client share no algorithm.`,
      'Update sshd on the server, or allow modern algorithms there.',
    );
  }
  return connect(
    `The connection to ${where} ended before the login.`,
    'Something else than sshd may listen there, or it refuses for a while (MaxStartups, fail2ban). Look at `journalctl -u ssh`.',
  );
}

/** The key a server showed. */
export interface Received {
  type: string;
  fingerprint: string;
}

/** Nothing was given to tell the server by: refused, whatever it shows. */
export function unpinned(
  at: SshAddress,
  found: Pins,
  given: boolean,
  received: Received | undefined,
): AutopilotError {
  const shown = received ? `The server shows ${received.type} ${received.fingerprint}. ` : '';
  return new AutopilotError('SSH_HOST_KEY', {
    what: given
      ? `No line of \`ssh-known-hosts\` is for ${at.host} port ${at.port}.`
      : 'The input `ssh-known-hosts` is empty, so the server cannot be told from an impostor.',
    why: `${shown}${found.hints.join('; ')}`.trim(),
    fix: `Compare it on the server (\`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\`), then give the output of \`ssh-keyscan -p ${at.port} ${at.host}\` or that fingerprint in \`ssh-known-hosts\`.`,
  });
}

export function mismatch(
  at: SshAddress,
  pins: readonly Pin[],
  received: readonly Received[],
): AutopilotError {
  const show = (keys: readonly { type: string | undefined; fingerprint: string }[]) =>
    keys.map((key) => `${key.type ?? ''} ${key.fingerprint}`.trim()).join(', ');
  const revoked = pins.find(
    (pin) => pin.revoked && received.some((key) => key.fingerprint === pin.fingerprint),
  );
  if (revoked) {
    return new AutopilotError('SSH_HOST_KEY', {
      what: `The host key of ${at.host} port ${at.port} is revoked.`,
      why: `Line ${revoked.line} of \`ssh-known-hosts\` revokes ${show(received)}, which the server shows.`,
      fix: 'Give the server a new host key; whoever has the revoked one can pose as it.',
    });
  }
  return new AutopilotError('SSH_HOST_KEY', {
    what: `The host key of ${at.host} port ${at.port} is not the one in \`ssh-known-hosts\`.`,
    why: `Received: ${show(received)}. Expected: ${show(pins.filter((pin) => !pin.revoked)) || 'none that is not revoked'}.`,
    fix: 'If the server was installed anew, compare the fingerprint there and update `ssh-known-hosts`. If not, somebody may be in between: do not connect.',
  });
}

export function certificateAuthority(at: SshAddress, lines: readonly number[]): AutopilotError {
  return new AutopilotError('SSH_HOST_KEY', {
    what: `Line ${lines.join(', ')} of \`ssh-known-hosts\` trusts a certificate authority for ${at.host}, which is not supported.`,
    why: 'The SSH library cannot check host certificates.',
    fix: `Give the host key itself: the output of \`ssh-keyscan -p ${at.port} ${at.host}\`.`,
  });
}
