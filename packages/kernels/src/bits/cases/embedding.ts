import type { EmbeddingKernels } from '../../contract/embedding.js';
import { type Cases, LENGTHS, some } from './case.js';

/** Positions, numbers in the table, and floats of a row. */
const TABLES = [
  ...LENGTHS.map((size) => [7, 5, size] as const),
  ...[0, 1, 40].map((count) => [count, 3, 6] as const),
] as const;

export const CASES: Cases<EmbeddingKernels> = {
  embedding(lab) {
    for (const [count, vocabulary, size] of some(lab, TABLES)) {
      const [tokens, table] = [lab.integers(count, vocabulary + 1), lab.floats(vocabulary * size)];
      lab.kernels.embedding(lab.room(count * size), tokens, table, count, vocabulary, size);
      lab.done();
    }
  },
  embeddingGrad(lab) {
    for (const [count, vocabulary, size] of some(lab, TABLES)) {
      for (const skipped of [-1, 2]) {
        const [tokens, d] = [lab.integers(count, vocabulary + 1), lab.floats(count * size)];
        const links = lab.scratch(vocabulary + count);
        const [own, sum] = [lab.room(vocabulary * size), lab.floats(vocabulary * size)];
        for (const out of [own, sum]) {
          lab.kernels.embeddingGrad(own, out, links, tokens, d, count, vocabulary, size, skipped);
        }
        lab.done();
      }
    }
  },
};
