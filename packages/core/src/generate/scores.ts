// Which way the scores of the next token are computed: position by position where the network can be had so.
// Invariant: a function of the network and the options; no measurement and no machine has a say, since the two ways may differ in
// their last bits.
import type { Backend } from '@lockstep/kernels';
import type { Graph } from '../graph/graph.js';
import type { NetworkValues } from '../run/parameter-values.js';
import type { LanguageModel } from './language-model.js';
import { type NextScores, WindowScores } from './next-scores.js';
import { PositionScores } from './position-scores.js';

/**
 * A window that moves by fewer tokens at once than this is computed whole each time: all that was handed on is of no use then, and
 * many positions at once take less than a third of the time that they take one by one.
 */
const LEAST_SLIDE = 4;

/** @param slide by how many tokens a window that is full moves at once. @throws KernelMemoryError if there is no room */
export function scoresOf(
  backend: Backend,
  graph: Graph,
  values: NetworkValues,
  model: LanguageModel,
  slide: number,
): NextScores {
  const byPosition = PositionScores.of(backend, graph, values, model);
  let whole: WindowScores | undefined;
  return {
    after(tokens, first) {
      if (byPosition && (first === 0 || slide >= LEAST_SLIDE))
        return byPosition.after(tokens, first);
      whole ??= new WindowScores(backend, graph, values, model, byPosition !== undefined);
      return whole.after(tokens, first);
    },
  };
}
