/** Whose entries a token sees: the `ac` claim of the job's runtime token. */

export interface ScopeAccess {
  /** e.g. `refs/heads/main`. */
  scope: string;
  permission: 'read' | 'write';
}

const READ = 1;
const WRITE = 2;

/** An unsigned JWT as the cache client expects it; the lab checks no signature. */
export function runtimeToken(scopes: readonly ScopeAccess[], expiresInSeconds: number): string {
  const ac = scopes.map(({ scope, permission }) => ({
    Scope: scope,
    Permission: permission === 'write' ? READ | WRITE : READ,
  }));
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  // BuildKit wants to know from when on it is valid.
  const nbf = Math.floor(Date.now() / 1000) - 60;
  const exp = nbf + 60 + expiresInSeconds;
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ ac: JSON.stringify(ac), repository_id: '1', nbf, exp })}.lab`;
}

/** The scopes of an `Authorization: Bearer` header, in the order of look-up; undefined when it is no valid token. */
export function scopesOf(header: string | undefined): ScopeAccess[] | undefined {
  const payload = /^bearer [\w-]+\.([\w-]+)\.[\w-]*$/i.exec(header ?? '')?.[1];
  if (payload === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { ac?: string; exp?: number };
    if ((claims.exp ?? 0) * 1000 <= Date.now()) return undefined;
    const entries = JSON.parse(claims.ac ?? '') as { Scope: string; Permission: number }[];
    return entries.map(({ Scope, Permission }) => ({
      scope: Scope,
      permission: (Permission & WRITE) !== 0 ? 'write' : 'read',
    }));
  } catch {
    return undefined;
  }
}
