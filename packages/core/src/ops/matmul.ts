// Matrix product. [..., M, K] × [K, P] → [..., M, P], the leading axes being more rows; or, where the right one has leading
// axes too, one product per leading index, the leading axes broadcast as NumPy does. dA = dY Bᵀ, dB = Aᵀ dY.
import { ShapeError } from '../errors.js';
import {
  broadcastShapes,
  broadcastStrides,
  broadcasts,
  type Count,
  checkShape,
  collapseLoops,
  elementCount,
  formatShape,
  isBatched,
  product,
  type Shape,
  sampleShape,
} from '../shape.js';
import { sumToShape } from './binary.js';
import type { Operator, RuleBuilder, Value } from './operator.js';
import { forEachIndex } from './reference.js';

/** One product per leading index, rather than more rows of one product. */
function isBatchProduct(b: { readonly shape: readonly unknown[] }): boolean {
  return b.shape.length > 2;
}

/** How many matrices further each operand's next one is, along each of the product's leading axes. */
function leadingStrides(left: Shape, right: Shape, leading: Shape): readonly [number[], number[]] {
  return [
    broadcastStrides(left.slice(0, -2), leading),
    broadcastStrides(right.slice(0, -2), leading),
  ];
}

function transposed(builder: RuleBuilder, x: number): number {
  const rank = builder.shapeOf(x).length;
  const axes = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return builder.add('transpose', [x], { axes });
}

function rowsOf(shape: Shape): Count {
  return elementCount(shape.slice(0, -1));
}

const IMPOSSIBLE =
  'expected [..., M, K] and [K, P], or [..., M, K] and [..., K, P] with leading axes that broadcast';

export const matmul: Operator = {
  name: 'matmul',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: {},
  inModels: true,
  onnx: 'MatMul',
  // Positions are more rows of one product, or of several; not where each has a product of its own.
  onePosition({ builder, node, shapes, inputs: [a, b] }) {
    const [left, right] = shapes as readonly [Shape, Shape];
    const fromEnd = left.length - (a!.axis ?? left.length);
    const ofRight = right.length - fromEnd;
    const isRow = fromEnd === 2 || (fromEnd > 2 && (ofRight < 0 || right[ofRight] === 1));
    if (b!.axis !== undefined || !isRow) return undefined;
    const product = builder.add('matmul', [a!.node, b!.node], node.attributes);
    return { node: product, axis: node.shape.length - fromEnd };
  },
  readsNonZeros: true,
  readsPacked: true,
  shape([a, b]) {
    const left = a!.shape;
    const right = b!.shape;
    const wrong = (): ShapeError =>
      new ShapeError(
        `matmul: ${formatShape(left)} × ${formatShape(right)} does not fit; ${IMPOSSIBLE}`,
      );
    if (left.length < 2 || right.length < 2) throw wrong();
    if (left.at(-1) !== right.at(-2) || left.at(-1) === 'N' || right.at(-1) === 'N') throw wrong();
    if (!isBatchProduct(b!)) {
      if (isBatched(right)) throw wrong();
      return [...left.slice(0, -1), right.at(-1)!];
    }
    const [a0, b0] = [left.slice(0, -2), right.slice(0, -2)];
    if (left.at(-2) === 'N' || !broadcasts(a0, b0)) throw wrong();
    const shape = [...broadcastShapes(a0, b0, 'matmul'), left.at(-2)!, right.at(-1)!];
    checkShape(shape, 'matmul');
    return shape;
  },
  gradient({ builder, inputs: [a, b], dOutput, needed }) {
    const [left, right] = [builder.shapeOf(a!), builder.shapeOf(b!)];
    if (right.length > 2) {
      const product = (x: number, y: number, shape: Shape): number =>
        sumToShape(builder, builder.add('matmul', [x, y]), shape);
      return [
        needed[0] ? product(dOutput, transposed(builder, b!), left) : undefined,
        needed[1] ? product(transposed(builder, a!), dOutput, right) : undefined,
      ];
    }
    return [
      needed[0] ? builder.add('matmul', [dOutput, transposed(builder, b!)]) : undefined,
      needed[1] ? builder.add('matmulTransposed', [a!, dOutput]) : undefined,
    ];
  },
  reference({ inputs: [a, b], output }) {
    const [k, p] = b!.shape.slice(-2) as [number, number];
    const one = (rows: number, aStart: number, bStart: number, start: number): void => {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < p; j++) {
          let total = 0;
          for (let l = 0; l < k; l++) {
            total += a!.data[aStart + i * k + l]! * b!.data[bStart + l * p + j]!;
          }
          output.data[start + i * p + j] = total;
        }
      }
    };
    if (!isBatchProduct(b!)) {
      one(rowsOfValue(a!), 0, 0, 0);
      return;
    }
    const m = a!.shape.at(-2)!;
    const leading = output.shape.slice(0, -2);
    forEachIndex(leading, leadingStrides(a!.shape, b!.shape, leading), (n, [i, j]) =>
      one(m, i! * m * k, j! * k * p, n * m * p),
    );
  },
  lower({ node, inputs: [a, b], output, nonZeros, packed }) {
    const [k, p] = b!.shape.slice(-2) as [number, number];
    if (nonZeros) {
      const { rowStarts, rowEntries } = nonZeros;
      return [
        {
          kernel: 'sparseMatmul',
          arguments: [
            output,
            output,
            { node: rowStarts },
            { node: rowEntries },
            { node: b!.node },
            rowsOf(a!.shape),
            p,
          ],
        },
      ];
    }
    const operands = [output, { node: a!.node }, { node: b!.node }] as const;
    if (!isBatchProduct(b!)) {
      return [
        {
          kernel: 'matmul',
          arguments: [
            ...operands,
            rowsOf(a!.shape),
            p,
            k,
            k,
            1,
            1,
            0,
            0,
            packed === undefined ? 0 : { node: packed },
          ],
        },
      ];
    }
    const m = a!.shape.at(-2) as number;
    const leading = node.shape.slice(0, -2);
    const [as, bs] = leadingStrides(a!.shape, b!.shape, leading);
    const { lengths, strides } = collapseLoops(leading, [
      as.map((matrices) => matrices * m * k),
      bs.map((matrices) => matrices * k * p),
    ]);
    // A product has at most four leading axes; mostly one is left.
    const [, , d0, d1, d2, batch] = lengths;
    const [, , a0, a1, a2, aLast] = strides[0];
    const [, , b0, b1, b2, bLast] = strides[1];
    if (d2.perRow === 0 && d2.constant === 1) {
      return [
        { kernel: 'matmul', arguments: [...operands, m, p, k, k, 1, batch, aLast, bLast, 0] },
      ];
    }
    return [
      {
        kernel: 'matmulBroadcast',
        arguments: [...operands, m, p, k, d0, d1, d2, batch, a0, a1, a2, aLast, b0, b1, b2, bLast],
      },
    ];
  },
};

