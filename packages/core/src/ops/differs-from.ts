// Which of whole numbers are others than one: 1 where they are, else 0. No gradient flows.
import { ShapeError } from '../errors.js';
import { elementCount } from '../shape.js';
import { truth } from './onnx.js';
import { numberAttribute, type Operator } from './operator.js';

export const differsFrom: Operator = {
  name: 'differsFrom',
  kind: 'compute',
  inputs: ['i32'],
  // Of an attribute that is an integer none may be negative.
  attributes: { value: 'finite' },
  inModels: true,
  onePosition: ({ builder, node, inputs: [x] }) => ({
    node: builder.add('differsFrom', [x!.node], node.attributes),
    axis: x!.axis,
  }),
  onnx({ builder, node, inputs: [x] }) {
    const value = builder.integers([numberAttribute(node.attributes, 'value')]);
    return truth(builder, builder.add('Not', [builder.add('Equal', [x!.name, value])]));
  },
  shape([x], attributes) {
    const value = numberAttribute(attributes, 'value');
    if ((value | 0) !== value) {
      throw new ShapeError(`differs-from: ${value} is no whole number of 32 bits`);
    }
    return x!.shape;
  },
  reference({ inputs: [x], output, attributes }) {
    const value = numberAttribute(attributes, 'value');
    for (let i = 0; i < output.data.length; i++) output.data[i] = x!.data[i] === value ? 0 : 1;
  },
  lower: ({ node, inputs: [x], output }) => [
    {
      kernel: 'differsFrom',
      arguments: [
        output,
        { node: x!.node },
        elementCount(node.shape),
        numberAttribute(node.attributes, 'value'),
      ],
    },
  ],
};
