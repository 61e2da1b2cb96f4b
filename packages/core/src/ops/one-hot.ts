// Class labels [N] as vectors [N, classes]: 1 at the label, 0 elsewhere.
import { ShapeError } from '../errors.js';
import { formatShape } from '../shape.js';
import { numberAttribute, type Operator } from './operator.js';

export const oneHot: Operator = {
  name: 'oneHot',
  kind: 'compute',
  inputs: ['i32'],
  classes: (_, attributes) => numberAttribute(attributes, 'classes'),
  attributes: { classes: 'integer' },
  inModels: true,
  shape([labels], attributes) {
    if (labels!.shape.length !== 1) {
      throw new ShapeError(`one-hot: expected labels [N], got ${formatShape(labels!.shape)}`);
    }
    return [labels!.shape[0]!, numberAttribute(attributes, 'classes')];
  },
  reference({ inputs: [labels], output }) {
    const classes = output.shape[1]!;
    output.data.fill(0);
    for (let row = 0; row < output.shape[0]!; row++) {
      output.data[row * classes + labels!.data[row]!] = 1;
    }
  },
  lower: ({ node, inputs: [labels], output }) => [
    {
      kernel: 'oneHot',
      arguments: [
        output,
        { node: labels!.node },
        { perRow: 1, constant: 0 },
        numberAttribute(node.attributes, 'classes'),
      ],
    },
  ],
};
