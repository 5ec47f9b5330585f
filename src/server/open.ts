import { AutopilotError } from '../errors.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../effects.ts';
import type { Target } from './target.ts';

export interface OpenTargetOptions {
  deploy: Config['deploy'];
  privateKey: string;
  passphrase?: string;
  knownHosts: string;
  log: Log;
  signal?: AbortSignal;
  /** DOCKER_HOST of the runner, for the target `local`. */
  dockerHost?: string;
}

/** Whom to log in as where the configuration names nobody. */
const DEFAULT_USER = 'deploy';

/** Parts of `deploy.target`; explicit `deploy.user` and `deploy.port` fill what it does not say. */
export function parseTarget(deploy: Pick<Config['deploy'], 'target' | 'user' | 'port'>): {
  host: string;
  port: number;
  user: string;
} {
  const text = deploy.target ?? '';
  const [, user, host = '', port] = /^(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === '') {
    throw new AutopilotError('CONFIG_MISSING', {
      what: '`deploy.target` is missing.',
      fix: 'Name the server (user@host) or `local`.',
    });
  }
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: port === undefined ? (deploy.port ?? 22) : Number(port),
    user: user ?? deploy.user ?? DEFAULT_USER,
  };
}

/** Opens what `deploy.target` names. Loads SSH only when it is needed. */
export async function openTarget(options: OpenTargetOptions): Promise<Target> {
  const { deploy, ...rest } = options;
  const path = deploy.path;
  if (path === undefined) {
    throw new AutopilotError('CONFIG_MISSING', {
      what: '`deploy.path` is missing.',
      fix: 'Name the directory of the compose file on the server.',
    });
  }
  if (deploy.target === 'local') {
    const { openLocalTarget } = await import('./target-local.ts');
    return openLocalTarget({
      path,
      log: options.log,
      ...(options.dockerHost === undefined ? {} : { dockerHost: options.dockerHost }),
    });
  }
  const { openSshTarget } = await import('./target-ssh.ts');
  return openSshTarget({ ...rest, ...parseTarget(deploy), path });
}
