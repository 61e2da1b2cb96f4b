// What layers give, computed by the kernels: the numbers that an inspection finds by the same names, and the answer's own bits.
import { describe, expect, test } from 'vitest';
import { relu } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import { type Model, sequential } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { models } from '../models/models.js';
import { initialBuffers, initialParameters } from '../run/parameter-values.js';
import { product } from '../shape.js';
import { Random } from '../testing/random.js';
import { TrainedModel } from '../trained/trained-model.js';
import { inspect } from './inspect.js';
import { LayerOutputs } from './layer-outputs.js';

const ROWS = 5;
const VOCABULARY = 11;

interface Given {
  readonly model: Model;
  readonly inputShape: readonly number[];
  readonly vocabulary?: number;
}

function untrained({ model, inputShape, vocabulary }: Given): TrainedModel {
  const graph = traceModel(model, inputShape, { vocabulary });
  const parameters = new Map([...initialParameters(graph, 1), ...initialBuffers(graph, 1)]);
  const traits = { inputShape, inputDivisor: 1, targetShape: [], classes: undefined, vocabulary };
  return new TrainedModel({ graph, parameters, traits });
}

const NETWORKS: readonly (readonly [string, Given])[] = [
  ['a perceptron', { model: models.mlp({ outputs: 3, hidden: [7, 5] }), inputShape: [2, 3] }],
  ['convolutions', { model: models.lenet({ outputs: 4 }), inputShape: [1, 14, 14] }],
  ['a residual network', { model: models.resnet({ outputs: 3 }), inputShape: [3, 8, 8] }],
  [
    'dropout, and a relu that is no layer',
    {
      model: (x, scope) =>
        sequential(linear(4, 6), dropout(0.5))(
          relu()(linear(6, 4)(x, scope.child('first')), scope),
          scope,
        ),
      inputShape: [6],
    },
  ],
  [
    'a language model',
    {
      model: models.gpt({ vocabulary: VOCABULARY, context: 6, size: 8, layers: 1, heads: 2 }),
      ...{ inputShape: [6], vocabulary: VOCABULARY },
    },
  ],
];

describe.each(NETWORKS)('layers of %s', (_, given) => {
  const trained = untrained(given);
  const outputs = new LayerOutputs(trained);
  const random = new Random(2);
  const count = ROWS * product(given.inputShape);
  const inputs = given.vocabulary
    ? Int32Array.from({ length: count }, () => random.integer(0, VOCABULARY - 1))
    : random.floats(count);
  const rows = outputs.of(inputs);

  test('give what an inspection finds by the same names', () => {
    const { activations } = inspect({ trained, inputs: { ...trained.traits, inputs } });
    expect(outputs.places.length).toBeGreaterThan(1);
    for (const { name, start, size, shape } of outputs.places) {
      const seen = activations[name]!;
      expect(seen.shape).toEqual([ROWS, ...shape]);
      for (let sample = 0; sample < ROWS; sample++) {
        for (let i = 0; i < size; i++) {
          // The reference executor adds up in another order.
          const value = rows[sample * outputs.width + start + i]!;
          expect(value).toBeCloseTo(seen.data[sample * size + i]!, 4);
        }
      }
    }
  });

  test('end in the bits of the answer', () => {
    const answer = trained.predict({ ...trained.traits, inputs });
    const last = outputs.places.at(-1)!;
    for (let sample = 0; sample < ROWS; sample++) {
      const start = sample * outputs.width + last.start;
      expect(rows.subarray(start, start + last.size)).toEqual(
        answer.subarray(sample * last.size, (sample + 1) * last.size),
      );
    }
  });
});

test('units of a relu may be dead, and of nothing else', () => {
  const { places } = new LayerOutputs(untrained(NETWORKS[0]![1]));
  expect(places.map(({ name, mayDie }) => [name, mayDie])).toEqual([
    ['layers.0', false],
    ['layers.1', true],
    ['layers.2', false],
    ['layers.3', true],
    ['layers.4', false],
  ]);
});

test('a network without layers has its output', () => {
  const trained = untrained({ model: (x) => x, inputShape: [3] });
  const outputs = new LayerOutputs(trained);
  expect(outputs.places).toMatchObject([{ name: 'output', shape: [3] }]);
  expect([...outputs.of(Float32Array.of(1, 2, 3))]).toEqual([1, 2, 3]);
});
