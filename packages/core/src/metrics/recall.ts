// Recall: of the samples that are of a class, the share that is said to be.
import { classRatio, quotient } from './class-counts.js';

/** Definition: scikit-learn, `recall_score`. */
export const recall = classRatio('recall', ({ hits, actual }) => quotient(hits, actual));
