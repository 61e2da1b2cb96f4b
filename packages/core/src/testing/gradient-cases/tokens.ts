// Operators over whole numbers: tokens, and class labels of positions.
import { applyOperator, Tensor } from '../../model/tensor.js';
import type { Case } from '../gradient-case.js';

export const TOKEN_CASES: Readonly<Record<string, Case>> = {
  embedding(build) {
    const { random } = build;
    const [vocabulary, size] = [random.integer(1, 4), random.integer(1, 3)];
    const table = build.constant([vocabulary, size]);
    // One more than the table has: such a token has a row of zeros.
    const tokens = build.labels(vocabulary + 1);
    const attributes = random.next() < 0.5 ? {} : { padding: random.integer(0, vocabulary - 1) };
    return random.next() < 0.5 || attributes.padding === undefined
      ? applyOperator('embedding', [tokens, table])
      : // What padding gives has no gradient, on purpose, so it is left out of what is compared.
        applyOperator('mul', [
          applyOperator('embedding', [tokens, table], attributes),
          applyOperator(
            'reshape',
            [applyOperator('differsFrom', [tokens], { value: attributes.padding })],
            {
              shape: ['N', 1],
            },
          ),
        ]);
  },
  gather(build) {
    const { random } = build;
    const [length, inner] = [random.integer(1, 4), random.integer(1, 5)];
    // One more than there are: it takes zeros.
    const labels = build.labels(length + 1);
    const x = build.batched([length, inner]);
    return applyOperator('gather', [x, labels], { axis: 1 });
  },
  positionCrossEntropy(build) {
    const { random } = build;
    const classes = random.integer(1, 4);
    const labels = build.labels(classes);
    const logits = build.batched([classes], -3, 3);
    const { builder } = logits;
    const values = random.floats(classes, 0.2, 2);
    const weights =
      random.next() < 0.5 ? [new Tensor(builder, builder.constantTensor(values, [classes]))] : [];
    const record = applyOperator('positionCrossEntropy', [logits, labels, ...weights], {
      smoothing: random.pick([0, 0.3]),
    });
    return applyOperator('recordOutput', [record], { shape: ['N'] });
  },
};
