// F1: the harmonic mean of precision and recall, 2 × hits ÷ (predicted + actual).
import { classRatio, quotient } from './class-counts.js';

/** Definition: scikit-learn, `f1_score`. */
export const f1 = classRatio('f1', ({ hits, predicted, actual }) =>
  quotient(2 * hits, predicted + actual),
);
