// Random models for property tests: any operators on any shapes, from one seed, with a random loss, random parameters and a random
// batch. More operators with the same seed give the same model continued.
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Loss } from '../losses/loss.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { perceptron } from '../losses/perceptron.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { product, sampleSize } from '../shape.js';
import { Random } from './random.js';
import { RandomModeller } from './random-modeller.js';
import type { Problem } from './reference-gradients.js';

export interface RandomModelOptions {
  readonly seed: number;
  readonly operators: number;
  readonly rows: number;
  /** Whether rows are taken of axes that have none of that number: zeros, but not in ONNX. Default true. */
  readonly takesNone?: boolean;
}

/** Losses, against labels or not, that need two outputs to tell apart. */
const OF_CLASSES: readonly (readonly [Loss, boolean])[] = [
  [crossEntropy(), true],
  [meanSquaredError(), true],
  [crossEntropy(), false],
];

/** A random model with a random loss, random parameters and a random batch. */
export function randomProblem({
  seed,
  operators,
  rows,
  takesNone = true,
}: RandomModelOptions): Problem {
  const random = new Random(seed);
  const inputShape = Array.from({ length: random.integer(0, 3) }, () =>
    random.pick([1, 2, 3, 4, 5, 7, 9]),
  );
  const vocabulary = ofTokens(new Random(seed ^ 0x2545f491));
  const forward = traceModel(
    (x, scope) => {
      const modeller = new RandomModeller(random, scope, x, { vocabulary, takesNone });
      for (let i = 0; i < operators; i++) modeller.grow();
      return modeller.output();
    },
    inputShape,
    { vocabulary },
  );
  // What follows must not depend on how often the modeller drew, or shrinking would change the loss.
  const rest = new Random(seed ^ 0x5bd1e995);
  const width = sampleSize(forward.nodes[forward.outputs.output!]!.shape);
  const [loss, labels] = rest.pick<readonly [Loss, boolean]>([
    ...(width > 1 ? OF_CLASSES : []),
    [meanSquaredError(), false],
    [binaryCrossEntropy(), false],
    [perceptron(), false],
  ]);
  return {
    graph: attachLoss(forward, loss, {
      targetShape: labels ? [] : [width],
      classes: labels ? width : undefined,
    }),
    rows,
    parameters: forward.parameters.map(({ shape }) => rest.floats(product(shape))),
    input:
      vocabulary === undefined
        ? rest.floats(rows * product(inputShape))
        : Float32Array.from({ length: rows * product(inputShape) }, () =>
            rest.integer(0, vocabulary - 1),
          ),
    target: labels
      ? Float32Array.from({ length: rows }, () => rest.integer(0, width - 1))
      : rest.floats(rows * width, 0.01, 0.99),
    context: {
      seed: rest.integer(0, 2 ** 40),
      epoch: rest.integer(0, 5),
      sampleIds: Uint32Array.from({ length: rows }, () => rest.integer(0, 2 ** 31)),
    },
  };
}

/** How many different tokens samples are made of; of three in four models they are numbers. */
function ofTokens(random: Random): number | undefined {
  return random.next() < 0.25 ? random.integer(1, 6) : undefined;
}
