import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test as base } from '@playwright/test';

/** The tests get `origin`: both services, started as a person would start them, on free ports, stopped at the end. */
export const test = base.extend({
  origin: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const child = spawn(process.execPath, ['start.js'], {
        cwd: new URL('..', import.meta.url),
        env: { ...process.env, PORT: '0', NODE_ENV: 'test' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      let origin;
      for await (const line of createInterface({ input: child.stdout })) {
        origin = /^frontend .* listening on (\S+)$/.exec(line)?.[1];
        if (origin) break;
      }
      if (!origin) throw new Error('the shop did not start');
      await use(origin);
      child.kill('SIGTERM');
      await ended;
    },
    { scope: 'worker' },
  ],
});
