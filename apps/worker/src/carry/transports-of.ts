// Which transports a worker has: those that it is given, or the usual ones for where it goes.
import { ConfigError } from '@lockstep/core';
import {
  checkTransports,
  leaderSockets,
  mpiSockets,
  type Transport,
  unixSockets,
  webSockets,
} from '@lockstep/transport';
import type { Connect } from './coordinator-link.js';
import type { WorkOptions } from './work-options.js';

type Given = Pick<WorkOptions, 'transports' | 'listen' | 'tls' | 'insecure' | 'mpi'>;

/** @throws ConfigError if a setting cannot be used */
export function transportsOf(where: string | Connect, options: Given): readonly Transport[] {
  const { transports, listen, tls, insecure, mpi = false } = options;
  if (transports !== undefined) {
    return checkTransports('work', transports, options, ['listen', 'tls', 'insecure', 'mpi']);
  }
  const sockets = webSockets({ ...listen, tls, insecure }, 'worker');
  const overNetwork = mpi ? mpiSockets(sockets) : sockets;
  // Who came over the network dials no sockets of this machine for others, whatever they say.
  const isOverNetwork = typeof where !== 'string' || overNetwork.urlProblem(where) === undefined;
  if (isOverNetwork) return [overNetwork];
  const byLeader = leaderSockets([overNetwork]);
  if (byLeader.schemes.some((scheme) => where.startsWith(`${scheme}:`))) return [byLeader];
  if (mpi && unixSockets().urlProblem(where) === undefined) {
    throw new ConfigError(
      `worker: with MPI it reaches its coordinator by a WebSocket, got ${where}`,
    );
  }
  // Whoever says where to listen is to be reached there, by workers of other machines too.
  return listen === undefined ? [unixSockets(), overNetwork] : [overNetwork, unixSockets()];
}
