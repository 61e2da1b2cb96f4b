// What take and gather give by hand, numbers that are no rows, and what they refuse.
import { describe, expect, test } from 'vitest';
import { runReference } from '../execute/reference.js';
import { operatorNamed } from '../ops/registry.js';
import { gather, take } from './taking.js';
import { Tensor } from './tensor.js';
import { traceModel } from './trace.js';

const OUTSIDE = [-1, 3, 1e30, -1e30, NaN, Infinity, -Infinity];

describe('take', () => {
  const given = (indices: ArrayLike<number>, axis?: number) => () =>
    traceModel((x) => take(x, indices, axis), [2, 3]);

  test('refuses what names no element, and what is no list of whole numbers', () => {
    expect(given([0, 3])).toThrow('index 1 is 3, axis 2 of [N, 2, 3] has 3 elements');
    expect(given([-4])).toThrow('index 0 is -4');
    expect(given([0.5])).toThrow('index 0 is 0.5, expected a whole number');
    expect(given([])).toThrow('expected a list of whole numbers, at least one');
    expect(given([0], 0)).toThrow('axis 0 is no axis of one sample');
    expect(given(1 as never)).toThrow('expected a list of whole numbers');
  });

  test('in a graph from outside, numbers that are no rows give zeros, and fractions are cut off', () => {
    const numbers = Float32Array.of(2, 0.9, ...OUTSIDE);
    const graph = traceModel(
      (x) => {
        const list = new Tensor(x.builder, x.builder.constantTensor([0, 0], [2]));
        return new Tensor(x.builder, x.builder.add('take', [x.node, list.node], { axis: 1 }));
      },
      [3],
    );
    expect(graph.nodes.at(-1)!.shape).toEqual(['N', 2]);
    const output = { data: new Float32Array(numbers.length), shape: [1, numbers.length] };
    const inputs = [
      { data: Float32Array.of(5, 6, 7), shape: [1, 3] },
      { data: numbers, shape: [numbers.length] },
    ];
    const context = { seed: 0, epoch: 0, sampleIds: new Uint32Array(1) };
    const operator = operatorNamed('take');
    if (operator.kind !== 'compute') throw new Error('take computes');
    operator.reference({ inputs, output, attributes: { axis: 1 }, context });
    expect([...output.data]).toEqual([7, 5, ...OUTSIDE.map(() => 0)]);
  });
});

describe('gather', () => {
  test('takes of each sample what its own numbers name', () => {
    const graph = traceModel(
      (tokens) => {
        const rows = new Tensor(
          tokens.builder,
          tokens.builder.add('oneHot', [tokens.node], { classes: 3 }),
        );
        return gather(rows, tokens, 1);
      },
      [2],
      { vocabulary: 3 },
    );
    const { output } = runReference(graph, {
      rows: 2,
      precision: 'f64',
      parameters: [],
      input: [1, 0, 2, 1],
      target: [],
    });
    // Sample 0 has rows of 1 and 0; sample 1 of 2 and 1, and no row 2.
    expect([...output!.data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0]);
    expect(output!.shape).toEqual([2, 2, 3]);
  });

  test('refuses numbers that are not whole, and axes that are not in common', () => {
    expect(() => traceModel((x) => gather(x, x, 1), [2])).toThrow('expected tokens or labels');
    const along = (axis: number) => () =>
      traceModel(
        (tokens) => {
          const rows = new Tensor(
            tokens.builder,
            tokens.builder.add('oneHot', [tokens.node], { classes: 3 }),
          );
          return gather(rows, tokens, axis);
        },
        [2],
        { vocabulary: 3 },
      );
    expect(along(0)).toThrow('axis 0 is no axis of one sample');
    expect(along(2)).not.toThrow();
    expect(() =>
      operatorNamed('gather').shape(
        [
          { shape: ['N', 4, 3], type: 'f32' },
          { shape: ['N', 2], type: 'i32' },
        ],
        { axis: 2 },
      ),
    ).toThrow('gather: axis 2 of [N, 4, 3] by [N, 2]');
  });
});
