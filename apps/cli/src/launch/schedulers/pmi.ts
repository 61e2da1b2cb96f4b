// PMI, the simple one: mpiexec of MPICH, Intel MPI and MVAPICH (hydra), of Cray (PALS), and srun --mpi=pmi2.
// It does not say on which machine rank 0 is.
// Source: MPICH, "PMI environment variables" of hydra; Intel MPI, "Hydra environment variables"; HPE PALS, mpiexec(1).
import type { Scheduler } from './scheduler.js';

export const pmi: Scheduler = {
  name: 'MPICH (PMI)',
  needs: { rank: 'PMI_RANK', ranks: 'PMI_SIZE' },
  hostHint: 'mpiexec -genv MASTER_ADDR HOST, with the host of rank 0, usually the first of -hosts',
  coresHint: 'mpiexec -bind-to none',
  read: (variables) => {
    const rank = variables.number('PMI_RANK');
    const ranks = variables.number('PMI_SIZE');
    if (rank === undefined && ranks === undefined) return undefined;
    // srun has set them, or might have: its own variables say the same, and more.
    const isOfSlurm =
      variables.say(rank, 'SLURM_PROCID') &&
      variables.say(ranks, 'SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS');
    if (isOfSlurm) return undefined;
    return {
      rank,
      ranks,
      localRank: variables.number('MPI_LOCALRANKID', 'PMI_LOCAL_RANK'),
      localRanks: variables.number('MPI_LOCALNRANKS', 'PMI_LOCAL_SIZE'),
      isInner: true,
    };
  },
};
