// The updates of a model's buffers as a graph of their own: from the buffers as they were and sums over the whole batch to
// the buffers as they are after the step. The sums are computed shard by shard with the gradients; see differentiate.
import { GraphError } from '../errors.js';
import { buffersOf, type Graph } from '../graph/graph.js';
import { operatorNamed } from '../ops/registry.js';
import { isBatched } from '../shape.js';
import { GraphBuilder, mapOutputs, replay } from './builder.js';

const UPDATE = 'update.';

/** The output that is buffer `index`'s value after a step. */
export function updateOutput(index: number): string {
  return UPDATE + index;
}

export function isUpdate(output: string): boolean {
  return output.startsWith(UPDATE);
}

/** What `node` is where the buffer's value `from` is `to`; sums over the batch stay what they are. */
export function updatedAgain(
  builder: GraphBuilder,
  node: number,
  from: number,
  to: number,
  known = new Map([[from, to]]),
): number {
  const done = known.get(node);
  if (done !== undefined) return done;
  const { op, inputs, attributes } = builder.node(node);
  const mapped = operatorNamed(op).ofBatch
    ? inputs
    : inputs.map((input) => updatedAgain(builder, input, from, to, known));
  const isSame = mapped.every((input, i) => input === inputs[i]);
  const result = isSame ? node : builder.add(op, mapped, attributes);
  known.set(node, result);
  return result;
}

/** @returns a graph whose outputs are the new values of all buffers, and whose sums over the batch are given */
export function updates(graph: Graph): Graph {
  const builder = new GraphBuilder(graph);
  const outputs = Object.entries(mapOutputs(graph, replay(graph, builder)));
  return builder.finish(Object.fromEntries(outputs.filter(([name]) => isUpdate(name))));
}

/**
 * A sum over the batch is known when the step is done: only updates may read it; and they may read nothing of single
 * samples or shards but through such a sum.
 *
 * @throws GraphError naming what reads what it may not
 */
export function checkUpdates(graph: Graph): void {
  const { nodes, outputs } = graph;
  const isOfBatch: boolean[] = [];
  const isOfShard: boolean[] = [];
  for (const { op, inputs, shape } of nodes) {
    const readsBatch = inputs.some((input) => isOfBatch[input]);
    const { ofBatch = false } = operatorNamed(op);
    if (ofBatch && readsBatch) {
      throw new GraphError(`${op}: it reads another sum over the batch, which is known too late`);
    }
    isOfBatch.push(ofBatch || readsBatch);
    isOfShard.push(!ofBatch && (isBatched(shape) || inputs.some((input) => isOfShard[input])));
  }
  for (const [index, { name }] of buffersOf(graph).entries()) {
    if (!isOfShard[outputs[updateOutput(index)]!]) continue;
    throw new GraphError(
      `graph: the update of buffer "${name}" reads single samples; expected sums over the batch, as batchSum and batchMean give them`,
    );
  }
  for (const [name, node] of Object.entries(outputs)) {
    if (isUpdate(name) || !isOfBatch[node]) continue;
    throw new GraphError(
      `graph: "${name}" reads a sum over the batch, which is known when the step is done; only updates of buffers may`,
    );
  }
}
