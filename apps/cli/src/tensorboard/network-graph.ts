// A network as TensorBoard draws it: a node for each operator, in boxes for the layers that they belong to. Pure.
// Invariant: every node of the network is there, under a name of its own, after those that it reads.
import type { Graph } from '@lockstep/core';
import { sourceOf } from '@lockstep/core/internal';
import type { GraphDefProto } from '@lockstep/formats/tensorboard';

export function networkGraph(graph: Graph): GraphDefProto {
  const boxes = boxesOf(graph);
  const taken = new Set<string>();
  const names = graph.nodes.map((node, index) => {
    const name = ownName(graph, node) ?? [...(boxes.get(index) ?? []), node.op].join('/');
    return unused(name, taken);
  });
  return {
    node: graph.nodes.map(({ op, inputs, shape }, index) => ({
      name: names[index]!,
      op,
      input: inputs.map((input) => names[input]!),
      outputShape: shape.map((size) => (size === 'N' ? -1 : size)),
    })),
  };
}

/** Parameters and buffers have names; a box for each part between dots. */
function ownName({ parameters, buffers }: Graph, node: Graph['nodes'][number]): string | undefined {
  const lists: Readonly<Record<string, Graph['parameters'] | undefined>> = {
    ...{ parameter: parameters, buffer: buffers },
  };
  const name = lists[sourceOf(node) ?? '']?.[node.attributes.index as number]?.name;
  return name === undefined ? undefined : boxNames(name).join('/');
}

/** The boxes of each node: of the layer that it leads to, or of the loss or metric. */
function boxesOf(graph: Graph): Map<number, readonly string[]> {
  const { nodes, outputs } = graph;
  const boxes = new Map<number, readonly string[]>();
  const take = (end: number, box: readonly string[]): void => {
    const open = [end];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const node = nodes[index]!;
      const source = sourceOf(node);
      // What comes from the data belongs to no layer.
      if (boxes.has(index) || source === 'samples' || source === 'targets') continue;
      boxes.set(index, box);
      open.push(...node.inputs);
    }
  };
  for (const [end, name] of layersByEnd(graph)) take(end, boxNames(name));
  take(outputs.output!, []);
  for (const [name, end] of Object.entries(outputs)) take(end, boxOfOutput(name));
  return boxes;
}

/** In the order in which they are computed; of a layer in a layer, the inner one's name. */
function layersByEnd({ layers = {} }: Graph): (readonly [end: number, name: string])[] {
  const names = new Map<number, string>();
  for (const [name, end] of Object.entries(layers)) {
    if (name.split('.').length >= (names.get(end)?.split('.').length ?? 0)) names.set(end, name);
  }
  return [...names].sort(([a], [b]) => a - b);
}

/** `loss`, `weight` of samples, `update.0` of a buffer, `metric.accuracy.correct`. */
function boxOfOutput(name: string): readonly string[] {
  const [kind = '', metric = ''] = name.split('.');
  if (kind === 'metric') return ['metrics', ...boxNames(metric)];
  return [kind === 'update' ? 'updates' : 'loss'];
}

function boxNames(name: string): string[] {
  return name.split('.').map((part) => part.replace(/[^\w-]/g, '_'));
}

function unused(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 1; taken.has(free); count++) free = `${name}_${count}`;
  taken.add(free);
  return free;
}
