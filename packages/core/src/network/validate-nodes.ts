// One node of a graph that comes from outside: a known operator, inputs that are earlier nodes, the attributes that the
// operator takes, the shape that its rule gives, and no source but what the graph has.
import { GraphError } from '../errors.js';
import type { Attributes, AttributeValue, GraphNode } from '../graph/graph.js';
import {
  type AttributeRule,
  inputCounts,
  inputTypes,
  MAX_INPUTS,
  type Operator,
  type Source,
} from '../ops/operator.js';
import { operatorNamed } from '../ops/registry.js';
import { checkShape, formatShape, isBatched, type Shape, sameShape } from '../shape.js';
import {
  describe,
  requireArray,
  requireFinite,
  requireKeys,
  requireObject,
  requireShape,
} from './json.js';
import type { GraphLists } from './validate-lists.js';

/** @param refusal why the graph may not have an operator; undefined where it may */
export function validateNode(
  json: unknown,
  index: number,
  earlier: readonly GraphNode[],
  lists: GraphLists,
  refusal: (operator: Operator) => string | undefined = refusalInModels,
): GraphNode {
  const place = `graph: node ${index}`;
  const node = requireObject(json, place);
  requireKeys(node, ['op', 'inputs', 'attributes', 'shape', 'type'], place);
  if (typeof node.op !== 'string') {
    throw new GraphError(`${place}: the operator must be a name, got ${describe(node.op)}`);
  }
  const operator = operatorNamed(node.op);
  const what = `${place} (${operator.name})`;
  const refused = refusal(operator);
  if (refused !== undefined) throw new GraphError(`${what}: ${refused}`);
  const inputs = validateInputs(node.inputs, operator, earlier, index, what);
  const attributes = validateAttributes(node.attributes, operator, what);
  const operands = inputs.map((input) => earlier[input]!);
  const types = inputTypes(operator, inputs.length)!;
  for (const [i, operand] of operands.entries()) {
    const expected = types[i];
    if (operand.type !== expected) {
      throw new GraphError(`${what}: input ${i} is ${operand.type}, expected ${expected}`);
    }
  }
  const stated = requireShape(node.shape, what);
  const shape = operator.shape(operands, attributes);
  checkShape(shape, what);
  if (!sameShape(shape, stated)) {
    throw new GraphError(
      `${what}: says its shape is ${formatShape(stated)}, its inputs give ${formatShape(shape)}`,
    );
  }
  const type = operator.outputType ?? 'f32';
  if (node.type !== type)
    throw new GraphError(`${what}: type is ${describe(node.type)}, expected ${type}`);
  const reducesBatch = operands.some((operand) => isBatched(operand.shape)) && !isBatched(shape);
  if (reducesBatch && !operator.mixesSamples && !operator.ofBatch) {
    throw new GraphError(
      `${what}: reduces the batch axis; samples must be computed independently of each other`,
    );
  }
  if (operator.source) checkSource(operator.source, shape, attributes, lists, what);
  return { op: operator.name, inputs, attributes, shape, type };
}

function refusalInModels({ inModels, source }: Operator): string | undefined {
  if (inModels) return undefined;
  return `only ${source ? 'optimizers' : 'gradients'} may use this operator`;
}

function validateInputs(
  json: unknown,
  operator: Operator,
  earlier: readonly GraphNode[],
  index: number,
  what: string,
): number[] {
  const inputs = requireArray(json, MAX_INPUTS, `${what}: inputs`);
  if (!inputTypes(operator, inputs.length)) {
    throw new GraphError(`${what}: takes ${inputCounts(operator)}, got ${inputs.length}`);
  }
  return inputs.map((input) => {
    if (!Number.isInteger(input) || (input as number) < 0) {
      throw new GraphError(`${what}: input ${describe(input)} is not a node number`);
    }
    if ((input as number) >= earlier.length) {
      throw new GraphError(
        `${what}: reads node ${input}, which does not come before node ${index} (a cycle or a dangling input)`,
      );
    }
    return (input as number) + 0;
  });
}

function validateAttributes(json: unknown, operator: Operator, what: string): Attributes {
  const attributes = requireObject(json, `${what}: attributes`);
  const { optionalAttributes = {} } = operator;
  const required = Object.keys(operator.attributes);
  requireKeys(attributes, required, `${what}: attributes`, Object.keys(optionalAttributes));
  const rules = Object.entries({ ...operator.attributes, ...optionalAttributes });
  return Object.fromEntries(
    rules
      .filter(([name]) => Object.hasOwn(attributes, name))
      .map(([name, rule]) => [name, validateAttribute(attributes[name], rule, `${what}: ${name}`)]),
  );
}

function validateAttribute(value: unknown, rule: AttributeRule, what: string): AttributeValue {
  switch (rule) {
    case 'shape':
      return requireShape(value, what);
    case 'finite':
      return requireFinite(value, what);
    case 'integer':
      if (Number.isSafeInteger(value) && (value as number) >= 0) return (value as number) + 0;
      throw new GraphError(`${what}: expected a whole number, got ${describe(value)}`);
  }
}

function checkSource(
  source: Source,
  shape: Shape,
  attributes: Attributes,
  { parameters, buffers, constants }: GraphLists,
  what: string,
): void {
  if (source === 'parameter' || source === 'buffer' || source === 'constant') {
    const index = attributes.index as number;
    const entry = { parameter: parameters, buffer: buffers, constant: constants }[source][index];
    if (!entry) throw new GraphError(`${what}: there is no ${source} ${index}`);
    if (!sameShape(entry.shape, shape)) {
      const name = 'name' in entry ? `"${entry.name}"` : index;
      throw new GraphError(
        `${what}: ${source} ${name} is ${formatShape(entry.shape)}, the node says ${formatShape(shape)}`,
      );
    }
  } else if ((source === 'samples' || source === 'targets') && !isBatched(shape)) {
    throw new GraphError(`${what}: must have a batch axis, got ${formatShape(shape)}`);
  }
}
