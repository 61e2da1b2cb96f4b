// What samples count where a mean is taken over them: 1 each, unless the graph has an output that says it.

/** The output of a graph that has each sample's weight, [N]. */
export const WEIGHT = 'weight';

/** What a sum over samples is divided by. Where no sample has a weight, all sums are 0, and so is what they come to. */
export function meanOver(weights: number | undefined, samples: number): number {
  return weights !== undefined && weights > 0 ? weights : samples;
}
