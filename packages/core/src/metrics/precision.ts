// Precision: of the samples that are said to be of a class, the share that is.
import { classRatio, quotient } from './class-counts.js';

/** Definition: scikit-learn, `precision_score`. */
export const precision = classRatio('precision', ({ hits, predicted }) =>
  quotient(hits, predicted),
);
