// What attention and positions promise beyond agreeing with PyTorch (test/golden): masks, names, shapes, refusals.
import { describe, expect, test } from 'vitest';
import { runReference } from '../execute/reference.js';
import { attention } from '../model/attention.js';
import type { Model } from '../model/model.js';
import { sum } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { initialParameters } from '../run/parameter-values.js';
import { product } from '../shape.js';
import { Random } from '../testing/random.js';
import { multiHeadAttention } from './multi-head-attention.js';
import { positionalEmbedding, sinusoidalPositions } from './positions.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { transformerDecoderLayer } from './transformer-decoder.js';
import { transformerEncoder, transformerEncoderLayer } from './transformer-encoder.js';

const CONTEXT = { seed: 1, epoch: 0, sampleIds: Uint32Array.of(0, 1) };

/** The output for two samples, in float64. */
function outputOf(model: Model, shape: readonly number[], input: ArrayLike<number>): number[] {
  const graph = traceModel(model, shape);
  const parameters = [...initialParameters(graph, 3).values()].map(({ data }) => data);
  const rows = input.length / product(shape);
  const values = runReference(graph, {
    ...{ rows, precision: 'f64' as const, parameters, input, context: CONTEXT },
    target: new Float32Array(0),
  });
  return Array.from(values.output!.data);
}

function namesOf(model: Model, shape: readonly number[]): string[] {
  return traceModel(model, shape).parameters.map(
    ({ name, shape }) => `${name} [${shape.join(', ')}]`,
  );
}

describe('attention', () => {
  test('is a mean of values where all scores are equal', () => {
    const input = [1, 2, 3, 4, 5, 6];
    const model: Model = (x) => attention(x, x, x, { scale: 0 });
    expect(outputOf(model, [3, 2], input)).toEqual(
      [3, 4, 3, 4, 3, 4].map((v) => expect.closeTo(v)),
    );
    const causal: Model = (x) => attention(x, x, x, { scale: 0, causal: true });
    expect(outputOf(causal, [3, 2], input)).toEqual(
      [1, 2, 2, 3, 3, 4].map((v) => expect.closeTo(v)),
    );
  });

  test('gives 0 to a query that sees no key', () => {
    const model: Model = (x, scope) =>
      attention(x, x, x, { causal: true, keyMask: scope.constant([0, 1]) });
    const [a, b, ...rest] = outputOf(model, [2, 2], [1, 2, 3, 4]);
    expect([a, b]).toEqual([0, 0]);
    expect(rest).toEqual([expect.closeTo(3), expect.closeTo(4)]);
  });

  test('what comes later changes nothing before it, where it is causal', () => {
    const model = transformerEncoder(8, 2, { layers: 2, causal: true, dropout: 0, feedForward: 9 });
    const input = new Random(1).floats(40, -1);
    const changed = input.map((value, i) => (i < 24 ? value : -value));
    const [before, after] = [input, changed].map((x) => outputOf(model, [5, 8], x).slice(0, 24));
    expect(after).toEqual(before);
  });
});

describe('names and shapes of parameters are those of PyTorch', () => {
  const attentionNames = [
    ...['in_proj_weight [12, 4]', 'in_proj_bias [12]'],
    ...['out_proj.weight [4, 4]', 'out_proj.bias [4]'],
  ];
  const under = (names: readonly string[], place: string) => names.map((name) => place + name);
  const feedForward = [
    ...['linear1.weight [7, 4]', 'linear1.bias [7]', 'linear2.weight [4, 7]', 'linear2.bias [4]'],
  ];
  const norms = (count: number) =>
    Array.from({ length: count }, (_, i) => [`norm${i + 1}.weight [4]`, `norm${i + 1}.bias [4]`]);

  test('of attention and of the layers of transformers', () => {
    expect(namesOf(multiHeadAttention(4, 2), [3, 4])).toEqual(attentionNames);
    expect(namesOf(multiHeadAttention(4, 2, { bias: false }), [3, 4])).toHaveLength(2);
    const encoder = transformerEncoderLayer(4, 2, { feedForward: 7 });
    expect(namesOf(encoder, [3, 4]).sort()).toEqual(
      [...under(attentionNames, 'self_attn.'), ...feedForward, ...norms(2).flat()].sort(),
    );
    const decoder = transformerDecoderLayer(4, 2, { feedForward: 7 });
    expect(namesOf((x, scope) => decoder(x, scope, { memory: x }), [3, 4]).sort()).toEqual(
      [
        ...under(attentionNames, 'self_attn.'),
        ...under(attentionNames, 'multihead_attn.'),
        ...feedForward,
        ...norms(3).flat(),
      ].sort(),
    );
  });

  test('used twice, attention has its parameters once', () => {
    const layer = multiHeadAttention(4, 2);
    const twice: Model = (x, scope) =>
      layer(layer(x, scope.child('a')), scope.child('b'), { memory: x });
    expect(namesOf(twice, [3, 4])).toEqual(under(attentionNames, 'a.'));
  });
});

