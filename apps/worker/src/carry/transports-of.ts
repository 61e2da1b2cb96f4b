// Which transports a worker has: those that it is given, or the usual ones for where it goes.
import {
  checkTransports,
  leaderSockets,
  type Transport,
  unixSockets,
  webSockets,
} from '@lockstep/transport';
import type { Connect } from './coordinator-link.js';
import type { WorkOptions } from './work-options.js';

type Given = Pick<WorkOptions, 'transports' | 'listen' | 'tls' | 'insecure'>;

/** @throws ConfigError if a setting cannot be used */
export function transportsOf(where: string | Connect, options: Given): readonly Transport[] {
  const { transports, listen, tls, insecure } = options;
  if (transports !== undefined) {
    return checkTransports('work', transports, options, ['listen', 'tls', 'insecure']);
  }
  const overNetwork = webSockets({ ...listen, tls, insecure }, 'worker');
  // Who came over the network dials no sockets of this machine for others, whatever they say.
  const isOverNetwork = typeof where !== 'string' || overNetwork.urlProblem(where) === undefined;
  if (isOverNetwork) return [overNetwork];
  const byLeader = leaderSockets([overNetwork]);
  if (byLeader.schemes.some((scheme) => where.startsWith(`${scheme}:`))) return [byLeader];
  // Whoever says where to listen is to be reached there, by workers of other machines too.
  return listen === undefined ? [unixSockets(), overNetwork] : [overNetwork, unixSockets()];
}
