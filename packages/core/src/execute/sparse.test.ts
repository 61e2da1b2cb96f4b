// Samples that are mostly zero are computed by their non-zeros, and must give the bits of the dense way.
import { wasm } from '@lockstep/kernels';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { uniform } from '../initializers/initializer.js';
import { relu } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { type Model, sequential } from '../model/model.js';
import { add, matmul, mul } from '../model/tensor.js';
import { sgd } from '../optimizers/sgd.js';
import type { Variant } from '../plan/program.js';
import { basesOf } from '../run/bases.js';
import { Gatherer } from '../run/gather/gather.js';
import { planRun, type RunPlan } from '../run/run-plan.js';
import { initialState, writeState } from '../run/state.js';
import { runConfig } from '../run-options.js';
import { BoundProgram } from './bound-program.js';

const ROWS = 13;
const WIDTH = 21;
const CLASSES = 5;

/** A sample's values: `zeros` of 100 are zero, and in floats every third zero is −0. */
function dataset(kind: 'bytes' | 'floats', zeros: number): Dataset {
  const bytes = Uint8Array.from({ length: ROWS * WIDTH }, (_, i) => {
    const random = Math.imul(i + 7, 2654435761) >>> 8;
    return random % 100 < zeros ? 0 : 1 + (random % 255);
  });
  const floats = Float32Array.from(bytes, (x, i) => (x === 0 && i % 3 === 0 ? -0 : x / 64 - 1.5));
  return {
    name: 'sparse',
    samples: ROWS,
    inputShape: [WIDTH],
    inputs: kind === 'bytes' ? bytes : floats.map((x, i) => (bytes[i] === 0 ? x * 0 : x)),
    inputDivisor: kind === 'bytes' ? 255 : 1,
    targetShape: [],
    targets: Int32Array.from({ length: ROWS }, (_, i) => i % CLASSES),
    classes: CLASSES,
  };
}

const MODELS: Readonly<Record<string, Model>> = {
  'a linear layer': linear(WIDTH, CLASSES),
  'two layers with dropout': sequential(
    linear(WIDTH, 18),
    relu(),
    dropout(0.3),
    linear(18, CLASSES, { bias: false }),
  ),
  'two products with the samples': (x, scope) =>
    add(linear(WIDTH, CLASSES)(x, scope.child('a')), linear(WIDTH, CLASSES)(x, scope.child('b'))),
  'a weight that is used twice': (x, scope) => {
    const w = scope.parameter('w', [WIDTH, CLASSES], uniform({ low: -1, high: 1 }));
    return add(matmul(x, w), matmul(x, mul(w, 2)));
  },
};

function planFor(model: Model, data: Dataset): RunPlan {
  const config = runConfig({
    model,
    data,
    loss: crossEntropy(),
    optimizer: sgd(),
    shards: 1,
    batchSize: ROWS,
  });
  return planRun(config, { train: data }, [{ first: 0, end: 1 }]);
}

function sparseVariant({ training }: RunPlan): Variant | undefined {
  return training.variants.find(({ condition }) => condition.kind === 'sparse samples');
}

/** Partials computed the dense way, by non-zeros, and by non-zeros on top of another partial. */
function computeAll(model: Model, data: Dataset, rows: number) {
  const plan = planFor(model, data);
  const { training } = plan;
  const length = training.sums.floats;
  const partials = [0, 1, 2, 3].map((i) => plan.memory.bytes + 4 * (length + 16) * i);
  const memory = wasm.createMemory(plan.memory.bytes + 4 * (length + 16) * 4);
  const kernels = wasm.kernels(memory);
  writeState(plan, memory, 0, initialState(plan.config.graph, 3));
  const place = plan.memory.threads[0]!;
  const program = (partial: number, accumulator?: number) =>
    new BoundProgram(training, kernels, {
      bases: basesOf(plan, 0, 0, partials[partial]!),
      rows,
      seed: 3,
      accumulator,
    });
  const read = (partial: number) =>
    new Float32Array(memory.buffer, partials[partial]!, length).slice();
  const gatherer = new Gatherer(kernels, memory, training, data, place);
  const dense = training.variants.length - 1;
  const variant = gatherer.gather(undefined, 0, [0, rows]);
  program(0).prepare();
  if (variant !== dense) program(1).compute(variant, 0);
  // The dense program wants the samples themselves.
  const denseInput = new Float32Array(
    memory.buffer,
    place.arena + training.inputOffset!,
    rows * WIDTH,
  );
  for (let i = 0; i < denseInput.length; i++) {
    denseInput[i] = Math.fround(data.inputs[i]! / data.inputDivisor);
  }
  program(0).compute(dense, 0);
  const base = new Float32Array(memory.buffer, partials[2]!, length);
  for (let i = 0; i < length; i++) base[i] = Math.fround(Math.sin(i));
  const before = base.slice();
  gatherer.gather(undefined, 0, [0, rows]);
  if (variant !== dense) program(3, partials[2]).compute(variant, 0);
  return {
    plan,
    isSparse: variant !== dense,
    dense: read(0),
    sparse: read(1),
    accumulated: read(2),
    before,
    rest: read(3),
  };
}

describe.each(Object.keys(MODELS))('%s', (name) => {
  const model = MODELS[name]!;

  test.each(['bytes', 'floats'] as const)(
    'gives the bits of the dense way on sparse %s, 0 rows included',
    (kind) => {
      for (const zeros of [60, 81, 100]) {
        for (const rows of [0, 1, 5, ROWS]) {
          const { isSparse, dense, sparse } = computeAll(model, dataset(kind, zeros), rows);
          expect(isSparse).toBe(true);
          expect(new Uint32Array(sparse.buffer)).toEqual(new Uint32Array(dense.buffer));
        }
      }
    },
  );

  test('adds what it can to another partial, and writes the rest', () => {
    const { plan, dense, accumulated, before, rest } = computeAll(
      model,
      dataset('bytes', 81),
      ROWS,
    );
    const { added: spans } = sparseVariant(plan)!;
    const isIn = (i: number): boolean => spans.some(({ first, end }) => i >= first && i < end);
    for (let i = 0; i < dense.length - 1; i++) {
      if (isIn(i)) expect(accumulated[i]).toBe(Math.fround(before[i]! + dense[i]!));
      else expect([accumulated[i], rest[i]]).toEqual([before[i], dense[i]]);
    }
  });
});

test('dense samples are computed the dense way', () => {
  for (const kind of ['bytes', 'floats'] as const) {
    expect(computeAll(MODELS['a linear layer']!, dataset(kind, 0), ROWS).isSparse).toBe(false);
  }
});

test('a linear layer’s gradient can be added in place; one that another call reads cannot', () => {
  const data = dataset('bytes', 81);
  const spans = (name: string) => sparseVariant(planFor(MODELS[name]!, data))?.added;
  expect(spans('a linear layer')).toEqual([{ first: 0, end: WIDTH * CLASSES }]);
  // Both weights have one gradient, computed once and copied.
  expect(spans('two products with the samples')).toEqual([]);
  expect(spans('a weight that is used twice')).toEqual([]);
});

test('where something else than a product reads the samples, there is one way only', () => {
  const model: Model = (x, scope) => linear(WIDTH, CLASSES)(mul(x, 2), scope);
  expect(planFor(model, dataset('bytes', 81)).training.variants).toHaveLength(1);
});
