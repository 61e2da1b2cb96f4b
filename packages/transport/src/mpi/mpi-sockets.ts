// The transport of ranks of one MPI job: over WebSockets, or whatever else is given, and where both sides are ranks of the job, what
// they tell each other goes by MPI. A listener's address has its rank behind a `#`: a worker that is no rank leaves that out, and
// comes by the address alone. Nothing is added up by MPI.
import { ConfigError } from '@lockstep/errors';
import type { Transport } from '../transport.js';
import { type MpiJob, mpiJob } from './job.js';
import { MpiLibrary } from './library.js';
import { MpiChannel } from './mpi-channel.js';

const RANK = /^(.*)#mpi=([\da-f]{32})\.(\d{1,9})\.([\da-f]{1,32})$/;

/**
 * Of a worker: a coordinator is dialled without MPI. It begins MPI when it listens, and ends it when it listens no more, which a
 * process does once.
 *
 * @param over what carries everything else, signs of life and reasons among it
 * @param begin for tests
 */
export function mpiSockets(over: Transport, begin: () => Promise<MpiJob> = mpiJob): Transport {
  let job: MpiJob | undefined;
  return {
    schemes: over.schemes,
    urlProblem: (url) => over.urlProblem(url),
    suggestion: (url) => over.suggestion?.(url) ?? '',
    async probe() {
      await MpiLibrary.load(process.env);
      await over.probe?.();
    },
    ...(over.examine && { examine: (url, partMs) => over.examine!(url, partMs) }),
    async dial(url, setting) {
      const [, address = url, name, rank, machine] = RANK.exec(url) ?? [];
      if (name !== undefined) job ??= await begin();
      const channel = await over.dial(address, setting);
      if (name === undefined || name !== job!.name || Number(rank) >= job!.size) return channel;
      return new MpiChannel(channel, job!, { rank: Number(rank), machine: machine! });
    },
    async listen(acceptor) {
      const ours = await begin();
      job = ours;
      const door = await over.listen({
        ...acceptor,
        open: (channel, arrival) => acceptor.open(new MpiChannel(channel, ours), arrival),
      });
      if (!door) {
        throw new ConfigError(
          'MPI: the other ranks cannot reach this one to begin with; give it a certificate, or a place to listen that they reach (--listen HOST:PORT), or --insecure',
        );
      }
      return {
        urls: door.urls.map((url) => `${url}#mpi=${ours.name}.${ours.rank}.${ours.machine}`),
        async close() {
          await door.close();
          await ours.end();
        },
      };
    },
  };
}
