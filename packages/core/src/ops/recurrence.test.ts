// The scans over time: what they refuse of a graph from outside, and what padding means. Their gradients are in
// transform/differentiate.test.ts, PyTorch's values in test/golden.
import { describe, expect, test } from 'vitest';
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import type { Shape } from '../shape.js';
import { GraphBuilder } from '../transform/builder.js';
import { backpropagate } from '../transform/differentiate.js';
import { operatorNamed } from './registry.js';

const FLAGS = { bias: 0, lengths: 0, state: 0, reverse: 0 };

function shapeOf(op: string, shapes: readonly Shape[], attributes: Attributes): Shape {
  const inputs = shapes.map((shape) => ({ shape, type: 'f32' as const }));
  return operatorNamed(op).shape(inputs, attributes);
}

describe('a record is linear in steps', () => {
  test.each([
    ['rnn', 1, { relu: 0 }, 2],
    ['gru', 3, {}, 6],
    ['lstm', 4, { cell: 0 }, 7],
  ])('%s', (op, gates, own, parts) => {
    const shapes: Shape[] = [
      ['N', 9, 3],
      [3, 5 * gates],
      [5, 5 * gates],
    ];
    expect(shapeOf(op, shapes, { ...FLAGS, ...own })).toEqual(['N', 9 * 5 * parts]);
  });
});

describe('what does not fit is refused', () => {
  const good: Shape[] = [
    ['N', 4, 3],
    [3, 20],
    [5, 20],
  ];
  const flags = { ...FLAGS, cell: 0 };
  test.each<[string, Shape[], Attributes, string]>([
    ['a sequence without steps', [['N', 3], good[1]!, good[2]!], flags, 'expected [N, steps'],
    ['one without samples', [[2, 4, 3], good[1]!, good[2]!], flags, 'expected [N, steps'],
    ['other features', [['N', 4, 2], good[1]!, good[2]!], flags, "the input's weights are [3, 20]"],
    ['no whole units', [good[0]!, [3, 21], [5, 21]], flags, 'expected [3, 4 × units]'],
    ['weights of other units', [good[0]!, good[1]!, [4, 20]], flags, 'the weights of the state'],
    ['weights that samples have', [good[0]!, ['N', 20], good[2]!], flags, "the input's weights"],
    ['a flag that is none', good, { ...flags, reverse: 2 }, 'reverse is 2, expected 0 or 1'],
    ['inputs that no flag tells of', [...good, ['N']], flags, 'has 4 inputs'],
    ['flags without inputs', good, { ...flags, state: 1 }, 'tell of 5'],
    ['lengths of steps', [...good, ['N', 4]], { ...flags, lengths: 1 }, 'lengths is [N, 4]'],
    ['a bias of units', [...good, [20], [5]], { ...flags, bias: 1 }, "the state's bias is [5]"],
    [
      'a state of all samples',
      [...good, ['N', 5], [5]],
      { ...flags, state: 1 },
      'a state is [5], expected [N, 5]',
    ],
  ])('%s', (_, shapes, attributes, message) => {
    expect(() => shapeOf('lstm', shapes, attributes)).toThrow(message);
    expect(() => shapeOf('lstm', shapes, attributes)).toThrow(ShapeError);
  });

  test('another part of the record than what is given, where a gradient would read as much', () => {
    const builder = new GraphBuilder();
    const x = builder.add('input', [], { shape: ['N', 4, 3] });
    const [ih, hh] = [3, 5].map((rows, i) =>
      builder.addParameter({ name: `w${i}`, shape: [rows, 20], init: { kind: 'zeros' } }),
    );
    const record = builder.add('lstm', [x, ih!, hh!], flags);
    const part = builder.add('recordOutput', [record], { shape: ['N', 5] });
    const loss = builder.add('sum', [part], { axis: 1, count: 1 });
    const depends = builder.nodes.map(() => true);
    expect(() => backpropagate(builder, loss, depends)).toThrow(
      'lstm: its output was read as [N, 5], it is [N, 4, 5]',
    );
  });
});
