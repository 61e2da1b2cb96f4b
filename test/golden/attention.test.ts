// Multi-head attention and the layers of transformers against PyTorch, forward and backward: the WebAssembly kernels and
// the reference executor against torch's float64. See golden_attention.py for what a case holds.
import {
  add,
  type Dataset,
  type Loss,
  type Model,
  mul,
  multiHeadAttention,
  reshape,
  type Scope,
  slice,
  sum,
  type Tensor,
  traceModel,
  transformerDecoder,
  transformerEncoder,
  zeros,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { type GoldenTensor, readJson } from './golden.js';
import {
  type BatchResult,
  kernelBatch,
  mixedDistance,
  type OneBatch,
  referenceBatch,
} from './one-batch.js';

interface GoldenAttention {
  readonly name: string;
  readonly queries: number;
  readonly masked: number;
  readonly input: GoldenTensor;
  readonly upstream: GoldenTensor;
  readonly parameters: Readonly<Record<string, GoldenTensor>>;
  readonly sum: number;
  readonly gradients: Readonly<Record<string, GoldenTensor>>;
}

/** What a layer is given: itself, what it looks at, and which of their rows count. */
type Called = (
  x: Tensor,
  scope: Scope,
  more: { memory: Tensor | undefined; keyMask?: Tensor; memoryKeyMask?: Tensor },
) => Tensor;

const ofAttention =
  (layer: ReturnType<typeof multiHeadAttention>): Called =>
  (x, scope, { memory, keyMask, memoryKeyMask }) => {
    const counts = memory ? memoryKeyMask : keyMask;
    return layer(x, scope, { ...(memory && { memory }), ...(counts && { keyMask: counts }) });
  };

const ofEncoder =
  (layer: ReturnType<typeof transformerEncoder>): Called =>
  (x, scope, { keyMask }) =>
    layer(x, scope, { ...(keyMask && { keyMask }) });

const ofDecoder =
  (layer: ReturnType<typeof transformerDecoder>): Called =>
  (x, scope, { memory, ...masks }) =>
    layer(x, scope, { memory: memory!, ...masks });

const LAYERS: Readonly<Record<string, Called>> = {
  self: ofAttention(multiHeadAttention(6, 2)),
  'self causal': ofAttention(multiHeadAttention(8, 2, { causal: true })),
  'self causal masked': ofAttention(multiHeadAttention(9, 3, { causal: true })),
  'self without bias': ofAttention(multiHeadAttention(5, 1, { bias: false })),
  cross: ofAttention(multiHeadAttention(6, 3)),
  'encoder relu': ofEncoder(transformerEncoder(6, 2, { feedForward: 7, dropout: 0, layers: 2 })),
  'encoder gelu first causal': ofEncoder(
    transformerEncoder(8, 4, {
      ...{ feedForward: 9, dropout: 0, layers: 1 },
      ...{ activation: 'gelu', normFirst: true, causal: true },
    }),
  ),
  'decoder relu': ofDecoder(transformerDecoder(6, 2, { feedForward: 5, dropout: 0, layers: 1 })),
  'decoder gelu first': ofDecoder(
    transformerDecoder(4, 2, {
      ...{ feedForward: 6, dropout: 0, layers: 2 },
      ...{ activation: 'gelu', normFirst: true },
    }),
  ),
};

/** The model's output is the loss. */
const IDENTITY: Loss = { name: 'identity', build: (output) => ({ loss: output }) };

function batchOf(golden: GoldenAttention): OneBatch {
  const { input, upstream, queries } = golden;
  const [samples, rows, features] = input.shape as [number, number, number];
  const size = features - 1;
  const model: Model = (x, scope) => {
    const shift = scope.parameter('shift', [rows, size], zeros());
    const all = add(slice(x, 0, size), shift);
    const counts = reshape(slice(x, size, features), [rows]);
    const output = LAYERS[golden.name]!(slice(all, 0, queries, 1), scope, {
      memory: rows > queries ? slice(all, queries, rows, 1) : undefined,
      ...(golden.masked && { keyMask: slice(counts, 0, queries) }),
      ...(golden.masked && rows > queries && { memoryKeyMask: slice(counts, queries, rows) }),
    });
    return sum(mul(output, scope.constant(upstream.values as Float32Array, upstream.shape)));
  };
  const data: Dataset = {
    name: 'golden',
    samples,
    inputShape: [rows, features],
    inputs: input.values,
    inputDivisor: 1,
    targetShape: [1],
    targets: new Float32Array(samples),
    classes: undefined,
  };
  const { parameters } = traceModel(model, data.inputShape);
  const given = {
    ...golden.parameters,
    shift: { shape: [rows, size], values: new Float32Array(rows * size) },
  };
  const ordered = parameters.map(({ name }) => {
    const { shape, values } = (given as Readonly<Record<string, GoldenTensor>>)[name]!;
    return [name, { shape, data: values }] as const;
  });
  return { model, loss: IDENTITY, data, parameters: new Map(ordered) };
}

function expectGolden(
  { sum, gradients }: GoldenAttention,
  result: BatchResult<ArrayLike<number>>,
  tolerance: number,
): void {
  expect(mixedDistance([result.lossSum], [sum])).toBeLessThan(tolerance);
  expect([...result.gradients.keys()].sort()).toEqual(Object.keys(gradients).sort());
  for (const [name, gradient] of result.gradients) {
    expect(mixedDistance(gradient, gradients[name]!.values), name).toBeLessThan(tolerance);
  }
}

const { cases } = readJson('attention.json') as { cases: readonly GoldenAttention[] };

describe('attention and transformers agree with PyTorch', () => {
  test.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const batch = batchOf(golden);
    // Sums of up to a few hundred products behind softmax and normalisation, in float32.
    expectGolden(golden, kernelBatch(batch), 2e-5);
    // float64 throughout; the golden gradients are rounded to float32.
    expectGolden(golden, referenceBatch(batch), 2e-7);
  });
});
