// Rows of a table [V, D] by whole numbers: i32 [N, …] → [N, …, D]. A number outside of [0, V) has a row of zeros.
// dTable[v] is the sum of the gradients where v stands, in the order of positions: only the rows that occur are added to
// another partial, so a large table costs a shard no pass over it. The row `padding` gets no gradient.
import { ShapeError } from '../errors.js';
import { elementCount, formatShape, type Shape, sampleSize } from '../shape.js';
import { type ComputeOperator, shapeAttribute } from './operator.js';

/** Of a table without a row that gets no gradient. */
const NO_PADDING = -1;

export const embedding: ComputeOperator = {
  name: 'embedding',
  kind: 'compute',
  inputs: ['i32', 'f32'],
  attributes: {},
  optionalAttributes: { padding: 'integer' },
  inModels: true,
  onePosition: ({ builder, node, inputs: [tokens, table] }) =>
    table!.axis === undefined
      ? {
          node: builder.add('embedding', [tokens!.node, table!.node], node.attributes),
          axis: tokens!.axis,
        }
      : undefined,
  onnx: ({ builder, inputs: [tokens, table] }) =>
    builder.add('Gather', [table!.name, tokens!.name], { axis: { i: 0 } }),
  shape([tokens, table], { padding = 0 }) {
    const [vocabulary, size] = table!.shape;
    if (table!.shape.length !== 2 || vocabulary === 'N') {
      throw new ShapeError(`embedding: the table is ${formatShape(table!.shape)}, expected [V, D]`);
    }
    if ((padding as number) >= vocabulary!) {
      throw new ShapeError(`embedding: padding is ${padding}, the table has ${vocabulary} rows`);
    }
    return [...tokens!.shape, size!];
  },
  gradient: ({ builder, node, inputs: [tokens, table], dOutput, needed }) => [
    undefined,
    needed[1]
      ? builder.add('embeddingGrad', [tokens!, dOutput], {
          shape: builder.shapeOf(table!),
          ...node.attributes,
        })
      : undefined,
  ],
  reference({ inputs: [tokens, table], output }) {
    const [vocabulary, size] = table!.shape as [number, number];
    for (const [i, token] of (tokens!.data as Int32Array).entries()) {
      for (let j = 0; j < size; j++) {
        const isRow = token >= 0 && token < vocabulary;
        output.data[i * size + j] = isRow ? table!.data[token * size + j]! : 0;
      }
    }
  },
  lower({ inputs: [tokens, table], output }) {
    const [vocabulary, size] = table!.shape as [number, number];
    return [
      {
        kernel: 'embedding',
        arguments: [
          output,
          { node: tokens!.node },
          { node: table!.node },
          elementCount(tokens!.shape),
          vocabulary,
          size,
        ],
      },
    ];
  },
};

/** From tokens and the gradient of their rows. Used by gradients only. */
export const embeddingGrad: ComputeOperator = {
  name: 'embeddingGrad',
  kind: 'compute',
  inputs: ['i32', 'f32'],
  attributes: { shape: 'shape' },
  optionalAttributes: { padding: 'integer' },
  inModels: false,
  shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
  reference({ inputs: [tokens, d], output, attributes: { padding } }) {
    const [vocabulary, size] = output.shape as [number, number];
    output.data.fill(0);
    for (const [i, token] of (tokens!.data as Int32Array).entries()) {
      if (token < 0 || token >= vocabulary || token === padding) continue;
      for (let j = 0; j < size; j++) output.data[token * size + j]! += d!.data[i * size + j]!;
    }
  },
  scratch: ({ shape }, [tokens]) => ({
    perRow: sampleSize(tokens!.shape),
    constant: rowsOf(shape),
  }),
  lower({ node, inputs: [tokens, d], output, scratch }) {
    const { padding = NO_PADDING } = node.attributes;
    return [
      {
        kernel: 'embeddingGrad',
        arguments: [
          output,
          { accumulator: output.node },
          scratch!,
          { node: tokens!.node },
          { node: d!.node },
          elementCount(tokens!.shape),
          rowsOf(node.shape),
          node.shape[1] as number,
          padding as number,
        ],
      },
    ];
  },
};

function rowsOf(table: Shape): number {
  return table[0] as number;
}
