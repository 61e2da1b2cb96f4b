// What looks wrong with a network and its loss, though it can be computed: a last layer that the loss applies once more, a
// softmax that has nothing to choose from.
// Seen in the graph, so that it does not matter how the model was written.
import type { Graph, GraphNode } from '../graph/graph.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { lossOf } from './check-targets.js';
import type { Loss, Losses } from './loss.js';

/** Who is told of what looks wrong, in a sentence. */
export type OnWarning = (warning: string) => void;

/**
 * @param graph with a loss
 * @param loss the one it was made with, where that is known
 * @returns sentences for people; none if nothing looks wrong
 */
export function lossWarnings(graph: Graph, loss?: Loss | Losses): string[] {
  return [...repeatedWarnings(graph, loss), ...constantWarnings(graph)];
}

/** A softmax over one number is 1 whatever the number is, and has no slope. */
function constantWarnings(graph: Graph): string[] {
  return graph.nodes.flatMap((node) => {
    const { ofOne } = operatorNamed(node.op);
    if (ofOne === undefined || node.shape.at(-1) !== 1) return [];
    return [
      `the model has a ${layerOf(graph, node)} over one number, which is always ${ofOne}: nothing before it learns. For two classes with one output use binaryCrossEntropy(), and no layer after the last linear one`,
    ];
  });
}

function repeatedWarnings(graph: Graph, loss?: Loss | Losses): string[] {
  // What several outputs end in lies before they are put together, and is not looked at.
  if (graph.heads) return [];
  const { name, applies } = lossOf(graph, loss as Loss) ?? {};
  if (!applies) return [];
  let node = graph.nodes[graph.outputs.output!]!;
  while (operatorNamed(node.op).values === 'moved') node = graph.nodes[node.inputs[0]!]!;
  if (operatorNamed(node.op).values !== 'squashed') return [];
  return [
    `the model ends in a ${layerOf(graph, node)}, and ${name} applies a ${applies} itself: it takes the scores before it. Leave that layer out, or the network learns badly or not at all`,
  ];
}

/** Tells what looks wrong to whoever listens; to the console if nobody does. */
export function tellWarnings(
  warnings: readonly string[],
  onWarning: OnWarning = (warning) => console.warn(`warning: ${warning}`),
): void {
  for (const warning of warnings) onWarning(warning);
}

/** A node for people: its operator, and after which parameter it stands. */
function layerOf(graph: Graph, node: GraphNode): string {
  const before = lastParameter(graph, node);
  return `${node.op}${before === undefined ? '' : ` (the layer after "${before}")`}`;
}

/** The name of the last parameter that a node depends on. */
function lastParameter({ nodes, parameters }: Graph, from: GraphNode): string | undefined {
  const pending = [...from.inputs];
  const seen = new Set<number>();
  let last = -1;
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const node = nodes[index]!;
    if (sourceOf(node) === 'parameter') last = Math.max(last, node.attributes.index as number);
    pending.push(...node.inputs);
  }
  return parameters[last]?.name;
}
