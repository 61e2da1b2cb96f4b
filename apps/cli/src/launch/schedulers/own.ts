// Variables of our own, for schedulers that have none, or scripts that know better: as the flags of the same names.
import type { Scheduler } from './scheduler.js';

export const own: Scheduler = {
  name: 'variables of its own',
  needs: { rank: 'LOCKSTEP_RANK', ranks: 'LOCKSTEP_RANKS' },
  read: (variables) => {
    const rank = variables.number('LOCKSTEP_RANK');
    const ranks = variables.number('LOCKSTEP_RANKS');
    if (rank === undefined && ranks === undefined) return undefined;
    // Who sets both means what they say, whatever is around.
    return { rank, ranks, isInner: true };
  },
};
