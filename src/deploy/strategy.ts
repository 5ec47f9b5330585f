import {
  type ComposeModel,
  fixedAddresses,
  fixedHostPorts,
  fixedMacAddresses,
  foundByLabels,
  lookedUpHostname,
  singleWriterVolumes,
} from './compose-model.ts';
import type { Strategy } from './release.ts';

export interface StrategyChoice {
  strategy: Strategy;
  reason: string;
  /** Why no candidate can stand beside the old container; empty when one can. */
  noCandidate: string;
  /** Why the strategy that was asked for cannot work; empty when it can. */
  impossible: string;
}

/**
 * Rule D2 and the design's "start-first where nothing forbids it". What forbids two containers side by side on traffic:
 * a fixed host port, a fixed name, a fixed address, a hostname, the host's (or another container's) network, a volume
 * with one writer. A candidate off traffic is forbidden by less: it has no host ports, and name and hostname of its own.
 * **Decided:** what a project builds itself is hardly ever a database, so in `auto` a candidate is tried on the same volume
 * for the few seconds of its proof (file locks hold between containers of one kernel), and only the cut-over avoids two
 * writers. Asking for `stop-first` says that even that is too much; asking for `start-first` that two writers are fine. A
 * port, an address or a hostname cannot be argued with: an alias of the network does what a hostname does, and is passed on.
 */
export function chooseStrategy(
  model: ComposeModel,
  composeService: string,
  asked: 'auto' | Strategy,
): StrategyChoice {
  const service = model.services[composeService];
  if (!service)
    return { strategy: 'stop-first', reason: 'not in the compose file', noCandidate: '', impossible: '' };

  const addresses = fixedAddresses(service);
  const macAddresses = fixedMacAddresses(service);
  // Where a proxy finds containers by labels, the new one is on traffic from its start, by all its names.
  const hostname = foundByLabels(service) ? undefined : lookedUpHostname(service);
  const mode = service.network_mode ?? '';
  const borrowed = mode === 'host' || /^(service|container):/.test(mode);
  const volumes = singleWriterVolumes(model, composeService);
  const ports = fixedHostPorts(service);

  const place = [
    ...(borrowed ? [`it uses network mode \`${mode}\``] : []),
    ...(addresses.length > 0 ? [`it has the fixed address ${addresses.join(', ')}`] : []),
    ...(macAddresses.length > 0 ? [`it has the fixed MAC address ${macAddresses.join(', ')}`] : []),
  ];
  const ownPorts = ports.length > 0 ? [`it publishes host port ${ports.join(', ')}`] : [];
  const lookedUp =
    hostname === undefined ? [] : [`under its hostname ${hostname} a new container gets requests at once`];
  const writer = volumes.length > 0 ? [`only one container may write to ${volumes.join(', ')}`] : [];
  const name =
    service.container_name === undefined ? [] : [`its container_name is ${service.container_name}`];

  const noCandidate = [...place, ...(asked === 'stop-first' ? writer : [])].join('; ');
  const forbidden = [...ownPorts, ...place, ...lookedUp];
  if (asked === 'start-first') {
    return {
      strategy: forbidden.length > 0 ? 'stop-first' : 'start-first',
      reason: 'asked for by the configuration',
      noCandidate,
      impossible: forbidden.join('; '),
    };
  }
  if (asked === 'stop-first') {
    return { strategy: 'stop-first', reason: 'asked for by the configuration', noCandidate, impossible: '' };
  }
  const reasons = [...forbidden, ...name, ...writer];
  return reasons.length > 0
    ? { strategy: 'stop-first', reason: reasons.join('; '), noCandidate, impossible: '' }
    : {
        strategy: 'start-first',
        reason: 'nothing forbids two containers side by side',
        noCandidate,
        impossible: '',
      };
}
