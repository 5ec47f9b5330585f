import { BlockList, isIP } from 'node:net';
import * as z from 'zod';
import type { RunProgram } from '../effects.ts';

/** Milliseconds for each question. */
const LIMIT = 20_000;
const ABSENT = /no such manifest|manifest unknown|name unknown/i;

const RegistryConfig = z.looseObject({
  IndexConfigs: z.record(z.string(), z.looseObject({ Secure: z.boolean() })).nullish(),
  InsecureRegistryCIDRs: z.array(z.string()).nullish(),
});

export interface RegistryEffects {
  run: RunProgram;
  signal?: AbortSignal;
}

/** Where `reference` goes below `build.registry`. */
export const remoteName = (registry: string, reference: string): string =>
  `${registry.replace(/\/+$/, '')}/${reference}`;

/** The host in the name of a registry; undefined for an account of Docker Hub. */
export const hostOf = (registry: string): string | undefined =>
  /^(?:[^/]*[.:][^/]*|localhost)(?=\/|$)/.exec(registry)?.[0];

/**
 * Rule B2: whether a registry has this reference already; `why` when it does not say. Downloads nothing. Docker's client
 * says "no such manifest" to a missing login as well; pushing fails then.
 */
export async function inRegistry(
  remote: string,
  effects: RegistryEffects,
): Promise<'free' | 'taken' | { why: string }> {
  const flags = (await isInsecure(remote, effects)) ? ['--insecure'] : [];
  const asked = await say(['docker', 'manifest', 'inspect', ...flags, remote], effects);
  if (asked.timedOut) return { why: `no answer within ${LIMIT / 1000} s` };
  if (asked.code === 0) return 'taken';
  return ABSENT.test(asked.stderr) ? 'free' : { why: asked.stderr.trim() };
}

/**
 * Whether the engine pushes there without TLS. The client asks by itself, knows nothing of `insecure-registries`, and
 * takes a registry that does not speak TLS for one that has nothing.
 */
async function isInsecure(remote: string, effects: RegistryEffects): Promise<boolean> {
  const host = hostOf(remote);
  if (host === undefined) return false;
  const info = await say(['docker', 'info', '--format', '{{json .RegistryConfig}}'], effects);
  const { IndexConfigs, InsecureRegistryCIDRs } = readConfig(info.stdout);
  if (IndexConfigs?.[host]?.Secure === false) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  // A network counts for the names of its machines too, and loopback is one by default.
  const addresses = isIP(name) === 0 ? await addressesOf(name, effects) : [name];
  const networks = new BlockList();
  for (const network of InsecureRegistryCIDRs ?? []) {
    const [net = '', prefix = ''] = network.split('/');
    networks.addSubnet(net, Number(prefix), familyOf(net));
  }
  return addresses.some((address) => networks.check(address, familyOf(address)));
}

async function addressesOf(name: string, effects: RegistryEffects): Promise<string[]> {
  const { stdout } = await say(['getent', 'ahosts', name], effects);
  const first = stdout.split('\n').map((line) => line.split(/\s/, 1)[0] ?? '');
  return first.filter((address) => isIP(address) !== 0);
}

function readConfig(text: string): z.infer<typeof RegistryConfig> {
  try {
    return RegistryConfig.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const say = (argv: readonly [string, ...string[]], { run, signal }: RegistryEffects) =>
  run(argv, { timeout: LIMIT, ...(signal === undefined ? {} : { signal }) });
