import { AutopilotError } from '../errors.ts';
import { deployTargetOf } from '../config/deploy-target.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../effects.ts';
import type { Target } from './target.ts';

export interface Access {
  deploy: Config['deploy'];
  privateKey: string;
  passphrase?: string;
  knownHosts: string;
}

export interface OpenTargetOptions extends Access {
  log: Log;
  signal?: AbortSignal;
  /** DOCKER_HOST of the runner, for the target `local`. */
  dockerHost?: string;
}

/** Throws SSH_KEY or SSH_HOST_KEY when nothing that the server does could make these open it. Connects to nothing. */
export async function checkAccess({ deploy, ...given }: Access): Promise<void> {
  const target = deployTargetOf(deploy);
  if (target.kind === 'local') return;
  const { checkCredentials } = await import('./credentials.ts');
  checkCredentials({ ...given, ...target });
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
  const target = deployTargetOf(deploy);
  if (target.kind === 'local') {
    const { openLocalTarget } = await import('./target-local.ts');
    return openLocalTarget({
      path,
      log: options.log,
      ...(options.dockerHost === undefined ? {} : { dockerHost: options.dockerHost }),
    });
  }
  const { openSshTarget } = await import('./target-ssh.ts');
  return openSshTarget({ ...rest, host: target.host, port: target.port, user: target.user, path });
}
