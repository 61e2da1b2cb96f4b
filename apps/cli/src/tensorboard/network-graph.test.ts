import {
  attachLoss,
  batchNorm2d,
  conv2d,
  crossEntropy,
  flatten,
  linear,
  models,
  residual,
  sequential,
  traceModel,
} from '@lockstep/core';
import { expect, it } from 'vitest';
import { networkGraph } from './network-graph.js';

const TARGETS = { targetShape: [], classes: 2 };

it('has a box for each layer, with what leads to it, and for the loss and the metrics', () => {
  const network = traceModel(models.mlp({ outputs: 3, hidden: [2] }), [2, 2]);
  const { node } = networkGraph(
    attachLoss(network, crossEntropy(), { targetShape: [], classes: 3 }),
  );
  expect(node.map(({ name }) => name)).toEqual([
    'input',
    'layers/0/reshape',
    'layers/0/weight',
    'layers/0/transpose',
    'layers/0/matmul',
    'layers/0/bias',
    'layers/0/add',
    'layers/1/relu',
    'layers/2/weight',
    'layers/2/transpose',
    'layers/2/matmul',
    'layers/2/bias',
    'layers/2/add',
    'labels',
    'loss/crossEntropy',
    'metrics/accuracy/correctLabel',
  ]);
  expect(node[4]).toEqual({
    ...{ name: 'layers/0/matmul', op: 'matmul' },
    ...{ input: ['layers/0/reshape', 'layers/0/transpose'], outputShape: [-1, 2] },
  });
});

it.each([
  [
    'a network with buffers',
    sequential(conv2d(1, 2, 3), batchNorm2d(2), flatten(), linear(32, 2)),
    [1, 6, 6],
  ],
  [
    'layers in layers',
    sequential(residual(sequential(linear(4, 4), linear(4, 4))), linear(4, 2)),
    [4],
  ],
  ['transformers', models.mlpMixer({ outputs: 2, patch: 2, width: 4, depth: 2 }), [1, 4, 4]],
])('%s: every node has a name of its own, and reads what stands before it', (_, model, shape) => {
  const graph = attachLoss(traceModel(model, shape), crossEntropy(), TARGETS);
  const { node } = networkGraph(graph);
  expect(node).toHaveLength(graph.nodes.length);
  const before = new Set<string>();
  for (const { name, input } of node) {
    expect(name).toMatch(/^[\w-]+(\/[\w-]+)*$/);
    expect(before).not.toContain(name);
    for (const read of input) expect(before).toContain(read);
    before.add(name);
  }
});
