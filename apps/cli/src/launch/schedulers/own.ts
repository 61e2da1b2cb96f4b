// Variables of our own, for schedulers that have none, or scripts that know better: as the flags of the same names.
import type { Scheduler } from './scheduler.js';

const VARIABLES = { rank: ['LOCKSTEP_RANK'], ranks: ['LOCKSTEP_RANKS'] };

export const own: Scheduler = {
  name: 'variables of its own',
  variables: VARIABLES,
  hostHint: 'LOCKSTEP_COORDINATOR=HOST',
  read: (variables) => {
    const rank = variables.number(...VARIABLES.rank);
    const ranks = variables.number(...VARIABLES.ranks);
    if (rank === undefined && ranks === undefined) return undefined;
    // Who sets both means what they say, whatever is around.
    return { rank, ranks, outranks: 'everybody' };
  },
};
