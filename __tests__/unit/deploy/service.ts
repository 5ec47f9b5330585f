import type { Service } from '../../../src/config/services.ts';

/** A service with every default resolved, as config/ gives it. */
export const service = (name: string, url: string | undefined, extra: Partial<Service> = {}): Service => ({
  name,
  dockerfile: `./Dockerfile.${name}`,
  context: '.',
  args: {},
  paths: [],
  categories: [],
  composeService: name,
  healthCheck: { timeout: 15, retries: 3, ...(url === undefined ? {} : { url }) },
  strategy: 'auto',
  dependsOn: [],
  ...extra,
});
