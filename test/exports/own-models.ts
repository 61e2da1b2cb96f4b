// Operands and attributes of operators whose own the general lists have too few of that fit: a line an operator.
import type { Attributes } from '../../packages/core/src/graph/graph.js';
import type { Shape } from '../../packages/core/src/shape.js';

export interface OwnModel {
  readonly shapes: readonly Shape[];
  readonly attributes: Attributes;
}

const PLANES: readonly Shape[] = [
  ['N', 2, 7, 9],
  ['N', 6, 8],
  [3, 5, 6],
];

function over(shapes: readonly Shape[], all: readonly Attributes[]): OwnModel[] {
  return all.map((attributes, i) => ({ shapes: [shapes[i % shapes.length]!], attributes }));
}

const WINDOWS: readonly Attributes[] = [
  { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: 0 },
  { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: 1 },
  { kernel: [2, 3], stride: [2, 2], padding: [1, 1], ceilMode: 0 },
  { kernel: [3, 2], stride: [3, 1], padding: [1, 0], ceilMode: 1 },
  { kernel: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: 1 },
  { kernel: [1, 3], stride: [2, 3], padding: [0, 1], ceilMode: 1 },
];

export const OWN_MODELS: Readonly<Record<string, readonly OwnModel[]>> = {
  maxPool2d: [
    ...over(
      PLANES,
      WINDOWS.map((window) => ({ ...window, dilation: [1, 1] })),
    ),
    ...over(PLANES, [
      { kernel: [2, 2], stride: [3, 3], padding: [1, 0], dilation: [2, 3], ceilMode: 1 },
      { kernel: [3, 2], stride: [2, 1], padding: [1, 1], dilation: [2, 1], ceilMode: 0 },
    ]),
  ],
  avgPool2d: WINDOWS.flatMap((window, i) =>
    [
      [0, 0],
      [1, 0],
      [i % 2, 3],
    ].map(([countPadding, divisor]) => ({
      shapes: [PLANES[i % 3]!],
      attributes: { ...window, countPadding: countPadding!, divisor: divisor! },
    })),
  ),
  adaptiveAvgPool2d: over(PLANES, [
    { size: [3, 4] },
    { size: [1, 1] },
    { size: [5, 8] },
    { size: [2, 9] },
  ]),
};
