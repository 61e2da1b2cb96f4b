// Nodes that read nothing: the batch's inputs and targets, a parameter, a buffer, a tensor of constants, a number.
import { ShapeError } from '../errors.js';
import type { Shape } from '../shape.js';
import { MAX_VOCABULARY } from '../tokens.js';
import { numberAttribute, type Operator, type SourceOperator, shapeAttribute } from './operator.js';

/** The samples of the batch, [N, …], f32. */
export const input: SourceOperator = {
  name: 'input',
  kind: 'source',
  source: 'samples',
  inputs: [],
  attributes: { shape: 'shape' },
  inModels: true,
  shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
};

/** What is to be learnt of them as numbers, [N, …], f32. */
export const target: SourceOperator = { ...input, name: 'target', source: 'targets' };

/** The samples of the batch as whole numbers in [0, vocabulary), such as tokens of a text, [N, …], i32. */
export const tokens: SourceOperator = {
  ...input,
  name: 'tokens',
  outputType: 'i32',
  attributes: { shape: 'shape', vocabulary: 'integer' },
  shape(_, attributes) {
    const vocabulary = numberAttribute(attributes, 'vocabulary');
    if (vocabulary >= 1 && vocabulary <= MAX_VOCABULARY) return shapeAttribute(attributes, 'shape');
    throw new ShapeError(
      `tokens: the vocabulary is ${vocabulary}, expected 1 to ${MAX_VOCABULARY} different ones`,
    );
  },
};

/** What is to be learnt of them as class labels, i32: [N], or, where each position of a sample has one, [N, …]. */
export const labels: SourceOperator = {
  name: 'labels',
  kind: 'source',
  source: 'targets',
  inputs: [],
  outputType: 'i32',
  attributes: {},
  optionalAttributes: { shape: 'shape' },
  inModels: true,
  shape: (_, { shape = ['N'] }) => shape as Shape,
};

/** Parameter number `index`, whose shape the graph's list of parameters gives. */
export const parameter: SourceOperator = {
  name: 'parameter',
  kind: 'source',
  source: 'parameter',
  inputs: [],
  attributes: { index: 'integer', shape: 'shape' },
  inModels: true,
  shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
};

/** Buffer number `index` as it was before the step. */
export const buffer: SourceOperator = { ...parameter, name: 'buffer', source: 'buffer' };

/** Constant number `index`, whose shape and values the graph's list of constants gives. */
export const constantTensor: SourceOperator = {
  ...parameter,
  name: 'constantTensor',
  source: 'constant',
};

/** What an optimizer's update reads of each parameter's number, [N]: see `GraphRule`. */
export const vector: SourceOperator = {
  name: 'vector',
  kind: 'source',
  source: 'vector',
  inputs: [],
  attributes: { index: 'integer' },
  inModels: false,
  shape: () => ['N'],
};

/** What an optimizer's update reads that is one number a step. */
export const scalar: SourceOperator = {
  ...vector,
  name: 'scalar',
  source: 'scalar',
  shape: () => [],
};

/** The number of the position that is computed, [N, 1], i32; see `onePosition`. */
export const position: SourceOperator = {
  name: 'position',
  kind: 'source',
  source: 'position',
  inputs: [],
  outputType: 'i32',
  attributes: {},
  inModels: false,
  shape: () => ['N', 1],
};

/** What was handed on from the position before, [N, …]; number `index` of the network's. */
export const carried: SourceOperator = {
  ...parameter,
  name: 'carried',
  source: 'carried',
  inModels: false,
};

/** A scalar, which stands in the node. */
export const constant: Operator = {
  name: 'constant',
  kind: 'compute',
  inputs: [],
  attributes: { value: 'finite' },
  inModels: true,
  onnx: ({ builder, node }) => builder.scalar(numberAttribute(node.attributes, 'value')),
  elementwise: true,
  shape: () => [],
  reference({ output, attributes }) {
    output.data[0] = numberAttribute(attributes, 'value');
  },
  lower: ({ node, output }) => [
    { kernel: 'fill', arguments: [output, 1, numberAttribute(node.attributes, 'value')] },
  ],
};
