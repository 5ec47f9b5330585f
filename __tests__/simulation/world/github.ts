/**
 * GitHub as a model: the git data API of __tests__/helpers with delays, outages, stale reads and lost answers, and just enough
 * issues for the lock's. What it does not do: the retries of src/github/client.ts, rate limits, permissions.
 */
import type { ApiResponse } from '../../../src/github/api.ts';
import { GitDataDouble } from '../../helpers/git-data-double.ts';
import type { Scheduler } from './scheduler.ts';

export class SimGitHub {
  readonly git = new GitDataDouble();
  readonly issues: { number: number; body: string; state: string }[] = [];
  /** Nothing answers until then. */
  outageUntil = 0;
  /** Chance that a read of a ref is one write old. */
  staleness = 0;
  /** Called when the state branch moved. */
  moved: () => void = () => undefined;
  readonly #scheduler: Scheduler;
  readonly #random: () => number;

  constructor(scheduler: Scheduler, random: () => number) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  async request(writer: string, route: string, parameters: Record<string, unknown>): Promise<ApiResponse> {
    if (this.#scheduler.now < this.outageUntil) {
      await this.#scheduler.sleep(3000);
      throw Object.assign(new Error('Service Unavailable'), { status: 503 });
    }
    if (route.includes('/issues')) return this.#issue(route, parameters);
    if (route.includes('/deployments')) return { status: 201, headers: {}, data: { id: 1 } };
    const reading = route.includes('GET /repos/{owner}/{repo}/git/ref/');
    if (reading && this.#random() < this.staleness) this.git.failNext(/GET .*git\/ref\//, 'stale');
    const answer = await this.git.api(writer).request(route, parameters);
    if (/^(PATCH|POST) .*\/refs/.test(route)) this.moved();
    return answer;
  }

  #issue(route: string, parameters: Record<string, unknown>): ApiResponse {
    const answer = (data: unknown): ApiResponse => ({ status: 200, headers: {}, data });
    if (route.startsWith('GET')) return answer(this.issues.filter(({ state }) => state === 'open'));
    if (route.endsWith('/comments')) return answer({});
    if (route.startsWith('PATCH')) {
      for (const issue of this.issues) if (issue.number === parameters.issue_number) issue.state = 'closed';
      return answer({});
    }
    const issue = { number: this.issues.length + 1, body: String(parameters.body), state: 'open' };
    this.issues.push(issue);
    return answer(issue);
  }
}
