import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ConfigSchema } from '../../../src/config/schema.ts';
import { servicesOf } from '../../../src/config/services.ts';
import { test as runTests } from '../../../src/test/stage.ts';
import { absence, lookAt, suitesOf } from '../../../src/test/suites.ts';
import { project, realEffects, repository } from '../test/helpers.ts';

const shop = join(repository, 'examples', 'app');
const text = (file: string) => readFileSync(join(shop, file), 'utf8');
const config = ConfigSchema.parse(parse(text('gonsautopilot.yaml')));

describe('the example app', () => {
  test('its configuration is valid and names files that exist', () => {
    const services = servicesOf(config);
    expect(services.map(({ name }) => name)).toEqual(['frontend', 'backend']);
    for (const service of services) expect(existsSync(join(shop, service.dockerfile))).toBe(true);
    expect(existsSync(join(shop, config.deploy.compose_file))).toBe(true);
  });

  test('its compose file runs the images that the configuration builds', () => {
    const compose = parse(text('docker-compose.prod.yml')) as { services: Record<string, { image: string }> };
    for (const service of servicesOf(config)) {
      const image = compose.services[service.composeService]?.image;
      expect(image).toMatch(new RegExp(`^${config.project.name}-${service.name}:`));
    }
  });

  test('images are built from the argument BASE_IMAGE, so that no registry is needed', () => {
    expect(config.build.args).toEqual({ BASE_IMAGE: 'node:24-slim' });
    for (const { dockerfile } of servicesOf(config)) {
      expect(text(dockerfile)).toMatch(/^ARG BASE_IMAGE=node:24-slim\nFROM \$\{BASE_IMAGE\}$/m);
      expect(text(dockerfile)).not.toMatch(/npm (ci|install)|apt-get|apk add/);
    }
  });

  test('what is copied into an image is let through by .dockerignore', () => {
    const allowed = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    for (const { dockerfile } of servicesOf(config)) {
      for (const [, source] of text(dockerfile).matchAll(/^COPY (\S+) /gm))
        expect(allowed).toContain(`!${source}`);
    }
  });

  test('the released versions are healthy, each on one line that a demo can change', () => {
    for (const side of ['frontend', 'backend']) {
      expect(text(`${side}/release.js`)).toMatch(
        /^ {2}version: '\d+\.\d+\.\d+',\n {2}behaviour: 'healthy',$/m,
      );
    }
  });

  test('every suite of it exists', async () => {
    const found = await lookAt(realEffects().files, shop);
    for (const suite of suitesOf(config))
      expect([suite.name, absence(suite, found)]).toEqual([suite.name, undefined]);
  });

  test('its unit tests pass in the TEST stage, and a release that is bad in production only passes them too', async () => {
    const { workspace, temp } = await project({});
    cpSync(shop, workspace, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
    symlinkSync(join(repository, 'node_modules'), join(workspace, 'node_modules'));
    const release = join(workspace, 'backend', 'release.js');
    const bad = readFileSync(release, 'utf8').replace("'healthy'", "'unhealthy'");
    const plan = { suites: ['unit:frontend', 'unit:backend'], findings: [] };
    for (const source of [undefined, bad]) {
      if (source !== undefined) writeFileSync(release, source);
      const result = await runTests({ config, plan, workspace, temp }, realEffects());
      expect(result.checks).toEqual([]);
      expect(result.suites.slice(0, 2).map(({ summary }) => summary)).toEqual([
        expect.stringMatching(/^\d+ passed, coverage [89]\d(\.\d)?%$/),
        expect.stringMatching(/^\d+ passed, coverage [89]\d(\.\d)?%$/),
      ]);
    }
  }, 60_000);

  describe('in production', () => {
    /** The backend as its image runs it, with this behaviour in its release. */
    async function backend(behaviour: string) {
      const { workspace } = await project({});
      cpSync(shop, workspace, { recursive: true, filter: (path) => !path.endsWith('node_modules') });
      const release = join(workspace, 'backend', 'release.js');
      writeFileSync(release, readFileSync(release, 'utf8').replace("'healthy'", `'${behaviour}'`));
      const child = spawn(process.execPath, ['backend/main.js'], {
        cwd: workspace,
        env: { ...process.env, NODE_ENV: 'production', PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const origin = line.split(' ').at(-1) ?? '';
      return {
        status: async (path: string) => (await fetch(origin + path)).status,
        stop: () => child.kill('SIGTERM'),
        exited: exited.then(([code]) => code as number | null),
      };
    }

    test.each([
      ['healthy', 200],
      ['unhealthy', 500],
    ])('%s: /health answers %d, and SIGTERM is a clean end', async (behaviour, status) => {
      const running = await backend(behaviour);
      expect(await running.status('/health')).toBe(status);
      expect(await running.status('/api/products')).toBe(200);
      running.stop();
      expect(await running.exited).toBe(0);
    });

    test('crash: starts, and ends by itself', async () => {
      expect(await (await backend('crash')).exited).toBe(1);
    });
  });
});
