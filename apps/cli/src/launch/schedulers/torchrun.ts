// torchrun, and what sets the same variables by hand: Kubeflow, SageMaker, scripts.
// Source: pytorch.org/docs, torchrun, "Environment Variables".
import type { Scheduler } from './scheduler.js';

const VARIABLES = {
  rank: ['RANK'],
  ranks: ['WORLD_SIZE'],
  localRank: ['LOCAL_RANK'],
  localRanks: ['LOCAL_WORLD_SIZE'],
};

export const torchrun: Scheduler = {
  name: 'torchrun',
  variables: VARIABLES,
  hostHint: 'MASTER_ADDR',
  read: (variables) => {
    const rank = variables.number(...VARIABLES.rank);
    const ranks = variables.number(...VARIABLES.ranks);
    if (rank === undefined && ranks === undefined) return undefined;
    const isTorchrun = variables.text('TORCHELASTIC_RUN_ID') !== undefined;
    return {
      rank,
      ranks,
      localRank: variables.number(...VARIABLES.localRank),
      localRanks: variables.number(...VARIABLES.localRanks),
      restarts: variables.number('TORCHELASTIC_RESTART_COUNT'),
      outranks: isTorchrun ? 'launchers' : undefined,
    };
  },
};
