// How far a probability is from certainty: what a classifier's loss says of one sample.
// It is shown, and nothing is computed with it: the browser's own logarithm is good enough.

/** Probabilities are at least this, so that a loss is finite. */
const LEAST = 1e-12;

/** Cross-entropy, in nats: −ln of the probability that was given to what is right. */
export function surpriseOf(probability: number): number {
  return -Math.log(Math.max(LEAST, probability));
}

/** Among how many equally probable ones a choice of that loss would be. @param loss in nats */
export function perplexityOf(loss: number): number {
  return Math.exp(loss);
}
