import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { release } from '../release.js';
import { startBackend } from '../server.js';

let backend;
let origin;
beforeAll(async () => {
  backend = await startBackend({ port: 0, log: () => {} });
  origin = `http://localhost:${backend.port}`;
});
afterAll(() => backend.close());

const post = (body) => fetch(`${origin}/api/quote`, { method: 'POST', body });

describe('backend', () => {
  test.each(['/health', '/api/health'])('%s answers 200', async (path) => {
    const response = await fetch(origin + path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'ok', service: 'backend' });
  });

  test.each(['/version', '/api/version'])('%s says which release this is', async (path) => {
    expect(await (await fetch(origin + path)).json()).toEqual({
      service: 'backend',
      version: release.version,
    });
  });

  test('lists the products', async () => {
    const products = await (await fetch(`${origin}/api/products`)).json();
    expect(products).toHaveLength(6);
    expect(products[0]).toMatchObject({ id: 'bread', price: 480 });
  });

  test('says what a basket costs', async () => {
    const response = await post(JSON.stringify({ honey: 1 }));
    expect(await response.json()).toMatchObject({ total: 890 + 490 });
  });

  test.each([
    ['an unknown path', () => fetch(`${origin}/api/gold`), 404],
    ['a basket that is no JSON', () => post('{'), 400],
    ['a basket that cannot be ordered', () => post('{"bread": -1}'), 400],
    ['a huge basket', () => post('x'.repeat(20_000)), 413],
  ])('refuses %s', async (_name, ask, status) => {
    expect((await ask()).status).toBe(status);
  });
});
