// Small models of one operator each, made from the operator's own description: operands of the shapes below, attributes of
// the values below, in every combination that its shape rule takes.
import type { Attributes, Graph } from '../../packages/core/src/graph/graph.js';
import { zeros } from '../../packages/core/src/initializers/initializer.js';
import type { Scope } from '../../packages/core/src/model/model.js';
import {
  add,
  applyOperator,
  matmul,
  reshape,
  Tensor,
} from '../../packages/core/src/model/tensor.js';
import { traceModel } from '../../packages/core/src/model/trace.js';
import type { AttributeRule, Operator } from '../../packages/core/src/ops/operator.js';
import { isBatched, product, type Shape, sampleShape } from '../../packages/core/src/shape.js';
import { OWN_MODELS, type OwnModel, type OwnOperands } from './own-models.js';

const SHAPES: readonly Shape[] = [
  ['N', 6],
  ['N', 2, 3],
  ['N', 3, 2],
  ['N', 2, 3, 4],
  ['N'],
  [],
  [6],
  [3],
  [3, 2],
  [6, 2],
  [2, 3, 4],
  ['N', 1, 3],
];

const VALUES: Readonly<Record<AttributeRule, readonly (number | Shape)[]>> = {
  finite: [0.25, -1.5],
  integer: [0, 1, 2],
  shape: [
    ...[
      [0, 1],
      [1, 0],
      [0, 2, 1],
      [0, 1, 2],
      [0, 3, 2, 1],
      [0, 2, 3, 1],
      [2, 0, 1],
    ],
    ...[
      ['N', 6],
      ['N', 3, 2],
      ['N', 1, 6],
      ['N', 24],
      ['N', 2, 3, 4],
      ['N', 4, 6],
      ['N', 2, 3],
    ],
    ...[[6], [2, 3], [3, 2], [4, 6], [2, 2, 3], [], ['N', 1]],
  ] as Shape[],
};

export interface OperatorModel {
  readonly name: string;
  readonly graph: Graph;
  readonly inputShape: readonly number[];
  /** Of a model of tokens. */
  readonly vocabulary?: number | undefined;
}

/** Whether a model's output may depend on it where the model is evaluated. */
export function isInOutputs(operator: Operator): boolean {
  const { kind, inModels, ofBatch, mixesSamples, inputs, inEvaluation } = operator;
  // Of records there is nothing in a file; who reads one is in the models of those that keep them.
  if (inputs.includes('record')) return false;
  // Class labels are targets, which nobody has who asks; what is something else in evaluation is not there.
  const isOfLabels = inputs.includes('i32') && !OWN_MODELS[operator.name];
  return kind !== 'source' && inModels && !ofBatch && !mixesSamples && !isOfLabels && !inEvaluation;
}

/** At most `most` models, spread over all that there are. */
export function modelsOf(operator: Operator, most: number): OperatorModel[] {
  const own = OWN_MODELS[operator.name];
  if (own) return own.map((one, i) => ownModel(operator, one, i));
  const all = combinations(operator.inputs.map(() => SHAPES)).flatMap((shapes) =>
    attributesOf(operator.attributes).flatMap((attributes) => {
      if (!fits(operator, shapes, attributes)) return [];
      return [{ shapes, attributes }];
    }),
  );
  const stride = Math.max(1, all.length / most);
  const chosen = all.filter((_, i) => Math.floor(i / stride) > Math.floor((i - 1) / stride));
  return chosen.map((model) => modelOf(operator, model));
}

function ownModel(operator: Operator, own: OwnModel, index: number): OperatorModel {
  if (!('model' in own)) return modelOf(operator, own);
  const { inputShape, model, vocabulary } = own;
  const graph = traceModel(model, inputShape, { vocabulary });
  return { name: `${operator.name} ${index}`, inputShape, graph, vocabulary };
}

function attributesOf(rules: Operator['attributes']): Attributes[] {
  const names = Object.keys(rules);
  const lists = combinations(names.map((name) => VALUES[rules[name]!]));
  return lists.map((values) => Object.fromEntries(values.map((value, i) => [names[i], value])));
}

function fits(operator: Operator, shapes: readonly Shape[], attributes: Attributes): boolean {
  try {
    const inputs = shapes.map((shape) => ({ shape, type: 'f32' as const }));
    const result = operator.shape(inputs, attributes);
    // Gradients alone sum over samples.
    return result.length <= 4 && (isBatched(result) || !shapes.some(isBatched));
  } catch {
    return false;
  }
}

function modelOf({ name }: Operator, { shapes, attributes, given }: OwnOperands): OperatorModel {
  // The first operand with a batch axis is the input itself.
  const direct = shapes.findIndex(isBatched);
  const inputShape = direct < 0 ? [1] : sampleShape(shapes[direct]!);
  const graph = traceModel((x, scope) => {
    const operands = shapes.map((shape, i) => (i === direct ? x : operand(x, scope, shape, i)));
    const computed =
      operands.length > 0
        ? applyOperator(name, operands, attributes)
        : new Tensor(x.builder, x.builder.add(name, [], attributes));
    const result = given ? applyOperator('recordOutput', [computed], { shape: given }) : computed;
    if (isBatched(result.shape)) return result;
    return add(reshape(x, [-1]), reshape(result, [product(result.shape as number[])]));
  }, inputShape);
  const attributed = Object.keys(attributes).length > 0 ? ` ${JSON.stringify(attributes)}` : '';
  const operands = shapes.map((shape) => `[${shape.join(', ')}]`).join(' ');
  return { name: `${name} ${operands}${attributed}`, graph, inputShape };
}

/** A parameter, or something computed of the input. */
function operand(x: Tensor, scope: Scope, shape: Shape, index: number): Tensor {
  const sample = sampleShape(shape);
  if (!isBatched(shape)) return scope.parameter(`operand${index}`, sample, zeros());
  const flat = reshape(x, [-1]);
  const weight = scope.parameter(
    `weight${index}`,
    [flat.shape[1] as number, product(sample)],
    zeros(),
  );
  return reshape(matmul(flat, weight), sample);
}

function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>(
    (all, list) => all.flatMap((begun) => list.map((value) => [...begun, value])),
    [[]],
  );
}
