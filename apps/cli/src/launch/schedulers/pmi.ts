// PMI, the simple one: mpiexec of MPICH, Intel MPI and MVAPICH (hydra), of Cray (PALS), and srun --mpi=pmi2.
// It does not say on which machine rank 0 is.
// Source: MPICH, "PMI environment variables" of hydra; Intel MPI, "Hydra environment variables"; HPE PALS, mpiexec(1).
import type { Scheduler } from './scheduler.js';

const VARIABLES = {
  rank: ['PMI_RANK'],
  ranks: ['PMI_SIZE'],
  localRank: ['MPI_LOCALRANKID', 'PMI_LOCAL_RANK'],
  localRanks: ['MPI_LOCALNRANKS', 'PMI_LOCAL_SIZE'],
};
/** One of these is there wherever a launcher has set the others: by them a rank speaks to it. */
const OF_A_LAUNCHER = ['PMI_FD', 'PMI_PORT', 'PALS_RANKID'] as const;

export const pmi: Scheduler = {
  name: 'MPICH (PMI)',
  variables: VARIABLES,
  hostHint: 'mpiexec -genv MASTER_ADDR HOST, with the host of rank 0, usually the first of -hosts',
  coresHint: 'mpiexec -bind-to none',
  read: (variables) => {
    const rank = variables.number(...VARIABLES.rank);
    const ranks = variables.number(...VARIABLES.ranks);
    if (rank === undefined && ranks === undefined) return undefined;
    const localRank = variables.number(...VARIABLES.localRank);
    const localRanks = variables.number(...VARIABLES.localRanks);
    // srun has set them: its own variables say the same, and more. Of ranks of hydra in a job one may have Slurm's numbers, too, by
    // chance; hydra tells them which they are on their machine, and srun does not.
    const isOfSlurm =
      localRank === undefined &&
      localRanks === undefined &&
      variables.say(rank, 'SLURM_PROCID') &&
      variables.say(ranks, 'SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS');
    if (isOfSlurm) return undefined;
    const isLaunched =
      localRank !== undefined ||
      localRanks !== undefined ||
      variables.text(...OF_A_LAUNCHER) !== undefined;
    return { rank, ranks, localRank, localRanks, outranks: isLaunched ? 'launchers' : undefined };
  },
};
