// Gradients of a scan's weights, bias and first state, read from where they lie in its record and its gradient.
// Used by gradients only. Parts of a record begin at a number of floats a sample: see recurrence.ts.
import { collapseLoops } from '../shape.js';
import { numberAttribute, type Operator } from './operator.js';
import { behind } from './recurrence.js';

/** Σ over samples and steps of h before the step, transposed, times the gradient of the gates' products: [size, width]. */
export const scanWeightGrad: Operator = {
  name: 'scanWeightGrad',
  kind: 'compute',
  inputs: ['record', 'record'],
  attributes: {
    steps: 'integer',
    size: 'integer',
    width: 'integer',
    previous: 'integer',
    hidden: 'integer',
  },
  inModels: false,
  shape: (_, attributes) => [
    numberAttribute(attributes, 'size'),
    numberAttribute(attributes, 'width'),
  ],
  reference({ inputs: [record, gradient], output, attributes }) {
    const rows = record!.shape[0]!;
    const [size, width] = output.shape as [number, number];
    const previous = rows * numberAttribute(attributes, 'previous');
    const hidden = rows * numberAttribute(attributes, 'hidden');
    const steps = rows * numberAttribute(attributes, 'steps');
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < width; j++) {
        let total = 0;
        for (let step = 0; step < steps; step++) {
          total +=
            record!.data[previous + step * size + i]! * gradient!.data[hidden + step * width + j]!;
        }
        output.data[i * width + j] = total;
      }
    }
  },
  // As the kernel says.
  scratch: ({ shape: [size, width] }) => ({
    perRow: 0,
    constant: 256 * ((size as number) + (width as number) + 10),
  }),
  lower({ node: { attributes, shape }, inputs: [record, gradient], output, scratch }) {
    const [size, width] = shape as [number, number];
    const at = (input: { readonly node: number }, name: string) => ({
      node: input.node,
      skipped: behind(numberAttribute(attributes, name)),
    });
    return [
      {
        kernel: 'matmulTransposed',
        arguments: [
          ...([output, at(record!, 'previous'), at(gradient!, 'hidden')] as const),
          ...([size, width, behind(numberAttribute(attributes, 'steps')), scratch!] as const),
        ],
      },
    ];
  },
};

/** Σ over samples and steps of a part of a gradient: [width]. */
export const scanBiasGrad: Operator = {
  name: 'scanBiasGrad',
  kind: 'compute',
  inputs: ['record'],
  attributes: { steps: 'integer', width: 'integer', skipped: 'integer' },
  inModels: false,
  shape: (_, attributes) => [numberAttribute(attributes, 'width')],
  reference({ inputs: [gradient], output, attributes }) {
    const rows = gradient!.shape[0]!;
    const width = output.shape[0]!;
    const skipped = rows * numberAttribute(attributes, 'skipped');
    for (let j = 0; j < width; j++) {
      let total = 0;
      for (let step = 0; step < rows * numberAttribute(attributes, 'steps'); step++) {
        total += gradient!.data[skipped + step * width + j]!;
      }
      output.data[j] = total;
    }
  },
  lower({ node: { attributes }, inputs: [gradient], output }) {
    const from = {
      node: gradient!.node,
      skipped: behind(numberAttribute(attributes, 'skipped')),
    };
    const steps = behind(numberAttribute(attributes, 'steps'));
    return [
      {
        kernel: 'sum',
        arguments: [output, from, 1, steps, numberAttribute(attributes, 'width')],
      },
    ];
  },
};

/** The gradient of a state before the first step, as a scan's gradient left it: [N, size]. */
export const scanStateGrad: Operator = {
  name: 'scanStateGrad',
  kind: 'compute',
  inputs: ['record'],
  attributes: { size: 'integer', skipped: 'integer' },
  inModels: false,
  shape: (_, attributes) => ['N', numberAttribute(attributes, 'size')],
  reference({ inputs: [gradient], output, attributes }) {
    const skipped = gradient!.shape[0]! * numberAttribute(attributes, 'skipped');
    output.data.set(gradient!.data.subarray(skipped, skipped + output.data.length));
  },
  lower({ node, inputs: [gradient], output }) {
    const from = {
      node: gradient!.node,
      skipped: behind(numberAttribute(node.attributes, 'skipped')),
    };
    const { lengths, strides } = collapseLoops(node.shape, [
      [numberAttribute(node.attributes, 'size'), 1],
    ]);
    return [{ kernel: 'copyStrided', arguments: [output, from, ...lengths, ...strides[0]] }];
  },
};
