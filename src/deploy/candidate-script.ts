import { quote as q } from '../server/shell.ts';
import type { ReleasePlan } from './release.ts';

/**
 * What the keeper runs when its runner has gone silent while candidates are proven: one that nobody looks at any more must
 * not work on real data until somebody deploys again. Nothing else has changed by then, and the next run sees to the rest.
 * Empty when no candidate is started. Pure.
 */
export function candidateScript(plan: ReleasePlan): string {
  const names = plan.services.filter((service) => !service.current && service.candidate !== '');
  if (names.length === 0) return '';
  return [
    // Without an engine that answers nobody knows whether one is there.
    'docker version >/dev/null || exit 1',
    'failed=0',
    ...names.flatMap(({ candidate }) => removeCandidateLines(candidate)),
    'exit "$failed"',
    '',
  ].join('\n');
}

export const removeCandidateLines = (candidate: string): string[] => [
  `if docker inspect ${q(candidate)} >/dev/null 2>&1; then`,
  `  docker rm --force --volumes ${q(candidate)} >/dev/null || failed=1`,
  'fi',
];
