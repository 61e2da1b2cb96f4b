// Operands and attributes of operators whose own the general lists have too few of that fit: a line an operator.
import type { Attributes } from '../../packages/core/src/graph/graph.js';
import { batchNorm1d, batchNorm2d } from '../../packages/core/src/layers/batch-norm.js';
import { embedding } from '../../packages/core/src/layers/embedding.js';
import { groupNorm, layerNorm, rmsNorm } from '../../packages/core/src/layers/layer-norm.js';
import type { Model, Scope } from '../../packages/core/src/model/model.js';
import { gather, take } from '../../packages/core/src/model/taking.js';
import { oneHot, type Tensor } from '../../packages/core/src/model/tensor.js';
import { tokenMask } from '../../packages/core/src/model/token-mask.js';
import type { Shape } from '../../packages/core/src/shape.js';

/** Operands of shapes, with attributes. */
export interface OwnOperands {
  readonly shapes: readonly Shape[];
  readonly attributes: Attributes;
  /** What it gives, of an operator that keeps a record. */
  readonly given?: Shape;
}

/** Operands; or a whole model, where an operator needs others around it. */
export type OwnModel =
  | OwnOperands
  | { readonly inputShape: readonly number[]; readonly model: Model; readonly vocabulary?: number };

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

const PLAIN = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

/** A picture or several, weights and perhaps a bias. */
const CONVOLUTIONS: readonly (readonly [...Shape[], Attributes])[] = [
  [['N', 2, 5, 6], [3, 2, 3, 2], PLAIN],
  [['N', 2, 5, 6], [3, 2, 3, 3], [3], { ...PLAIN, padding: [1, 1, 1, 1] }],
  [['N', 3, 4, 7], [3, 1, 2, 3], [3], { ...PLAIN, padding: [0, 1, 1, 1], groups: 3 }],
  [['N', 4, 7, 5], [6, 2, 3, 1], { ...PLAIN, stride: [2, 3], padding: [2, 0, 1, 0], groups: 2 }],
  [['N', 1, 9, 8], [2, 1, 3, 3], [2], { ...PLAIN, stride: [1, 2], dilation: [2, 3] }],
  [['N', 5, 3, 3], [4, 5, 1, 1], { ...PLAIN, stride: [2, 2] }],
];

const TRANSPOSED: readonly (readonly [...Shape[], Attributes])[] = [
  [['N', 3, 4, 5], [3, 2, 2, 3], PLAIN],
  [['N', 3, 4, 5], [3, 2, 3, 3], [2], { ...PLAIN, stride: [2, 2], padding: [1, 1, 1, 1] }],
  [
    ['N', 4, 3, 4],
    [4, 2, 3, 2],
    [4],
    { ...PLAIN, stride: [3, 1], padding: [0, 1, 1, 0], groups: 2 },
  ],
  [['N', 2, 3, 3], [2, 1, 2, 2], { ...PLAIN, stride: [1, 3], dilation: [2, 2], groups: 2 }],
];

function ofConvolution(outputPadding?: readonly Shape[]) {
  return (one: readonly [...Shape[], Attributes], i: number): OwnModel => ({
    shapes: one.slice(0, -1) as Shape[],
    attributes: {
      ...(one.at(-1) as Attributes),
      ...(outputPadding && { outputPadding: outputPadding[i]! }),
    },
  });
}

const GROUPS: readonly OwnModel[] = [
  { inputShape: [6], model: layerNorm(6) },
  { inputShape: [2, 3, 4], model: layerNorm([3, 4], { bias: false }) },
  { inputShape: [4, 5], model: layerNorm(5, { elementwiseAffine: false }) },
  { inputShape: [3, 8], model: rmsNorm(8) },
  { inputShape: [6, 3, 5], model: groupNorm(3, 6) },
  { inputShape: [4], model: groupNorm(2, 4, { affine: false }) },
];

/** Recurrent operators over four steps of three features, five units. */
function scans(gates: number, states: number, own?: string): OwnModel[] {
  const width = 5 * gates;
  return [0, 1].flatMap((reverse) =>
    [
      [0, 0, 0, 0],
      [1, 1, 0, 1],
      [0, 1, 1, 0],
      [1, 0, 1, 1],
    ].map(([bias, lengths, state, flag]): OwnModel => {
      const given = own === 'cell' ? 4 + flag! : 4;
      return {
        shapes: [
          ['N', 4, 3],
          [3, width],
          [5, width],
          ...(bias ? [[width], [width]] : []),
          ...(lengths ? [['N' as const]] : []),
          ...(state ? Array.from({ length: states }, () => ['N' as const, 5]) : []),
        ],
        attributes: {
          ...{ bias: bias!, lengths: lengths!, state: state!, reverse },
          ...(own && { [own]: flag! }),
        },
        given: ['N', given, 5],
      };
    }),
  );
}

