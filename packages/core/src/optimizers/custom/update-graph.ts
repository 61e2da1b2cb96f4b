// The update of an optimizer as data, and its check where it comes from outside: few nodes, every one of them an operator
// that works element by element over stretches [N] of the flat vectors or single numbers [].
import { describeValue } from '@lockstep/errors';
import { ConfigError, GraphError } from '../../errors.js';
import type { GraphNode } from '../../graph/graph.js';
import {
  describe,
  requireArray,
  requireFinite,
  requireKeys,
  requireObject,
} from '../../network/json.js';
import { validateNode } from '../../network/validate-nodes.js';
import type { Operator } from '../../ops/operator.js';
import { operatorNamed } from '../../ops/registry.js';
import { formatShape, sameShape } from '../../shape.js';

/** Each takes as much memory as the parameters, twice. */
export const MAX_STATE_VECTORS = 16;
const MAX_NODES = 1000;
const MAX_POWERS = 100;

export interface UpdateGraph {
  /** Numbers b whose power b^step is a scalar. */
  readonly powers: readonly number[];
  /**
   * `vector`s: 0 the parameters, 1 the mean gradient, from 2 on the state. `scalar`s: those of `SCALARS`, then the powers.
   */
  readonly nodes: readonly GraphNode[];
  /** Nodes [N]: the new parameters, then the new state. */
  readonly outputs: readonly number[];
}

/** What is one number a step, besides powers. */
export const SCALARS = ['learningRate', 'step', 'weightDecay'] as const;

/** The vectors that are no state. */
export const VECTORS = ['parameter', 'gradient'] as const;

/** Begins with a letter, so that no order of numbers can come before that of the list. */
const STATE_NAME = /^[A-Za-z]\w{0,63}$/;

/** @throws ConfigError if these are no names of vectors */
export function validateState(json: unknown): string[] {
  if (!Array.isArray(json)) {
    throw new ConfigError(
      `state is ${describeValue(json)}, expected a list of names such as ['m', 'v']`,
    );
  }
  if (json.length > MAX_STATE_VECTORS) {
    throw new ConfigError(
      `state has ${json.length} vectors, at most ${MAX_STATE_VECTORS} are possible`,
    );
  }
  const names = Array.from(json, (name: unknown) => {
    if (typeof name === 'string' && STATE_NAME.test(name)) return name;
    throw new ConfigError(
      `state: ${describeValue(name)} is no name; expected letters, digits and _, a letter first, at most 64 of them`,
    );
  });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new ConfigError(`state: two vectors are called "${twice}"`);
}

/**
 * @param vectors how many the optimizer has
 * @throws GraphError or ShapeError naming the node that is not as it should be
 */
export function validateUpdate(json: unknown, vectors: number): UpdateGraph {
  const graph = requireObject(json, 'update');
  requireKeys(graph, ['powers', 'nodes', 'outputs'], 'update');
  const powers = Array.from(requireArray(graph.powers, MAX_POWERS, 'update: powers'), (base) =>
    requireFinite(base, 'update: powers'),
  );
  const limits = { vector: VECTORS.length + vectors, scalar: SCALARS.length + powers.length };
  const nodes: GraphNode[] = [];
  for (const [index, node] of requireArray(graph.nodes, MAX_NODES, 'update: nodes').entries()) {
    const valid = validateNode(node, index, nodes, NO_LISTS, refusal);
    checkSource(valid, limits);
    if (valid.shape.length > 0 && !sameShape(valid.shape, ['N'])) {
      throw new GraphError(
        `update: node ${index} (${valid.op}) is ${formatShape(valid.shape)}, expected [N] or a single number`,
      );
    }
    nodes.push(valid);
  }
  const list = requireArray(graph.outputs, 1 + MAX_STATE_VECTORS, 'update: outputs');
  if (list.length !== 1 + vectors) {
    throw new GraphError(
      `update: ${list.length} outputs, expected ${1 + vectors}: the parameters and the state`,
    );
  }
  const outputs = Array.from(list, (output) => {
    const node = Number.isInteger(output) ? nodes[output as number] : undefined;
    if (node && sameShape(node.shape, ['N'])) return (output as number) + 0;
    throw new GraphError(`update: output ${describe(output)} is no node of shape [N]`);
  });
  return { powers, nodes, outputs };
}

const NO_LISTS = { parameters: [], buffers: [], constants: [] };

/** Why an update may not have this operator. */
function refusal(operator: Operator): string | undefined {
  if (operator.elementwise || isRead(operator)) return undefined;
  return 'an optimizer works element by element, and may not use this operator';
}

function isRead({ source }: Operator): boolean {
  return source === 'vector' || source === 'scalar';
}

function checkSource(
  { op, attributes }: GraphNode,
  limits: Readonly<Record<'vector' | 'scalar', number>>,
): void {
  const { source } = operatorNamed(op);
  if (source !== 'vector' && source !== 'scalar') return;
  const index = attributes.index as number;
  if (index < limits[source]) return;
  throw new GraphError(
    `update: there is no ${source} ${index}; the optimizer has ${limits[source]}`,
  );
}

/** Whether an update uses one of the scalars. */
export function readsScalar({ nodes }: UpdateGraph, scalar: (typeof SCALARS)[number]): boolean {
  return nodes.some(
    (node) =>
      operatorNamed(node.op).source === 'scalar' &&
      node.attributes.index === SCALARS.indexOf(scalar),
  );
}
