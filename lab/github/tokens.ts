/** Who may do what: the permission table of a token, as `permissions:` of a workflow gives it. */
import { randomBytes } from 'node:crypto';

export type Access = 'none' | 'read' | 'write';
export type PermissionName = 'contents' | 'issues' | 'deployments' | 'actions' | 'pull-requests' | 'metadata';
/** A name that is absent means `none`, as in a workflow that lists permissions; `metadata: read` always comes along. */
export type Permissions = Partial<Record<PermissionName, Access>>;

export interface Token {
  readonly value: string;
  readonly permissions: Permissions;
  readonly login: string;
  /** Repositories (`owner/name`) it sees; undefined: all. */
  readonly repositories: readonly string[] | undefined;
  revoked: boolean;
}

export interface TokenOptions {
  login?: string;
  repositories?: readonly string[];
}

const RANK: Record<Access, number> = { none: 0, read: 1, write: 2 };

export class Tokens {
  readonly #tokens = new Map<string, Token>();

  create(
    permissions: Permissions,
    { login = 'github-actions[bot]', repositories }: TokenOptions = {},
  ): Token {
    const value = `ghs_${randomBytes(27).toString('base64url').replace(/[-_]/g, 'x')}`;
    const token = { value, permissions, login, repositories, revoked: false };
    this.#tokens.set(value, token);
    return token;
  }

  find(value: string): Token | undefined {
    const token = this.#tokens.get(value);
    return token?.revoked ? undefined : token;
  }
}

export function allows(token: Token, name: PermissionName, access: Access): boolean {
  const granted = name === 'metadata' ? 'read' : (token.permissions[name] ?? 'none');
  return RANK[granted] >= RANK[access];
}

/** The token of an `Authorization` header: `token x`, `Bearer x`, or git's `Basic user:x`. */
export function tokenOf(header: string | undefined): string | undefined {
  const match = /^(token|bearer|basic) +(\S+)$/i.exec(header ?? '');
  if (!match) return undefined;
  const value = match[2] ?? '';
  if ((match[1] ?? '').toLowerCase() !== 'basic') return value;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
}
