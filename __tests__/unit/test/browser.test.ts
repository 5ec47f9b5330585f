import { existsSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readLighthouse } from '../../../src/test/lighthouse.ts';
import { ReportUnreadable } from '../../../src/test/reports/report.ts';
import { test as runTests } from '../../../src/test/stage.ts';
import { configOf, project, realEffects, repository } from './helpers.ts';

const shop = join(repository, 'examples', 'app');

async function run(workspace: string, temp: string, settings: Record<string, unknown>, name: string) {
  const effects = realEffects();
  const plan = { suites: [name], findings: [] };
  const result = await runTests({ config: configOf(settings), plan, workspace, temp }, effects);
  const suite = result.suites.find((each) => each.name === name);
  return { result, suite, said: effects.log.said };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const server = (port: number, status = 200) =>
  `node -e "require('http').createServer((q, a) => { a.statusCode = ${status}; a.end('<!doctype html><title>x</title><p>hello') }).listen(${port})"`;

describe('e2e suite by the real Playwright and Chromium', () => {
  test('T3: passed, failed and skipped come from the report, with the place of the failure', async () => {
    const { workspace, temp } = await project({
      'package.json': '{"type":"module","scripts":{"e2e":"playwright test"}}',
      'playwright.config.js': `
        import shop from '${join(shop, 'playwright.config.js')}';
        export default { ...shop, testDir: '.', retries: 0 };
      `,
      'page.spec.js': `import { expect, test } from '@playwright/test';
        test('good', async ({ page }) => { await page.setContent('<h1>Hi</h1>'); await expect(page.locator('h1')).toHaveText('Hi'); });
        test.skip('later', () => {});
        test('bad', () => { expect(1).toBe(2); });
      `,
    });
    symlinkSync(join(repository, 'node_modules'), join(workspace, 'node_modules'));
    const { suite, result, said } = await run(workspace, temp, { e2e: { command: 'npm run e2e' } }, 'e2e');
    expect(suite).toMatchObject({ status: 'failed', summary: '1 passed, 1 failed, 1 skipped' });
    expect(result.checks).toMatchObject([{ severity: 'CRITICAL', file: 'page.spec.js', line: 4 }]);
    expect(said.some(({ kind, text }) => kind === 'foreign' && text.includes('1 skipped'))).toBe(true);
  }, 120_000);
});

describe('performance suite by the real Lighthouse', () => {
  test('T3: scores the page that the start command serves, and stops it afterwards', async () => {
    const port = await freePort();
    const { workspace, temp } = await project({});
    symlinkSync(join(repository, 'node_modules'), join(workspace, 'node_modules'));
    const url = `http://localhost:${port}`;
    const good = await run(
      workspace,
      temp,
      { performance: { url, start: server(port), min_score: 1 } },
      'performance',
    );
    expect(good.suite?.summary).toMatch(/^score \d+$/);
    expect(good.result).toMatchObject({ status: 'passed', checks: [] });
    await expect(fetch(url)).rejects.toThrow();
  }, 120_000);

  test('T3: below the minimum is a WARNING', async () => {
    const port = await freePort();
    const report = { categories: { performance: { score: 0.694 } } };
    const { workspace, temp } = await project({
      lighthouse: `#!/bin/sh
for word; do case $word in --output-path=*) echo '${JSON.stringify(report)}' > "\${word#*=}" ;; esac; done
`,
    });
    const performance = {
      url: `http://localhost:${port}`,
      start: server(port),
      command: 'sh lighthouse',
      min_score: 70,
    };
    const { result, suite } = await run(workspace, temp, { performance }, 'performance');
    expect(suite).toMatchObject({ status: 'warning', summary: 'score 69' });
    expect(result.checks[0]?.message).toBe('the performance score is 69, below the minimum of 70');
  }, 60_000);

  const cannot: [string, (port: number) => Record<string, unknown>, RegExp][] = [
    [
      'the start command fails',
      () => ({ start: 'echo no database; exit 3' }),
      /ended with exit code 3 before .* answered: no database/,
    ],
    [
      'the page never comes up',
      () => ({ start: 'sleep 300', timeout: 1 }),
      /did not answer within 1 s of `sleep 300`/,
    ],
    ['the page is broken', (port) => ({ start: server(port, 500), timeout: 2 }), /answered 500 within 2 s/],
    [
      'Lighthouse does not exist',
      (port) => ({ start: server(port), command: 'no-such-program' }),
      /exit code 127 and no report: it is not installed/,
    ],
    [
      'Lighthouse takes too long',
      (port) => ({ start: server(port), command: 'exec sleep 300 #', timeout: 2 }),
      /time limit of 2 s/,
    ],
    [
      'Lighthouse writes half a report',
      (port) => ({
        start: server(port),
        command: 'f() { for w; do case $w in --output-path=*) echo { > "${w#*=}";; esac; done; }; f',
      }),
      /not complete JSON/,
    ],
  ];
  test.each(cannot)(
    'a measurement that cannot be made is a WARNING: %s',
    async (_name, settings, message) => {
      const port = await freePort();
      const { workspace, temp } = await project({});
      const performance = { url: `http://localhost:${port}`, ...settings(port) };
      const { result, suite } = await run(workspace, temp, { performance }, 'performance');
      expect(suite).toMatchObject({ status: 'warning', summary: 'could not be measured' });
      expect(result.checks).toMatchObject([{ severity: 'WARNING' }]);
      expect(result.checks[0]?.message).toMatch(message);
      await expect(fetch(performance.url)).rejects.toThrow();
    },
    60_000,
  );

  test('another program on the port is not measured by mistake', async () => {
    const other = createServer((_request, response) => response.end('other'));
    await new Promise<void>((resolve) => other.listen(0, resolve));
    const url = `http://localhost:${(other.address() as AddressInfo).port}`;
    const { workspace, temp } = await project({});
    const { result } = await run(
      workspace,
      temp,
      { performance: { url, start: 'touch started' } },
      'performance',
    );
    expect(result.checks[0]?.message).toContain(`something else already answers at ${url}`);
    expect(existsSync(join(workspace, 'started'))).toBe(false);
    await new Promise((resolve) => other.close(resolve));
  });
});

describe('readLighthouse', () => {
  test.each([
    ['{"categories":{"performance":{"score":1}}}', 100],
    ['{"categories":{"performance":{"score":0}}}', 0],
    ['{"runtimeError":{"code":"NO_ERROR","message":""},"categories":{"performance":{"score":0.5}}}', 50],
  ])('%s', (text, score) => {
    expect(readLighthouse(text)).toBe(score);
  });

  test.each([
    '',
    '{',
    '{}',
    '{"categories":{"performance":{"score":null}}}',
    '{"categories":{"performance":{"score":7}}}',
    '{"runtimeError":{"code":"NO_FCP","message":"nothing painted"},"categories":{"performance":{"score":0.9}}}',
  ])('no score: %s', (text) => {
    expect(() => readLighthouse(text)).toThrow(ReportUnreadable);
  });
});
