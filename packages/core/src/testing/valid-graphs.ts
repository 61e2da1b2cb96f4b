// Graphs that validation accepts, for tests that send, damage and plan them.

import type { Graph } from '../graph/graph.js';
import { leakyRelu, relu, softmax } from '../layers/activations.js';
import { dropout } from '../layers/dropout.js';
import { flatten } from '../layers/flatten.js';
import { gelu } from '../layers/gelu.js';
import { linear } from '../layers/linear.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { type Model, sequential } from '../model/model.js';
import { add, matmul, max, mul, reshape, transpose } from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { sgd } from '../optimizers/sgd.js';
import { planRun, type RunConfig, type RunPlan } from '../run/run-plan.js';
import { toyDataset } from './toy-data.js';

// biome-ignore lint/suspicious/noExplicitAny: what is damaged on purpose has no type.
export type Json = any;

const mlp: Model = sequential(flatten(), linear(6, 5), relu(), dropout(0.25), linear(5, 3));

const attention: Model = (x, scope) => {
  const scores = softmax(matmul(x, transpose(x)));
  const mixed = matmul(
    scores,
    mul(x, scope.parameter('gain', [3], { kind: 'uniform', low: 0.5, high: 1.5 })),
  );
  return linear(3, 2)(max(gelu(mixed), { axes: 1 }), scope.child('head'));
};

export const labelled = toyDataset({ samples: 10, inputShape: [2, 3], classes: 3 });
export const valued = toyDataset({ samples: 10, inputShape: [2, 3], targetShape: [2] });

export const GRAPHS: Readonly<Record<string, Graph>> = {
  'cross-entropy': attachLoss(traceModel(mlp, [2, 3]), crossEntropy(), labelled),
  mse: attachLoss(traceModel(attention, [2, 3]), meanSquaredError(), valued),
  'binary cross-entropy': attachLoss(
    traceModel(
      (x, scope) => add(leakyRelu(linear(6, 2)(reshape(x, [-1]), scope), 0.2), 0.5),
      [2, 3],
    ),
    binaryCrossEntropy(),
    valued,
  ),
};

/** A graph as it comes out of a file or a message. */
export function copy(graph: Graph): Json {
  return JSON.parse(JSON.stringify(graph));
}

/** The plan of two shards of batches of 8, for any graph and data that fit it. */
export function planFor(graph: Graph): RunPlan {
  const node = (ops: readonly string[]) => graph.nodes.find(({ op }) => ops.includes(op));
  const target = node(['target', 'labels']);
  const classes = target?.op === 'labels' ? 3 : undefined;
  const config: RunConfig = {
    graph,
    optimizer: sgd(),
    seed: 1,
    batchSize: 8,
    shards: 2,
    epochs: 2,
    shuffle: true,
    dropLast: false,
  };
  const data = {
    samples: 10,
    inputShape: (node(['input'])?.shape.slice(1) ?? []) as number[],
    targetShape: (target?.shape.slice(1) ?? []) as number[],
    classes,
    inputDivisor: 1,
    inputs: new Float32Array(0),
  };
  return planRun(config, { train: data }, [{ first: 0, end: 2 }]);
}
