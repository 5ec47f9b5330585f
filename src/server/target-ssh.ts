import { assembleTarget } from './assemble.ts';
import { processStream } from './process-stream.ts';
import { commandText } from './shell.ts';
import { connectSsh, type SshOptions } from './ssh.ts';
import type { Target } from './target.ts';

export interface SshTargetOptions extends SshOptions {
  /** `deploy.path`. */
  path: string;
}

/** A server over one SSH connection. Errors: those of `connectSsh`. */
export async function openSshTarget(options: SshTargetOptions): Promise<Target> {
  const connection = await connectSsh(options);
  return assembleTarget({
    name: `${options.user}@${options.host}:${options.port}`,
    path: options.path,
    log: options.log,
    start: connection.start,
    connect: connection.connect,
    connectEngine: async () =>
      processStream(await connection.start(commandText({ argv: ['docker', 'system', 'dial-stdio'] }))),
    close: () => connection.close(),
  });
}
