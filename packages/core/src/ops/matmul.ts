// Matrix product. [..., M, K] × [K, P] → [..., M, P], the leading axes being more rows; or, for two
// tensors of three axes, one product per leading index. dA = dY Bᵀ, dB = Aᵀ dY.
import { ShapeError } from '../errors.js';
import {
  type Count,
  elementCount,
  formatShape,
  isBatched,
  product,
  type Shape,
  sampleShape,
} from '../shape.js';
import type { Operator, Value } from './operator.js';

/** One product per leading index, rather than more rows of one product. */
function isBatchProduct(b: { readonly shape: readonly unknown[] }): boolean {
  return b.shape.length === 3;
}

function rowsOf(shape: Shape): Count {
  return elementCount(shape.slice(0, -1));
}

const IMPOSSIBLE =
  'expected [..., M, K] and [K, P], or [B, M, K] and [B, K, P] with the same first axis';

export const matmul: Operator = {
  name: 'matmul',
  kind: 'compute',
  inputs: ['f32', 'f32'],
  attributes: {},
  inModels: true,
  onnx: 'MatMul',
  readsNonZeros: true,
  readsPacked: true,
  shape([a, b]) {
    const left = a!.shape;
    const right = b!.shape;
    const wrong = (): ShapeError =>
      new ShapeError(
        `matmul: ${formatShape(left)} × ${formatShape(right)} does not fit; ${IMPOSSIBLE}`,
      );
    if (left.length < 2 || right.length < 2 || right.length > 3) throw wrong();
    if (left.at(-1) !== right.at(-2) || left.at(-1) === 'N' || right.at(-1) === 'N') throw wrong();
    if (isBatchProduct(b!)) {
      if (left.length !== 3 || left[0] !== right[0]) throw wrong();
    } else if (isBatched(right)) {
      throw wrong();
    }
    return [...left.slice(0, -1), right.at(-1)!];
  },
  gradient({ builder, inputs: [a, b], dOutput, needed }) {
    const right = builder.shapeOf(b!);
    if (right.length === 3) {
      const swap = { axes: [0, 2, 1] };
      return [
        needed[0]
          ? builder.add('matmul', [dOutput, builder.add('transpose', [b!], swap)])
          : undefined,
        needed[1]
          ? builder.add('matmul', [builder.add('transpose', [a!], swap), dOutput])
          : undefined,
      ];
    }
    return [
      needed[0]
        ? builder.add('matmul', [dOutput, builder.add('transpose', [b!], { axes: [1, 0] })])
        : undefined,
      needed[1] ? builder.add('matmulTransposed', [a!, dOutput]) : undefined,
    ];
  },
  reference({ inputs: [a, b], output }) {
    const [k, p] = b!.shape.slice(-2) as [number, number];
    const batch = isBatchProduct(b!) ? b!.shape[0]! : 1;
    const rows = product(a!.shape.slice(0, -1)) / batch || 0;
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < p; j++) {
          let total = 0;
          for (let l = 0; l < k; l++) {
            total += a!.data[(n * rows + i) * k + l]! * b!.data[(n * k + l) * p + j]!;
          }
          output.data[(n * rows + i) * p + j] = total;
        }
      }
    }
  },
  lower({ inputs: [a, b], output, nonZeros, packed }) {
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
    const m = a!.shape[1] as number;
    const batch = elementCount([a!.shape[0]!]);
    return [{ kernel: 'matmul', arguments: [...operands, m, p, k, k, 1, batch, m * k, k * p, 0] }];
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
  // As the kernel says.
  scratch: (node) => ({
    perRow: 0,
    constant: 256 * (sampleShape(node.shape).reduce((sum, length) => sum + length, 0) + 10),
  }),
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
  lower({ node, inputs: [a, d], output, nonZeros, scratch }) {
    const [k, p] = sampleShape(node.shape) as [number, number];
    if (nonZeros) {
      const { columnStarts, columnEntries } = nonZeros;
      return [
        {
          kernel: 'sparseMatmul',
          arguments: [
            output,
            { accumulator: output.node },
            { node: columnStarts },
            { node: columnEntries },
            { node: d!.node },
            k,
            p,
          ],
        },
      ];
    }
    return [
      {
        kernel: 'matmulTransposed',
        arguments: [output, { node: a!.node }, { node: d!.node }, k, p, rowsOf(a!.shape), scratch!],
      },
    ];
  },
};

function rowsOfValue(value: Value): number {
  return product(value.shape.slice(0, -1));
}
