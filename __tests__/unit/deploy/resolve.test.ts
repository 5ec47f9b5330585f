import { describe, expect, test } from '@jest/globals';
import { resolve } from '../../../src/deploy/resolve.ts';
import type { Command, CommandResult } from '../../../src/server/target.ts';

interface Written {
  profiles?: string[];
  ports?: object[];
}

/** Compose as it treats profiles: `config` shows what is enabled or named, `--hash '*'` what is enabled only. */
function composeOf(services: Record<string, Written>) {
  const asked: string[] = [];
  const query = async ({ argv }: Command): Promise<CommandResult> => {
    const words = argv.slice(argv.indexOf('-') + 1);
    asked.push(words.join(' '));
    const given = argv.filter((_word, index) => argv[index - 1] === '--profile');
    const profiles = given.length > 0 ? given : ['by-environment'];
    const named = words.includes('json') ? words.slice(words.indexOf('json') + 1) : [];
    const shown = Object.entries(services).filter(([name, service]) =>
      named.length > 0
        ? named.includes(name) || name === 'db'
        : !service.profiles || service.profiles.some((profile) => profiles.includes(profile)),
    );
    if (named.some((name) => !(name in services))) {
      return { code: 1, stdout: '', stderr: `no such service: ${named.join()}` };
    }
    const stdout = words.includes('--hash')
      ? shown.map(([name]) => `${name} hash-of-${name}\n`).join('')
      : JSON.stringify({ name: 'shop', services: Object.fromEntries(shown) });
    return { code: 0, stdout, stderr: '' };
  };
  return { asked, target: { name: 'server', query } };
}

describe('D2: what is planned is what Compose would run', () => {
  const services = {
    web: { profiles: ['site'], ports: [{ target: 80, published: '80' }] },
    proxy: { profiles: ['site'] },
    worker: { profiles: ['by-environment'] },
    debug: { profiles: ['tools'] },
    db: {},
  };

  test('a wanted service of a profile is there with all it has, and what else is in that profile; others are not', async () => {
    const { target } = composeOf(services);
    const { model, hashes } = await resolve(target, '/srv', '', ['web']);
    expect(Object.keys(model.services).sort()).toEqual(['db', 'proxy', 'web', 'worker']);
    expect(model.services['web']?.ports).toMatchObject([{ published: '80' }]);
    expect(Object.keys(hashes).sort()).toEqual(['db', 'proxy', 'web', 'worker']);
    expect(hashes['web']).toBe('hash-of-web');
  });

  test('without one, Compose is asked no more than before', async () => {
    const { target, asked } = composeOf(services);
    expect(Object.keys((await resolve(target, '/srv', '', ['db'])).model.services)).toEqual(['worker', 'db']);
    expect(asked).toEqual(['config --format json', 'config --hash *']);
  });

  test('D1: one that Compose does not find at all closes the gate: SERVER_COMPOSE, with its words', async () => {
    await expect(resolve(composeOf(services).target, '/srv', '', ['api'])).rejects.toMatchObject({
      code: 'SERVER_COMPOSE',
      why: 'no such service: api',
    });
  });
});
