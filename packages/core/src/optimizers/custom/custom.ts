// An optimizer that somebody writes as a function over tensors. The function is called once, and what it does to them
// becomes data: a small graph that travels with the run's configuration, is checked where it comes in, and is computed by
// the kernels over the flat vectors, on any thread, machine or page. No code of its writer's runs in a step.
import { ConfigError, checkOptions, describeValue, inPlace, requireNumber } from '@lockstep/errors';
import { COMMON_OPTIONS, type CommonConfig, type CommonOptions, commonConfig } from '../rule.js';
import { traceUpdate, type UpdateFunction } from './trace.js';
import { readsScalar, type UpdateGraph, validateState, validateUpdate } from './update-graph.js';

/** As data; survives JSON. */
export interface CustomConfig extends CommonConfig {
  readonly kind: 'custom';
  /** What its writer calls it. */
  readonly name: string;
  /** The names of its vectors, each as long as the parameters and zero at the beginning. */
  readonly state: readonly string[];
  /** Left out where the update is given 0. */
  readonly weightDecay?: number;
  readonly update: UpdateGraph;
}

/** What the update is given as numbers: all options but those that every optimizer has. */
type OwnNumbers<Options> = Omit<Options, keyof CommonOptions | 'weightDecay'>;

/** An optimizer as somebody writes it: its vectors, its options, and the update of one parameter. */
export interface OptimizerDefinition<
  State extends string,
  Options extends CommonOptions & Readonly<Record<string, unknown>>,
> {
  /** The names of its vectors; none if left out. */
  readonly state?: readonly State[];
  /** The common options, and numbers of its own, which `update` is given. */
  readonly options?: Options;
  readonly update: UpdateFunction<State, OwnNumbers<Options>>;
}

const DEFINITION = { state: true, options: true, update: true } as const;

/** Options that say something by their names. */
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(COMMON_OPTIONS), 'weightDecay']);

const MAX_NAME = 64;

/**
 * An optimizer of one's own, for `fit`, `train` and `coordinate`.
 *
 * `update` is called once, to be traced, with tensors of one number for each number of a parameter: `parameter`, `gradient`
 * (the mean over the batch, clipped if that is asked for) and, by name, the vectors of `state`, which are zero at the
 * beginning; with what is one number a step: `learningRate`, after the schedule, `weightDecay`, `step`, 1 at the first, and
 * `power(b)`, b to the power of `step`; and with the numbers of `options` that are no other optimizer's. It returns the new parameter
 * and the new state, made by operators that work element by element: add, sub, mul, div, neg, sqrt, maximum, minimum, abs,
 * sign, step, exp, log and activations. What is one number a step is computed in float64 and rounded to float32 once.
 *
 * @param name what files and errors call it
 * @param definition.options.learningRate 0.001; with `weightDecay`, it is what groups may have of their own
 * @throws ConfigError if an option is out of range, or `update` gives something else
 * @throws GraphError or ShapeError if it uses what does not work element by element
 *
 * @example
 * const lion = optimizer('lion', {
 *   state: ['m'],
 *   options: { learningRate: 1e-4, beta1: 0.9, beta2: 0.99 },
 *   update: ({ parameter, gradient, state: { m }, learningRate, options: { beta1, beta2 } }) => ({
 *     parameter: sub(parameter, mul(learningRate, sign(add(mul(beta1, m), mul(1 - beta1, gradient))))),
 *     state: { m: add(mul(beta2, m), mul(1 - beta2, gradient)) },
 *   }),
 * });
 */
export function optimizer<
  State extends string = never,
  Options extends CommonOptions & Readonly<Record<string, unknown>> = Record<never, never>,
>(name: string, definition: OptimizerDefinition<State, Options>): CustomConfig {
  checkName(name);
  checkOptions(name, definition, DEFINITION);
  if (typeof definition.update !== 'function') {
    throw new ConfigError(
      `${name}: update is ${describeValue(definition.update)}, expected a function that gives { parameter, state }`,
    );
  }
  const { state = [], options = {} as Options, update } = definition;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(
      `${name}: options are ${describeValue(options)}, expected an object of numbers`,
    );
  }
  const common: Record<string, unknown> = {};
  const numbers: Record<string, number> = {};
  for (const [option, value] of Object.entries(options)) {
    if (KNOWN.has(option)) common[option] = value;
    else numbers[option] = requireNumber(name, option, value as number);
  }
  const names = inPlace(name, () => validateState(state));
  const graph = inPlace(name, () => traceUpdate(names, numbers as OwnNumbers<Options>, update));
  return custom({ name, ...common, state: names, update: graph });
}

/**
 * Reads the options of one from outside.
 *
 * @throws ConfigError or GraphError if it is none
 */
export function custom(options: object): CustomConfig {
  const { name, state, update, weightDecay, ...common } = options as Partial<
    Record<'name' | 'state' | 'update', unknown>
  > &
    CommonOptions & { weightDecay?: number };
  checkName(name);
  for (const option of Object.keys(common)) {
    if (Object.hasOwn(COMMON_OPTIONS, option)) continue;
    throw new ConfigError(`${name}: unknown option ${describeValue(option)}`);
  }
  const names = inPlace(name, () => validateState(state));
  const graph = inPlace(name, () => validateUpdate(update, names.length));
  if (weightDecay !== undefined) {
    requireNumber(name, 'weightDecay', weightDecay, { min: 0 });
    if (!readsScalar(graph, 'weightDecay')) {
      throw new ConfigError(`${name}: weightDecay is given, and the update does not use it`);
    }
  }
  return {
    kind: 'custom',
    name,
    ...commonConfig(name, common, 0.001),
    ...(weightDecay !== undefined && { weightDecay }),
    state: names,
    update: graph,
  };
}

function checkName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '' && name.length <= MAX_NAME) return;
  throw new ConfigError(
    `optimizer: the name is ${describeValue(name)}, expected a text of 1 to ${MAX_NAME} characters`,
  );
}
