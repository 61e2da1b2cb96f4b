// Nodes that read nothing: the batch's inputs and targets, a parameter, a constant.
import { LockstepError } from '@lockstep/errors';
import type { Operator } from './operator.js';
import { numberAttribute, shapeAttribute } from './operator.js';

function bound(name: string): never {
  throw new LockstepError('internal', `${name} is filled in by the executor`);
}

/** The samples of the batch, [N, …], f32. */
export const input: Operator = {
  name: 'input',
  inputs: 0,
  attributes: { shape: 'shape' },
  inModels: true,
  shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
  reference: () => bound('input'),
};

/** What is to be learnt of them as numbers, [N, …], f32. */
export const target: Operator = { ...input, name: 'target', reference: () => bound('target') };

/** What is to be learnt of them as class labels, [N], i32. */
export const labels: Operator = {
  name: 'labels',
  inputs: 0,
  outputType: 'i32',
  attributes: {},
  inModels: true,
  shape: () => ['N'],
  reference: () => bound('labels'),
};

/** Parameter number `index`, whose shape the graph's list of parameters gives. */
export const parameter: Operator = {
  name: 'parameter',
  inputs: 0,
  attributes: { index: 'integer', shape: 'shape' },
  inModels: true,
  shape: (_, attributes) => shapeAttribute(attributes, 'shape'),
  reference: () => bound('parameter'),
};

/** A scalar. */
export const constant: Operator = {
  name: 'constant',
  inputs: 0,
  attributes: { value: 'finite' },
  inModels: true,
  shape: () => [],
  reference({ output, attributes }) {
    output.data[0] = numberAttribute(attributes, 'value');
  },
  lower: ({ node, output }) => [
    { kernel: 'fill', arguments: [output, 1, numberAttribute(node.attributes, 'value')] },
  ],
};
