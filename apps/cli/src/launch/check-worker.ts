// Whether a rank's worker could begin: looked at before the run does, which would have been made for nothing otherwise.
import { type CoordinatorOptions, mpiSockets, webSockets } from '@lockstep/coordinator';
import { runBackend } from '@lockstep/trainer';
import { UsageError } from '../errors.js';
import type { Pass } from '../network-options.js';
import type { LaunchFlags } from './flags.js';

/** @throws ConfigError or UsageError if a worker of these flags could not begin */
export async function checkWorker(
  { listen, insecure, kernels, transport }: LaunchFlags,
  { pair, ca }: Partial<Pass>,
): Promise<void> {
  runBackend('launch', { kernels });
  const tls = { ...pair, ...(ca !== undefined && { ca }) };
  // A worker takes a free port unless it is given one.
  const sockets = webSockets({ port: 0, ...listen, tls, insecure }, 'launch');
  await checkPlaces([transport === 'mpi' ? mpiSockets(sockets) : sockets]);
}

/** @throws UsageError if this rank cannot listen there now, or there is no MPI for it */
export async function checkPlaces(
  transports: CoordinatorOptions['transports'] = [],
): Promise<void> {
  for (const transport of transports) {
    await transport.probe?.().catch((cause: Error) => {
      throw new UsageError(`launch: ${cause.message}`, { cause });
    });
  }
}
