// Rotary positions. Inputs x [N, T, W] and a table [T, D] of cosines (first half) and sines: the first `heads` stretches of D
// features are turned, pair by pair, a pair being half a stretch apart; what is left of W stays. back: 1 to turn back, which
// is the gradient, since it is a rotation. None flows into the table, whose numbers are known.
// Source: Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding (2021).
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import { formatShape, isBatched } from '../shape.js';
import { rowOfPosition } from './one-position.js';
import { type ComputeOperator, numberAttribute } from './operator.js';

function signOf(attributes: Attributes): number {
  return numberAttribute(attributes, 'back') === 1 ? -1 : 1;
}

export const rotary: ComputeOperator = {
  name: 'rotary',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: { heads: 'integer', back: 'integer' },
  inModels: true,
  onePosition(request) {
    const { builder, node, shapes, inputs } = request;
    const [x, table] = inputs;
    const row = rowOfPosition(request, table!.node, { axis: 0, at: 1 });
    if (x!.axis !== 1 || table!.axis !== undefined || row === undefined) return undefined;
    const heads = numberAttribute(node.attributes, 'heads');
    const [size, width] = [shapes[1]![1], shapes[0]![2]] as [number, number];
    const half = size / 2;
    const cut = (from: number, axis: number, start: number, length: number): number =>
      builder.add('slice', [from], { axis, start, length });
    const angles = (start: number): number =>
      builder.add('reshape', [cut(row, 2, start, half)], { shape: ['N', 1, 1, half] });
    const [c, given] = [angles(0), angles(half)];
    const s = signOf(node.attributes) < 0 ? builder.add('neg', [given]) : given;
    const turned = builder.add('reshape', [cut(x!.node, 2, 0, heads * size)], {
      shape: ['N', 1, heads, size],
    });
    const [a, b] = [cut(turned, 3, 0, half), cut(turned, 3, half, half)];
    const mul = (p: number, q: number): number => builder.add('mul', [p, q]);
    const first = builder.add('sub', [mul(a, c), mul(b, s)]);
    const second = builder.add('add', [mul(b, c), mul(a, s)]);
    const both = builder.add('reshape', [builder.add('concat', [first, second], { axis: 3 })], {
      shape: ['N', 1, heads * size],
    });
    if (heads * size === width) return { node: both, axis: 1 };
    const rest = cut(x!.node, 2, heads * size, width - heads * size);
    return { node: builder.add('concat', [both, rest], { axis: 2 }), axis: 1 };
  },
  onnx({ builder, node, inputs: [x, table] }) {
    const [length, size] = table!.shape as readonly [number, number];
    const [, , width] = x!.shape as readonly [unknown, number, number];
    const heads = numberAttribute(node.attributes, 'heads');
    const cut = (from: string, start: number, end: number, axis: number): string =>
      builder.add('Slice', [
        from,
        ...[[start], [end], [axis]].map((list) => builder.integers(list)),
      ]);
    const turned = builder.add('Reshape', [
      cut(x!.name, 0, heads * size, 2),
      builder.integers([0, length, heads, size]),
    ]);
    const half = size / 2;
    const inHeads = builder.integers([length, 1, half]);
    const angles = [0, half].map((start) =>
      builder.add('Reshape', [cut(table!.name, start, start + half, 1), inHeads]),
    ) as [string, string];
    const [a, b] = [cut(turned, 0, half, 3), cut(turned, half, size, 3)];
    const mul = (p: string, q: string): string => builder.add('Mul', [p, q]);
    const c = angles[0];
    const s = mul(angles[1], builder.scalar(signOf(node.attributes)));
    const both = builder.add(
      'Concat',
      [builder.add('Sub', [mul(a, c), mul(b, s)]), builder.add('Add', [mul(b, c), mul(a, s)])],
      { axis: { i: 3 } },
    );
    const flat = builder.add('Reshape', [both, builder.integers([0, length, heads * size])]);
    if (heads * size === width) return flat;
    return builder.add('Concat', [flat, cut(x!.name, heads * size, width, 2)], { axis: { i: 2 } });
  },
  shape([x, table], attributes) {
    const [, length, width] = x!.shape as readonly number[];
    const [rows, size] = table!.shape as readonly number[];
    const heads = numberAttribute(attributes, 'heads');
    const { back } = attributes;
    const isRows = x!.shape.length === 3 && isBatched(x!.shape);
    if (!isRows || table!.shape.length !== 2 || rows !== length || size! % 2 !== 0) {
      throw new ShapeError(
        `rotary: ${formatShape(x!.shape)} by a table ${formatShape(table!.shape)}, expected [N, T, W] and [T, D] with D even`,
      );
    }
    if (!(heads >= 1 && heads * size! <= width!) || (back !== 0 && back !== 1)) {
      throw new ShapeError(
        `rotary: ${heads} heads of ${size} features, turned back ${back}; expected heads that fit ${width} features, and 0 or 1`,
      );
    }
    return x!.shape;
  },
  gradient: ({ builder, node, inputs: [, table], dOutput }) => [
    builder.add('rotary', [dOutput, table!], {
      ...node.attributes,
      back: 1 - numberAttribute(node.attributes, 'back'),
    }),
    undefined,
  ],
  reference({ inputs: [x, table], output, attributes }) {
    const [length, size] = table!.shape as readonly [number, number];
    const width = x!.shape[2]!;
    const heads = numberAttribute(attributes, 'heads');
    const half = size / 2;
    output.data.set(x!.data);
    for (let start = 0, i = 0; start < output.data.length; start += width, i = (i + 1) % length) {
      for (let h = 0; h < heads; h++) {
        for (let f = 0; f < half; f++) {
          const at = start + h * size + f;
          const [a, b] = [x!.data[at]!, x!.data[at + half]!];
          const c = table!.data[i * size + f]!;
          const s = signOf(attributes) * table!.data[i * size + half + f]!;
          output.data[at] = a * c - b * s;
          output.data[at + half] = b * c + a * s;
        }
      }
    }
  },
  lower({ node, inputs: [x, table], output }) {
    const [length, size] = table!.shape as readonly [number, number];
    return [
      {
        kernel: 'rotary',
        arguments: [
          output,
          { node: x!.node },
          { node: table!.node },
          { perRow: length, constant: 0 },
          length,
          x!.shape[2] as number,
          numberAttribute(node.attributes, 'heads'),
          size,
          signOf(node.attributes),
        ],
      },
    ];
  },
};
