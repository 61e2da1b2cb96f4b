// An update that somebody wrote becomes data: it is called once, with tensors that record what is done to them.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from '../../errors.js';
import { Tensor } from '../../model/tensor.js';
import { sameShape } from '../../shape.js';
import { GraphBuilder, neededNodes } from '../../transform/builder.js';
import { SCALARS, type UpdateGraph, VECTORS, validateUpdate } from './update-graph.js';

/** What an update is made of: see `optimizer`. */
export interface UpdateInputs<State extends string, Options> {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly state: Readonly<Record<State, Tensor>>;
  /** This step's, after the schedule. */
  readonly learningRate: Tensor;
  /** Of the options, or of the parameter's group; 0 where none is given. */
  readonly weightDecay: Tensor;
  /** 1 at the first. */
  readonly step: Tensor;
  /** b to the power of `step`. */
  power(b: number): Tensor;
  readonly options: Options;
}

/** What an update of one parameter gives. */
export interface UpdateResult<State extends string> {
  readonly parameter: Tensor;
  /** The new value of each vector; left out where there are none. */
  readonly state?: Readonly<Record<State, Tensor>>;
}

export type UpdateFunction<State extends string, Options> = (
  inputs: UpdateInputs<State, Options>,
) => UpdateResult<State>;

/** @param state the names of the vectors. @throws ConfigError, GraphError or ShapeError as `optimizer` */
export function traceUpdate<State extends string, Options>(
  state: readonly string[],
  options: Options,
  update: UpdateFunction<State, Options>,
): UpdateGraph {
  const builder = new GraphBuilder();
  const powers: number[] = [];
  const source = (op: 'vector' | 'scalar', index: number): Tensor =>
    new Tensor(builder, builder.add(op, [], { index }));
  const [parameter, gradient] = VECTORS.map((_, index) => source('vector', index));
  const [learningRate, step, weightDecay] = SCALARS.map((_, index) => source('scalar', index));
  const vectors = state.map((name, index) => [name, source('vector', VECTORS.length + index)]);
  const power = (b: number): Tensor => {
    if (typeof b !== 'number' || !Number.isFinite(Math.fround(b))) {
      throw new ConfigError(`power: the base is ${describeValue(b)}, expected a finite number`);
    }
    if (!powers.includes(b)) powers.push(b + 0);
    return source('scalar', SCALARS.length + powers.indexOf(b));
  };
  const result: unknown = update({
    parameter: parameter!,
    gradient: gradient!,
    state: Object.fromEntries(vectors) as Record<State, Tensor>,
    learningRate: learningRate!,
    step: step!,
    weightDecay: weightDecay!,
    power,
    options,
  });
  const outputs = resultsOf(result, state, builder);
  // What leads to no output is left out; the sources that nobody reads are as good as not there.
  const needed = neededNodes(builder.nodes, outputs);
  const place = new Map<number, number>();
  for (const index of builder.nodes.keys()) if (needed[index]) place.set(index, place.size);
  const at = (index: number): number => place.get(index)!;
  const nodes = builder.nodes
    .filter((_, index) => needed[index])
    .map((node) => ({ ...node, inputs: node.inputs.map(at) }));
  return validateUpdate({ powers, nodes, outputs: outputs.map(at) }, state.length);
}

/** The nodes of the new parameters and the new state, each [N]. */
function resultsOf(result: unknown, state: readonly string[], builder: GraphBuilder): number[] {
  if (typeof (result as { then?: unknown } | null)?.then === 'function') {
    throw new ConfigError('update: gave a promise; expected { parameter, state } at once');
  }
  if (typeof result !== 'object' || result === null || result instanceof Tensor) {
    throw new ConfigError(
      `update: gave ${result instanceof Tensor ? 'a tensor' : describeValue(result)}, expected { parameter, state }`,
    );
  }
  const { parameter, state: given = {}, ...others } = result as Record<string, unknown>;
  for (const other of Object.keys(others)) {
    throw new ConfigError(
      `update: gave ${describeValue(other)} besides; expected { parameter, state }`,
    );
  }
  if (typeof given !== 'object' || given === null || given instanceof Tensor) {
    throw new ConfigError(`update: state is ${describeValue(given)}, expected { ${state} }`);
  }
  for (const name of Object.keys(given)) {
    if (state.includes(name)) continue;
    throw new ConfigError(
      `update: gave a new ${describeValue(name)}, which is not in the optimizer's state; name it there`,
    );
  }
  const node = (what: string, value: unknown): number => {
    if (!(value instanceof Tensor) || value.builder !== builder) {
      throw new ConfigError(
        `update: the new ${what} is ${describeValue(value)}, expected a tensor made of what the update is given`,
      );
    }
    if (sameShape(value.shape, ['N'])) return value.node;
    return builder.add('broadcast', [value.node], { shape: ['N'] });
  };
  return [
    node('parameter', parameter),
    ...state.map((name) => node(`state "${name}"`, (given as Record<string, unknown>)[name])),
  ];
}
