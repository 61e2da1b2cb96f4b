// What an operator that keeps a record gives, which lies in front of the record. Costs nothing.
// A record's gradient is that of what it gives: the operator's gradient rule is handed this node's, of this node's shape.
// Invariant: behind what is given the layout is the operator's own, so nothing but its gradients may read there.
import { ShapeError } from '../errors.js';
import { formatShape, isBatched, sampleSize } from '../shape.js';
import { type Operator, shapeAttribute } from './operator.js';

export const recordOutput: Operator = {
  name: 'recordOutput',
  kind: 'view',
  inputs: ['record'],
  attributes: { shape: 'shape' },
  inModels: true,
  onnx: ({ inputs: [record] }) => record!.name,
  // Of a position nothing is kept: the operator gives what it gives.
  onePosition: ({ inputs: [given] }) => given,
  shape([record], attributes) {
    const shape = shapeAttribute(attributes, 'shape');
    if (
      isBatched(shape) !== isBatched(record!.shape) ||
      sampleSize(shape) > sampleSize(record!.shape)
    ) {
      throw new ShapeError(
        `record: ${formatShape(shape)} is no part of a record of ${formatShape(record!.shape)}`,
      );
    }
    return shape;
  },
  gradient: ({ dOutput }) => [dOutput],
  reference({ inputs: [record], output }) {
    output.data.set(record!.data.subarray(0, output.data.length));
  },
};
