/** The acts of the demo: what is pushed or asked for, and what must come of it. */
import type { PilotJob, RunOptions, World } from './world.ts';

export interface Act {
  title: string;
  /** What the team does, for people. */
  told: string;
  play(world: World, show: Pick<RunOptions, 'onLine'>): Promise<PilotJob>;
  /** Outputs that the step must have, so that a demo that goes wrong says so. */
  expected: Record<string, string>;
  /** Versions that serve afterwards. */
  serves: { frontend: string; backend: string };
}

const broken = (version: string, told: string, expected: Act['expected']): Act => ({
  title: `A backend that never becomes healthy (${version})`,
  told,
  play: async (world, show) => {
    await world.push(
      { 'backend/release.js': world.release('backend', version, 'unhealthy') },
      `Backend ${version}`,
    );
    return world.deploy(show);
  },
  expected: { status: 'failed', 'failed-stage': 'deploy', ...expected },
  serves: { frontend: '1.0.0', backend: '1.0.0' },
});

export const STORY: readonly Act[] = [
  {
    title: 'First deployment',
    told: 'The shop is pushed to main. The server has Docker and nothing else.',
    play: (world, show) => world.deploy(show),
    expected: { status: 'success', deployed: '*' },
    serves: { frontend: '1.0.0', backend: '1.0.0' },
  },
  {
    title: 'Only the frontend changes',
    told: 'The tests of the backend are skipped, its image is not built, its container is not touched.',
    play: async (world, show) => {
      await world.push({ 'frontend/release.js': world.release('frontend', '1.1.0') }, 'Frontend 1.1.0');
      return world.deploy(show);
    },
    expected: { status: 'success', services: '["frontend"]' },
    serves: { frontend: '1.1.0', backend: '1.0.0' },
  },
  {
    title: 'Frontend and backend change, and the backend turns unhealthy after it was let in',
    told: 'Every test is green and the candidate is healthy; 15 seconds later it answers 500. Both services go back.',
    play: async (world, show) => {
      await world.push(
        {
          'frontend/release.js': world.release('frontend', '1.2.0'),
          'backend/release.js': world.release('backend', '1.2.0', 'unhealthy-later'),
        },
        'Release 1.2.0',
      );
      return world.deploy(show);
    },
    expected: { status: 'failed', 'failed-stage': 'verify', 'rolled-back': '*' },
    serves: { frontend: '1.1.0', backend: '1.0.0' },
  },
  {
    title: 'A rollback by hand',
    told: 'Somebody dislikes frontend 1.1.0 and presses "Run workflow".',
    play: (world, show) =>
      world.dispatch('rollback', { services: 'frontend', reason: 'the new colours hurt' }, show),
    expected: { status: 'success', 'rolled-back': '["frontend"]' },
    serves: { frontend: '1.0.0', backend: '1.0.0' },
  },
  broken('1.3.0', 'The second failure in a row. The candidate fails, so the old version is never touched.', {
    locked: 'false',
  }),
  broken('1.3.1', 'The third failure in a row locks the pipeline and opens an issue.', { locked: 'true' }),
  {
    title: 'A push while the pipeline is locked',
    told: 'Nothing deploys, and the run says why and how to unlock.',
    play: async (world, show) => {
      await world.push(
        { 'backend/release.js': world.release('backend', '1.4.0') },
        'Backend 1.4.0, repaired',
      );
      return world.deploy(show);
    },
    expected: { status: 'locked' },
    serves: { frontend: '1.0.0', backend: '1.0.0' },
  },
  {
    title: 'Unlock',
    told: 'A person has looked at it and says so.',
    play: (world, show) => world.dispatch('unlock', { reason: 'backend repaired in 1.4.0' }, show),
    expected: { status: 'success', locked: 'false' },
    serves: { frontend: '1.0.0', backend: '1.0.0' },
  },
  {
    title: 'A good release',
    told: 'The waiting change ships with the next run, together with everything the failed runs left behind.',
    play: (world, show) => world.deploy(show),
    expected: { status: 'success', deployed: '*' },
    serves: { frontend: '1.2.0', backend: '1.4.0' },
  },
];
