// torchrun, and what sets the same variables by hand: Kubeflow, SageMaker, scripts.
// Source: pytorch.org/docs, torchrun, "Environment Variables".
import type { Scheduler } from './scheduler.js';

export const torchrun: Scheduler = {
  name: 'torchrun',
  needs: { rank: 'RANK', ranks: 'WORLD_SIZE' },
  hostHint: 'MASTER_ADDR',
  read: (variables) => {
    const rank = variables.number('RANK');
    const ranks = variables.number('WORLD_SIZE');
    if (rank === undefined && ranks === undefined) return undefined;
    return {
      rank,
      ranks,
      localRank: variables.number('LOCAL_RANK'),
      localRanks: variables.number('LOCAL_WORLD_SIZE'),
      restarts: variables.number('TORCHELASTIC_RESTART_COUNT'),
      // Without it somebody else has set the others, who starts no ranks in tasks of other schedulers.
      isInner: variables.text('TORCHELASTIC_RUN_ID') !== undefined,
    };
  },
};
