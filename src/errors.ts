/** Stable identifiers of every failure a user can meet; documented in the README, never renamed. */
export type ErrorCode =
  | 'CONFIG_MISSING'
  | 'CONFIG_INVALID'
  | 'INPUT_INVALID'
  | 'STAGE_UNKNOWN'
  | 'STAGE_WITHOUT_PREDECESSOR'
  | 'EVENT_REFUSED'
  | 'GITHUB_PERMISSION'
  | 'GITHUB_UNAVAILABLE'
  | 'STATE_CORRUPT'
  | 'STATE_CONFLICT'
  | 'PIPELINE_LOCKED'
  | 'SSH_KEY'
  | 'SSH_HOST_KEY'
  | 'SSH_CONNECT'
  | 'SSH_AUTH'
  | 'SERVER_DOCKER'
  | 'SERVER_COMPOSE'
  | 'SERVER_LOCKED'
  | 'SERVER_COMMAND'
  | 'BUILD_FAILED'
  | 'TEST_FAILED'
  | 'GATE_FAILED'
  | 'TRANSFER_FAILED'
  | 'DEPLOY_FAILED'
  | 'VERIFY_FAILED'
  | 'ROLLBACK_IMPOSSIBLE'
  | 'ROLLBACK_FAILED'
  | 'CANCELLED'
  | 'INTERNAL';

/**
 * The one error class: what happened, why, and what to do about it.
 * Messages name the input, the path and line, the host or the permission, and never hold a secret.
 */
export class AutopilotError extends Error {
  readonly code: ErrorCode;
  readonly why: string;
  readonly fix: string;

  constructor(code: ErrorCode, parts: { what: string; why?: string; fix?: string; cause?: unknown }) {
    super(parts.what, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = 'AutopilotError';
    this.code = code;
    this.why = parts.why ?? '';
    this.fix = parts.fix ?? '';
  }

  /** The whole message as printed for a person, one part a line. */
  override toString(): string {
    const lines = [`${this.message} [${this.code}]`];
    if (this.why) lines.push(`Why: ${this.why}`);
    if (this.fix) lines.push(`What to do: ${this.fix}`);
    return lines.join('\n');
  }
}
