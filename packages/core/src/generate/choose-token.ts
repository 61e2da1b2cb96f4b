// The next token from the scores of all: the best one, or one drawn in proportion to its probability.
// Invariant: a function of scores and options alone, the same bits on every engine: exp is our own, in float64, and sums are taken
// in the order of the tokens.
import { exp } from '../math/elementary.js';

export interface Choosing {
  /** Scores are divided by it before they become probabilities; 0 takes the best. */
  readonly temperature: number;
  /** Of how many of the best one is drawn. */
  readonly topK: number;
}

/**
 * Of equal scores the smaller token is the better.
 *
 * @param scores of each token, finite
 * @param drawn in [0, 1), evenly
 */
export function chooseToken(
  scores: Float32Array,
  { temperature, topK }: Choosing,
  drawn: number,
): number {
  let best = 0;
  for (let token = 1; token < scores.length; token++) {
    if (scores[token]! > scores[best]!) best = token;
  }
  if (temperature === 0 || topK === 1) return best;
  const candidates = topK < scores.length ? bestOf(scores, topK) : scores.keys();
  const weights: { readonly token: number; readonly weight: number }[] = [];
  let total = 0;
  for (const token of candidates) {
    const weight = exp((scores[token]! - scores[best]!) / temperature);
    weights.push({ token, weight });
    total += weight;
  }
  const aim = drawn * total;
  let reached = 0;
  for (const { token, weight } of weights) {
    reached += weight;
    if (reached > aim) return token;
  }
  return best;
}

/** In the order of the tokens. */
function bestOf(scores: Float32Array, count: number): number[] {
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return order.slice(0, count).sort((a, b) => a - b);
}