const VOCABULARY = 6;

/** Of tokens: a vector of each place, of which more is computed. */
function ofTokens(make: (tokens: Tensor, scope: Scope) => Tensor): OwnModel[] {
  return [[4], [2, 3]].map((inputShape) => ({
    inputShape,
    vocabulary: VOCABULARY,
    model: (tokens, scope) => make(tokens, scope),
  }));
}

const rowsOf = (tokens: Tensor, scope: Scope): Tensor => embedding(VOCABULARY, 6)(tokens, scope);

export const OWN_MODELS: Readonly<Record<string, readonly OwnModel[]>> = {
  conv2d: CONVOLUTIONS.map(ofConvolution()),
  convTranspose2d: TRANSPOSED.map(
    ofConvolution([
      [0, 0],
      [1, 0],
      [2, 0],
      [0, 1],
    ]),
  ),
  concat: [
    {
      shapes: [
        ['N', 2, 3],
        ['N', 1, 3],
        ['N', 4, 3],
      ],
      attributes: { axis: 1 },
    },
    {
      shapes: [
        ['N', 3, 2],
        ['N', 3, 5],
      ],
      attributes: { axis: 2 },
    },
    {
      shapes: [
        [2, 3],
        [1, 3],
      ],
      attributes: { axis: 0 },
    },
    { shapes: [['N', 6]], attributes: { axis: 1 } },
  ],
  matmul: [
    {
      shapes: [
        ['N', 2, 3, 4],
        ['N', 2, 4, 3],
      ],
      attributes: {},
    },
    {
      shapes: [
        ['N', 2, 3, 4],
        [2, 4, 5],
      ],
      attributes: {},
    },
    {
      shapes: [
        ['N', 3, 4],
        [4, 5],
      ],
      attributes: {},
    },
    {
      shapes: [
        ['N', 6],
        [6, 2],
      ],
      attributes: {},
    },
    {
      shapes: [
        ['N', 1, 3, 4],
        [2, 4, 1],
      ],
      attributes: {},
    },
    {
      shapes: [
        ['N', 2, 3],
        ['N', 3, 2],
      ],
      attributes: {},
    },
  ],
  batchNorm: [
    { inputShape: [5], model: batchNorm1d(5) },
    { inputShape: [3, 7], model: batchNorm1d(3, { affine: false, epsilon: 0.01 }) },
    { inputShape: [2, 3, 4], model: batchNorm2d(2) },
  ],
  groupNorm: GROUPS,
  recordOutput: GROUPS.slice(0, 2),
  embedding: ofTokens(rowsOf),
  oneHot: ofTokens((tokens) => oneHot(tokens, VOCABULARY)),
  differsFrom: ofTokens((tokens) => tokenMask(tokens, 2)),
  gather: [
    ...ofTokens((tokens, scope) => gather(rowsOf(tokens, scope), tokens)),
    {
      inputShape: [6],
      vocabulary: VOCABULARY,
      model: (tokens, scope) => gather(rowsOf(tokens, scope), tokens, 1),
    },
  ],
  // The numbers are a list, and no operand of any values.
  take: [
    { inputShape: [5], model: (x) => take(x, [4, 0, 0]) },
    { inputShape: [3, 4], model: (x) => take(x, [1, 2], 1) },
    { inputShape: [3, 4], model: (x) => take(x, [-1], 2) },
  ],
  resample2d: over(
    [['N', 2, 4, 6]],
    [
      { size: [7, 9], way: 0, rows: 1, columns: 2, value: 1.5 },
      { size: [7, 11], way: 1, rows: 3, columns: 4, value: 0 },
      { size: [9, 8], way: 2, rows: 5, columns: 0, value: 0 },
      { size: [8, 12], way: 3, rows: 0.5, columns: 0.5, value: 0 },
      { size: [5, 13], way: 3, rows: 4 / 5, columns: 6 / 13, value: 0 },
    ],
  ),
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
  rnn: scans(1, 1, 'relu'),
  gru: scans(3, 1),
  lstm: scans(4, 2, 'cell'),
};
