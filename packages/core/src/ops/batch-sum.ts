// The sum over all samples of a step's batch. A shard's part of it is summed like the loss, and travels with it; the whole
// is known when the step is done, so updates of buffers may read it and nothing else may.
import type { ComputeOperator, LoweringRequest, ReferenceCall } from './operator.js';
import { sum } from './sum.js';

const OVER_SAMPLES = { axis: 0, count: 1 };

export const batchSum: ComputeOperator = {
  name: 'batchSum',
  kind: 'compute',
  inputs: ['f32'],
  attributes: {},
  inModels: true,
  ofBatch: true,
  shape: ([x]) => sum.shape([x!], OVER_SAMPLES),
  reference: (call: ReferenceCall) => sum.reference({ ...call, attributes: OVER_SAMPLES }),
  lower: (request: LoweringRequest) =>
    sum.lower({ ...request, node: { ...request.node, attributes: OVER_SAMPLES } }),
};
