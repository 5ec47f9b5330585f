import type { Target } from '../server/target.ts';
import type { SmokeCheck } from './result.ts';

export interface SmokeRequest {
  /** Service -> health check URL as seen from the server; services without one are left out. */
  urls: Readonly<Record<string, string>>;
  /** `verify.smoke_test.endpoints`: paths relative to `origin`, or whole URLs. */
  endpoints: readonly string[];
  /** URL whose origin the endpoints belong to: `deploy.health_check.url`, else that of the first service. */
  origin: string;
  /** Milliseconds. */
  responseTimeMax: number;
}

/** Rule V1, as data: which URL must answer what. Pure. */
export function smokeUrls(
  request: SmokeRequest,
): { service: string; url: string; kind: 'health' | 'endpoint' }[] {
  const health = Object.entries(request.urls).map(([service, url]) => ({
    service,
    url,
    kind: 'health' as const,
  }));
  const base = request.origin || (health[0]?.url ?? '');
  const owner = health.find((entry) => origin(entry.url) === origin(base))?.service ?? '';
  const endpoints = request.endpoints.map((endpoint) => ({
    service: owner,
    // Without any URL there is nothing to be relative to; the check then fails and says so.
    url: base === '' ? endpoint : new URL(endpoint, base).href,
    kind: 'endpoint' as const,
  }));
  return [...health, ...endpoints];
}

const origin = (url: string) => (URL.canParse(url) ? new URL(url).origin : '');

/**
 * Rule V1: the health check answers 200; each endpoint answers without an error (**decided:** 200 to 399, since a page may
 * redirect); an answer that takes longer than the threshold is a failure. One request each, all are asked.
 */
export async function smoke(request: SmokeRequest, target: Pick<Target, 'http'>): Promise<SmokeCheck[]> {
  const checks: SmokeCheck[] = [];
  for (const { service, url, kind } of smokeUrls(request)) {
    const answer = await target.http(url, { timeout: Math.max(request.responseTimeMax * 2, 5_000) });
    const right = kind === 'health' ? answer.status === 200 : answer.status >= 200 && answer.status < 400;
    const slow = answer.duration > request.responseTimeMax;
    const time = `${String(Math.round(answer.duration))} ms`;
    checks.push({
      service,
      url,
      passed: right && !slow,
      status: answer.status,
      duration: answer.duration,
      detail:
        answer.status === 0
          ? `no answer (${answer.error ?? 'no connection'})`
          : `${String(answer.status)} in ${time}${slow ? `, more than ${String(request.responseTimeMax)} ms` : ''}`,
    });
  }
  return checks;
}
