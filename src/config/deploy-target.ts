import type { Config } from './schema.ts';

/** Where a release goes: the engine of this machine, or a server over SSH. */
export type DeployTarget = { kind: 'local' } | { kind: 'ssh'; host: string; port: number; user: string };

const DEFAULT_USER = 'deploy';
const DEFAULT_PORT = 22;

/** The parts of a target string; what it does not say is undefined. Brackets of an IPv6 address are taken off. */
export function parseTarget(target: string): { host: string; port?: number; user?: string } {
  const at = target.indexOf('@');
  const address = target.slice(at + 1);
  const colon = address.startsWith('[') ? address.indexOf(':', address.indexOf(']')) : address.indexOf(':');
  const host = (colon === -1 ? address : address.slice(0, colon)).replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    ...(colon === -1 ? {} : { port: Number(address.slice(colon + 1)) }),
    ...(at === -1 ? {} : { user: target.slice(0, at) }),
  };
}

/**
 * Resolves `deploy.target`, `deploy.user` and `deploy.port`. The configuration is already valid: contradictions and a
 * missing target were refused when it was loaded, so a missing target here means a configuration made by hand.
 */
export function deployTargetOf(deploy: Pick<Config['deploy'], 'target' | 'user' | 'port'>): DeployTarget {
  const { target = 'local' } = deploy;
  if (target === 'local') return { kind: 'local' };
  const { host, port, user } = parseTarget(target);
  return {
    kind: 'ssh',
    host,
    port: port ?? deploy.port ?? DEFAULT_PORT,
    user: user ?? deploy.user ?? DEFAULT_USER,
  };
}