describe('positions', () => {
  test('sinusoidal ones are the sines and cosines of the paper, of thousands of positions', () => {
    const length = 3000;
    const output = outputOf(sinusoidalPositions(), [length, 6], new Float32Array(length * 6));
    for (const t of [0, 1, 53, 54, 55, 56, 1234, length - 1]) {
      for (let i = 0; i < 3; i++) {
        const angle = t / 10_000 ** (i / 3);
        expect(output[t * 6 + 2 * i]).toBeCloseTo(Math.sin(angle), 6);
        expect(output[t * 6 + 2 * i + 1]).toBeCloseTo(Math.cos(angle), 6);
      }
    }
  });

  test('rotary ones make products of queries and keys depend on their distance', () => {
    const pair = new Random(2).floats(8, -1);
    const [q, k] = [pair.subarray(0, 4), pair.subarray(4)];
    const turned = (x: Float32Array): number[] =>
      outputOf(
        rotaryEmbedding(4),
        [9, 4],
        Float32Array.from({ length: 36 }, (_, i) => x[i % 4]!),
      );
    const [queries, keys] = [turned(q), turned(k)];
    const score = (i: number, j: number): number =>
      [0, 1, 2, 3].reduce((total, f) => total + queries[4 * i + f]! * keys[4 * j + f]!, 0);
    expect(score(5, 2)).toBeCloseTo(score(8, 5), 5);
    expect(score(5, 2)).toBeCloseTo(score(3, 0), 5);
    expect(Math.abs(score(5, 2) - score(5, 3))).toBeGreaterThan(1e-3);
  });
});

describe('what does not fit is refused', () => {
  const traced =
    (model: Model, shape: readonly number[] = [3, 4]) =>
    () =>
      traceModel(model, shape);

  test('by the layers', () => {
    expect(() => multiHeadAttention(6, 2, { rotary: true })).toThrow(
      'rotary positions turn features in pairs, and heads of 3 features (6 in 2 heads) leave one over',
    );
    expect(() => multiHeadAttention(5, 2)).toThrow('5 features cannot be cut into 2 heads');
    expect(traced(multiHeadAttention(6, 2))).toThrow('expected [N, T, 6]');
    expect(traced(multiHeadAttention(4, 2), [4])).toThrow('expected [N, T, 4]');
    expect(traced(transformerDecoderLayer(4, 2))).toThrow('no memory');
    expect(traced(positionalEmbedding(2, 4))).toThrow('T up to 2');
    expect(traced(rotaryEmbedding(3))).toThrow('no heads of 3 features');
    expect(traced(sinusoidalPositions(), [3, 5])).toThrow('even number');
  });

  test('by the operators, of graphs from elsewhere', () => {
    const attributes = { heads: 2, causal: 0, scale: 1 };
    const self =
      (more: object, shape = [3, 12]) =>
      () =>
        traceModel((x) => {
          x.builder.add('selfAttention', [x.node], { ...attributes, ...more });
          return sum(x);
        }, shape);
    expect(self({})).not.toThrow();
    expect(self({}, [3, 11])).toThrow('expected [N, T, 3E]');
    expect(self({}, [12])).toThrow('expected [N, T, 3E]');
    expect(self({ heads: 3 })).toThrow('cannot be cut into 3 heads');
    expect(self({ heads: 0 })).toThrow('cannot be cut into 0 heads');
    expect(self({ causal: 2 })).toThrow('causal is 2');
    expect(self({ rate: 1, layer: 0 })).toThrow('rate is 1');
    expect(self({ rate: 0.5 })).toThrow('rate and layer go together');
    expect(self({ rate: 0.5, layer: 65_536 })).toThrow('layer number 65536');
    expect(traced((x, scope) => attention(x, x, x, { keyMask: scope.constant([1, 1]) }))).toThrow(
      'the key mask is [2], expected [N, 3] or [3]',
    );
  });
});
