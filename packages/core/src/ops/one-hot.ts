// Class labels or tokens [N, …] as vectors [N, …, classes]: 1 at the number, 0 elsewhere; all 0 for a number that is no class.
import { elementCount } from '../shape.js';
import { truth } from './onnx.js';
import { numberAttribute, type Operator } from './operator.js';

export const oneHot: Operator = {
  name: 'oneHot',
  kind: 'compute',
  inputs: ['i32'],
  classes: (_, attributes) => numberAttribute(attributes, 'classes'),
  attributes: { classes: 'integer' },
  inModels: true,
  onePosition: ({ builder, node, inputs: [x] }) => ({
    node: builder.add('oneHot', [x!.node], node.attributes),
    axis: x!.axis,
  }),
  onnx({ builder, node, inputs: [x] }) {
    const { length } = node.shape;
    const classes = numberAttribute(node.attributes, 'classes');
    const all = builder.integers(Array.from({ length: classes }, (_, label) => label));
    const each = builder.add('Unsqueeze', [x!.name, builder.integers([length - 1])]);
    return truth(builder, builder.add('Equal', [each, all]));
  },
  shape: ([labels], attributes) => [...labels!.shape, numberAttribute(attributes, 'classes')],
  reference({ inputs: [labels], output }) {
    const classes = output.shape.at(-1)!;
    output.data.fill(0);
    for (const [row, label] of (labels!.data as Int32Array).entries()) {
      if (label >= 0 && label < classes) output.data[row * classes + label] = 1;
    }
  },
  lower: ({ node, inputs: [labels], output }) => [
    {
      kernel: 'oneHot',
      arguments: [
        output,
        { node: labels!.node },
        elementCount(labels!.shape),
        numberAttribute(node.attributes, 'classes'),
      ],
    },
  ],
};