/** Aᵀ D, summed over all leading axes: the gradient of the right operand. Used by gradients only. */
export const matmulTransposed: Operator = {
  name: 'matmulTransposed',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: {},
  inModels: false,
  readsNonZeros: true,
  sumsOver: 'shards',
  // As the kernels say.
  scratch(node, [a], ofShards) {
    const [k, p] = sampleShape(node.shape) as [number, number];
    if (!ofShards) return { perRow: 0, constant: 256 * (k + p + 10) };
    return { perRow: rowsOf(a!.shape).perRow * (k + p + 10), constant: 320 + 10 * p };
  },
  shape: ([a, d]) => [a!.shape.at(-1)!, d!.shape.at(-1)!],
  reference({ inputs: [a, d], output }) {
    const [k, p] = output.shape as [number, number];
    const rows = rowsOfValue(a!);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < p; j++) {
        let total = 0;
        for (let r = 0; r < rows; r++) total += a!.data[r * k + i]! * d!.data[r * p + j]!;
        output.data[i * p + j] = total;
      }
    }
  },
  lower({ node, inputs: [a, d], output, nonZeros, scratch, ofShards }) {
    const [k, p] = sampleShape(node.shape) as [number, number];
    const starts = { runtime: 'shardStarts' } as const;
    if (nonZeros) {
      const { columnStarts, columnEntries } = nonZeros;
      const lists = [{ node: columnStarts }, { node: columnEntries }] as const;
      if (ofShards) {
        return [
          {
            kernel: 'treeSparseMatmul',
            arguments: [output, ...lists, { node: d!.node }, k, p, starts, scratch!],
          },
        ];
      }
      return [
        {
          kernel: 'sparseMatmul',
          arguments: [output, { accumulator: output.node }, ...lists, { node: d!.node }, k, p],
        },
      ];
    }
    const operands = [output, { node: a!.node }, { node: d!.node }, k, p] as const;
    const rows = rowsOf(a!.shape);
    if (!ofShards)
      return [{ kernel: 'matmulTransposed', arguments: [...operands, rows, scratch!] }];
    return [
      {
        kernel: 'treeMatmulTransposed',
        arguments: [...operands, starts, { runtime: 'shards' }, rows.perRow, scratch!],
      },
    ];
  },
};

function rowsOfValue(value: Value): number {
  return product(value.shape.slice(0, -1));
}
