/** git over HTTP through the real `git http-backend`. */
import { spawn } from 'node:child_process';
import { gitEnvironment } from './git.ts';
import { type Answer, ApiError } from './http.ts';
import type { LabRepository } from './repository.ts';

export interface GitRequest {
  method: string;
  /** Below the repository: `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  path: string;
  query: string;
  headers: Record<string, string | undefined>;
  body: Buffer;
  login: string;
}

/** True when the request wants to push. */
export function isPush({ path, query }: Pick<GitRequest, 'path' | 'query'>): boolean {
  return path === '/git-receive-pack' || new URLSearchParams(query).get('service') === 'git-receive-pack';
}

export function gitBackend(repository: LabRepository, request: GitRequest): Promise<Answer> {
  const env = gitEnvironment({
    GIT_PROJECT_ROOT: repository.dir,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: request.path,
    QUERY_STRING: request.query,
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    CONTENT_LENGTH: String(request.body.length),
    HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    GIT_PROTOCOL: request.headers['git-protocol'] ?? '',
    REMOTE_USER: request.login,
    REMOTE_ADDR: '127.0.0.1',
  });
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], { env });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', () => {
      const all = Buffer.concat(out);
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) {
        reject(new ApiError(500, 'git http-backend answered nothing'));
        return;
      }
      const headers: Record<string, string> = {};
      for (const line of all.subarray(0, end).toString().split('\r\n')) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const { status = '200', ...rest } = headers;
      resolve({ status: Number.parseInt(status, 10), headers: rest, raw: all.subarray(end + 4) });
    });
    child.stdin.end(request.body);
  });
}
