import { describe, expect, test } from '@jest/globals';
import { deployTargetOf } from '../../../src/config/deploy-target.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { bytesOf } from '../../../src/config/schema.ts';
import { servicesOf } from '../../../src/config/services.ts';

const services = (rest: string) =>
  servicesOf(
    parseConfig(
      `${rest}\n${rest.includes('project:') ? '' : 'project: {name: shop}\n'}deploy: {target: local, health_check: {url: "http://h/x", retries: 5}}`,
      'f',
    ),
  );

describe('servicesOf', () => {
  test('B1: without services, frontend and backend with their categories', () => {
    expect(services('').map(({ name, dockerfile, categories }) => [name, dockerfile, categories])).toEqual([
      ['frontend', './Dockerfile.frontend', ['frontend']],
      ['backend', './Dockerfile.backend', ['backend', 'database']],
    ]);
  });
  test.each(['frontend', 'backend'])('project.type %s has that service alone', (type) => {
    expect(services(`project: {name: shop, type: ${type}}`).map(({ name }) => name)).toEqual([type]);
  });
  test('build.docker names the services where services is not given', () => {
    expect(services('build: {docker: {api: ./D}, args: {A: "1"}}')).toMatchObject([
      { name: 'api', dockerfile: './D', args: { A: '1' }, composeService: 'api', categories: [] },
    ]);
  });
  test('dependencies come first, stable for equals', () => {
    const names = services('services: {a: {depends_on: [c]}, b: {}, c: {depends_on: [d]}, d: {}}').map(
      (s) => s.name,
    );
    expect(names).toEqual(['d', 'c', 'a', 'b']);
  });
  test('a health check of a service overrides only what it names', () => {
    const [a] = services('services: {a: {health_check: {timeout: 5}}}');
    expect(a?.healthCheck).toEqual({ url: 'http://h/x', timeout: 5, retries: 5 });
  });
  test('a service called constructor is a service like any other', () => {
    const [only] = services('services: {constructor: {}}\nbuild: {docker: {}}');
    expect(only).toMatchObject({ dockerfile: './Dockerfile.constructor', categories: [] });
  });
});

describe('deployTargetOf', () => {
  test.each([
    [{ target: 'local' }, { kind: 'local' }],
    [{ target: '203.0.113.5' }, { kind: 'ssh', host: '203.0.113.5', port: 22, user: 'deploy' }],
    [{ target: 'root@h.example' }, { kind: 'ssh', host: 'h.example', port: 22, user: 'root' }],
    [
      { target: 'h:2222', user: 'me' },
      { kind: 'ssh', host: 'h', port: 2222, user: 'me' },
    ],
    [
      { target: 'h', port: 2200 },
      { kind: 'ssh', host: 'h', port: 2200, user: 'deploy' },
    ],
    [{ target: 'u@[2001:db8::1]:23' }, { kind: 'ssh', host: '2001:db8::1', port: 23, user: 'u' }],
    [{ target: '[2001:db8::1]' }, { kind: 'ssh', host: '2001:db8::1', port: 22, user: 'deploy' }],
  ])('%j', (deploy, expected) => {
    expect(deployTargetOf(deploy)).toEqual(expected);
  });
});

test.each([
  ['2GB', 2e9],
  ['500 mb', 5e8],
  ['1.5KB', 1500],
  ['7', 7],
  [42, 42],
])('bytesOf(%j)', (size, bytes) => {
  expect(bytesOf(size)).toBe(bytes);
});
