// Pictures padded, or enlarged to the nearest place: each place of the last two axes takes one of the input's, or a constant. Rows
// and columns are picked apart from each other, in one of the ways below.
// Sources: https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html, torch.nn.Upsample.html.
import { ShapeError } from '../errors.js';
import type { Attributes } from '../graph/graph.js';
import type { Shape } from '../shape.js';
import { type ComputeOperator, numberAttribute, shapeAttribute } from './operator.js';
import {
  forEachOutput,
  MAX_WINDOW,
  pairAttribute,
  planeArguments,
  requirePlanes,
} from './window.js';

/** How places outside are filled, or that all are taken from the nearest. */
export const WAYS = { constant: 0, reflect: 1, replicate: 2, nearest: 3 } as const;

const PICKING = { way: 'integer', rows: 'finite', columns: 'finite' } as const;

function pickingOf(attributes: Attributes): readonly [way: number, rows: number, columns: number] {
  const { way, rows, columns } = attributes as Readonly<Record<string, number>>;
  return [way!, Math.fround(rows!), Math.fround(columns!)];
}

/** The place that `o` takes, −1 for the constant: as the kernels pick it. */
function picked(o: number, size: number, way: number, by: number): number {
  if (way === WAYS.nearest) return Math.min(Math.floor(Math.fround(o * by)), size - 1);
  const i = o - by;
  if (way === WAYS.reflect) return i < 0 ? -i : i > size - 1 ? 2 * (size - 1) - i : i;
  if (way === WAYS.replicate) return Math.min(Math.max(i, 0), size - 1);
  return i < 0 || i > size - 1 ? -1 : i;
}

/** The row and the column that each output takes. */
function forEachPick(
  from: readonly number[],
  to: readonly number[],
  attributes: Attributes,
  visit: (output: number, place: number) => void,
): void {
  const [way, rows, columns] = pickingOf(attributes);
  const [h, w] = from.slice(-2) as [number, number];
  forEachOutput(from, to, (output, row, column, plane) => {
    const [r, c] = [picked(row, h, way, rows), picked(column, w, way, columns)];
    visit(output, r < 0 || c < 0 ? -1 : plane + r * w + c);
  });
}

function checkPicking(attributes: Attributes, from: Shape, to: Shape): void {
  const [way, ...by] = pickingOf(attributes);
  for (const [axis, before] of by.entries()) {
    const [size, length] = [from.at(axis - 2) as number, to.at(axis - 2) as number];
    const after = length - size - before;
    const isPadding = Number.isInteger(before) && before >= 0 && before <= MAX_WINDOW && after >= 0;
    const fits = {
      [WAYS.constant]: isPadding,
      [WAYS.reflect]: isPadding && before < size && after < size,
      [WAYS.replicate]: isPadding,
      [WAYS.nearest]: before > 0,
    }[way];
    if (fits) continue;
    const lines = axis === 0 ? 'rows' : 'columns';
    const around = `${before} ${lines} before and ${after} after a picture of ${size}`;
    const problem = {
      [WAYS.constant]: `${around} are no padding; expected whole numbers of at least 0`,
      [WAYS.reflect]: `${around} cannot be mirrored; expected at least 0, and fewer than it has`,
      [WAYS.replicate]: `${around} are no padding; expected whole numbers of at least 0`,
      [WAYS.nearest]: `a step of ${before} between ${lines} leads nowhere; expected more than 0`,
    }[way];
    throw new ShapeError(`resample2d: ${problem ?? `there is no way ${way}`}`);
  }
}

export const resample2d: ComputeOperator = {
  name: 'resample2d',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { size: 'shape', ...PICKING, value: 'finite' },
  inModels: true,
  onnx({ builder, node, inputs: [x] }) {
    const rank = node.shape.length;
    const [way, ...by] = pickingOf(node.attributes);
    if (way === WAYS.constant) {
      const before = node.shape.map((_, axis) => by[axis - rank + 2] ?? 0);
      const after = node.shape.map((dim, axis) =>
        axis < rank - 2 ? 0 : (dim as number) - (x!.shape[axis] as number) - before[axis]!,
      );
      const value = builder.scalar(numberAttribute(node.attributes, 'value'));
      return builder.add('Pad', [x!.name, builder.integers([...before, ...after]), value]);
    }
    return by.reduce((name, one, i) => {
      const axis = rank - 2 + i;
      const picks = Array.from({ length: node.shape[axis] as number }, (_, o) =>
        picked(o, x!.shape[axis] as number, way, one),
      );
      return builder.add('Gather', [name, builder.integers(picks)], { axis: { i: axis } });
    }, x!.name);
  },
  shape([x], attributes) {
    requirePlanes('resample2d', x!.shape);
    const size = pairAttribute('resample2d', attributes, 'size', 1);
    const shape = [...x!.shape.slice(0, -2), ...size];
    checkPicking(attributes, x!.shape, shape);
    return shape;
  },
  gradient({ builder, node, inputs: [x], dOutput }) {
    const { way, rows, columns } = node.attributes as Readonly<Record<string, number>>;
    const attributes = { way: way!, rows: rows!, columns: columns!, shape: builder.shapeOf(x!) };
    return [builder.add('resample2dGrad', [dOutput], attributes)];
  },
  reference({ inputs: [x], output, attributes }) {
    const value = numberAttribute(attributes, 'value');
    forEachPick(x!.shape, output.shape, attributes, (o, place) => {
      output.data[o] = place < 0 ? value : x!.data[place]!;
    });
  },
  lower: ({ node, inputs: [x], output }) => [
    {
      kernel: 'resample',
      arguments: [
        output,
        { node: x!.node },
        ...planeArguments(x!.shape, node.shape),
        ...pickingOf(node.attributes),
        numberAttribute(node.attributes, 'value'),
      ],
    },
  ],
};

export const resample2dGrad: ComputeOperator = {
  name: 'resample2dGrad',
  kind: 'compute',
  inputs: ['f32'],
  attributes: { ...PICKING, shape: 'shape' },
  inModels: false,
  shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
  reference({ inputs: [dy], output, attributes }) {
    output.data.fill(0);
    forEachPick(output.shape, dy!.shape, attributes, (o, place) => {
      if (place >= 0) output.data[place]! += dy!.data[o]!;
    });
  },
  lower: ({ node, inputs: [dy], output }) => [
    {
      kernel: 'resampleGrad',
      arguments: [
        output,
        { node: dy!.node },
        ...planeArguments(node.shape, dy!.shape),
        ...pickingOf(node.attributes),
      ],
    },
  ],
};
