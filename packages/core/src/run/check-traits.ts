// Whether a network can take a dataset: how its samples and its targets are laid out, and which classes it has.
// Not here: whether a dataset agrees with itself (dataset.ts), or with what was trained on (dataset-traits.ts).
import { type DatasetTraits, sameLayout } from '../dataset-traits.js';
import { ShapeError } from '../errors.js';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { Source } from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { formatShape, type Shape, sampleShape } from '../shape.js';

/**
 * @param operation for errors
 * @throws ShapeError unless the network takes inputs of this shape, and its loss, if it has one, such targets
 */
export function checkTraits(
  operation: string,
  graph: Graph,
  traits: Pick<DatasetTraits, 'inputShape' | 'vocabulary' | 'targetShape' | 'classes'>,
): void {
  checkNetworkInputs(operation, graph, traits);
  const target = nodeOf(graph, 'targets');
  if (!target) return;
  checkShape(operation, 'targets', target.shape, traits.targetShape);
  const takesLabels = target.type === 'i32';
  if (takesLabels !== (traits.classes !== undefined)) {
    throw new ShapeError(
      `${operation}: the loss compares with ${takesLabels ? 'class labels, the data has numbers' : 'numbers, the data has class labels'}`,
    );
  }
  checkClasses(operation, graph, traits.classes);
}

/** @throws ShapeError unless the network takes inputs of this shape, and tokens where they are some */
export function checkNetworkInputs(
  operation: string,
  graph: Graph,
  { inputShape, vocabulary }: Pick<DatasetTraits, 'inputShape' | 'vocabulary'>,
): void {
  const input = nodeOf(graph, 'samples');
  if (!input) return;
  checkShape(operation, 'inputs', input.shape, inputShape);
  const taken = input.attributes.vocabulary as number | undefined;
  if (taken === vocabulary) return;
  const kind = (of: number | undefined): string =>
    of === undefined ? 'numbers' : `tokens of a vocabulary of ${of}`;
  throw new ShapeError(
    `${operation}: the model takes ${kind(taken)}, the data has ${kind(vocabulary)}`,
  );
}

/** How many different tokens a network takes; undefined where it takes numbers, or nothing. */
export function takenVocabulary(graph: Graph): number | undefined {
  return nodeOf(graph, 'samples')?.attributes.vocabulary as number | undefined;
}

function nodeOf({ nodes }: Graph, source: Source): GraphNode | undefined {
  return nodes.find((node) => sourceOf(node) === source);
}

function checkShape(
  operation: string,
  what: string,
  expected: Shape,
  got: readonly number[],
): void {
  if (sameLayout(sampleShape(expected), got)) return;
  throw new ShapeError(
    `${operation}: the model takes ${what} of ${formatShape(expected)}, the data has ${formatShape(['N', ...got])}`,
  );
}

/** A label that is no class of the network would be compared with what lies beside its outputs in memory. */
function checkClasses(operation: string, { nodes }: Graph, classes: number | undefined): void {
  for (const { op, inputs, attributes } of nodes) {
    const operands = inputs.map((input) => nodes[input]!);
    const expected = operatorNamed(op).classes?.(operands, attributes);
    if (expected === undefined || expected === classes) continue;
    throw new ShapeError(
      `${operation}: the model tells ${expected} classes apart, the data has ${classes}; expected data of the same classes`,
    );
  }
}
