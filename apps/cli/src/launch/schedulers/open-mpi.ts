// Open MPI's mpirun, versions 4 (ORTE) and 5 (PRRTE).
// Neither says on which machine rank 0 is. PMIX_SERVER_URI… is the daemon of a rank's own machine; OMPI_MCA_orte_hnp_uri, of version 4
// alone, the machine where mpirun was typed, which need not have a rank; PMIX_HOSTNAME this one. So none of them is read.
// Source: docs.open-mpi.org, "Environment variables set for MPI applications" (OMPI_COMM_WORLD_…).
import type { Scheduler } from './scheduler.js';

const VARIABLES = {
  rank: ['OMPI_COMM_WORLD_RANK'],
  ranks: ['OMPI_COMM_WORLD_SIZE'],
  localRank: ['OMPI_COMM_WORLD_LOCAL_RANK'],
  localRanks: ['OMPI_COMM_WORLD_LOCAL_SIZE'],
};

export const openMpi: Scheduler = {
  name: 'Open MPI',
  variables: VARIABLES,
  hostHint:
    'mpirun -x MASTER_ADDR=HOST, with the host of rank 0, usually the first of --host or the hostfile',
  coresHint: 'mpirun --bind-to none (or --map-by slot:PE=N for N cores each)',
  read: (variables) => {
    const rank = variables.number(...VARIABLES.rank);
    const ranks = variables.number(...VARIABLES.ranks);
    if (rank === undefined && ranks === undefined) return undefined;
    return {
      rank,
      ranks,
      localRank: variables.number(...VARIABLES.localRank),
      localRanks: variables.number(...VARIABLES.localRanks),
      outranks: 'launchers',
    };
  },
};
