// What each layer of a trained model gives, for many samples at once: the same network, with the outputs of its layers one behind
// the other as its output, so that the kernels compute them as they compute an answer.
// Invariant: a layer's numbers are the bits of the model's own pass in evaluation. What is not f32, or has no samples, is left
// out, and so is a layer that only gives the one before it another shape.
// Not here: single values of a pass, gradients, float64 (inspect.ts).
import type { Graph } from '../graph/graph.js';
import { innermostNames } from '../network/summary.js';
import { outputAlone } from '../network/to-graph.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { isBatched, sampleShape, sampleSize } from '../shape.js';
import { Inference, type Inputs } from '../trained/inference.js';
import type { TrainedModel } from '../trained/trained-model.js';
import { GraphBuilder, replay } from '../transform/builder.js';

/** A layer whose output can be looked at. */
export interface LayerPlace {
  /** As its parameters' names begin; of an operation that is no layer its operator's name, as `inspect` has it: `relu:2`. */
  readonly name: string;
  /** The operator that computes it last. */
  readonly operator: string;
  /** Whether units of it may be dead: 0 for every sample, so that nothing before them learns. */
  readonly mayDie: boolean;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Where its numbers begin in a sample's row. */
  readonly start: number;
  readonly size: number;
}

export class LayerOutputs {
  readonly places: readonly LayerPlace[];
  /** Numbers of all layers for one sample. */
  readonly width: number;
  readonly #inference: Inference;

  constructor({ graph, parameters, buffers, traits, backend }: TrainedModel) {
    const network = outputAlone(graph);
    const named = [...namedNodes(network)];
    let width = 0;
    this.places = named.map(([index, name]) => {
      const { op, shape } = network.nodes[index]!;
      const place = {
        ...{ name, operator: op, mayDie: operatorNamed(op).mayDie === true },
        ...{ shape: sampleShape(shape), start: width, size: sampleSize(shape) },
      };
      width += place.size;
      return place;
    });
    this.width = width;
    const nodes = named.map(([index]) => index);
    this.#inference = new Inference(
      backend,
      inOneRow(network, nodes),
      { parameters, buffers },
      traits,
    );
  }

  /**
   * @param inputs whole samples, as `toSamples` gives them: not divided yet
   * @returns [samples, width]
   */
  of(inputs: Inputs): Float32Array {
    return this.#inference.compute(inputs);
  }
}

/** The nodes that are shown, in the order in which they are computed, with their names. */
function namedNodes(network: Graph): Map<number, string> {
  const { nodes, outputs } = network;
  const names = innermostNames(network);
  const found = new Map<number, string>();
  const times = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    const { op, shape, type, inputs } = node;
    if (type !== 'f32' || !isBatched(shape) || sourceOf(node) !== undefined) continue;
    const { kind, mayDie } = operatorNamed(op);
    const [before] = inputs;
    const isSeen =
      before !== undefined && (found.has(before) || nodes[before]!.inputs.length === 0);
    if (kind === 'view' && isSeen) continue;
    const layer = names.get(index);
    if (layer !== undefined) found.set(index, layer);
    else if (mayDie) {
      const time = (times.get(op) ?? 0) + 1;
      times.set(op, time);
      found.set(index, time === 1 ? op : `${op}:${time}`);
    }
  }
  if (found.size === 0) found.set(outputs.output!, 'output');
  return found;
}

/** The network whose output is a row with all of these nodes in it. */
function inOneRow(network: Graph, nodes: readonly number[]): Graph {
  const builder = new GraphBuilder(network);
  const map = replay(network, builder);
  const rows = nodes.map((index) => {
    const node = map[index]!;
    return builder.add('reshape', [node], { shape: ['N', sampleSize(builder.shapeOf(node))] });
  });
  return builder.finish({ output: builder.add('concat', rows, { axis: 1 }) });
}
