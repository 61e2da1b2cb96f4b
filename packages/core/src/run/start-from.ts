// Some of what another training has learnt, as what a run starts from; all else is drawn from the seed, with the bits that it
// has without it. What is taken is decided by names, and told.
import { checkOptions, describeValue, nearestName, type OptionNames } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { matchNames, type NameMatch } from '../graph/name-match.js';
import { formatShape, sameShape } from '../shape.js';
import { type ParametersInput, toParameters } from './given-parameters.js';
import type { Parameters, ParameterValues } from './parameter-values.js';
import { givenState, initialState, type RunState, valuesOf } from './state.js';

/** Parameters by name, or a trained model, whose buffers count, too. */
export type StartSource =
  | ParametersInput
  | { readonly parameters: Parameters; readonly buffers: Parameters };

/** What `startFrom` takes. */
export interface StartFromOptions {
  /** Which of them, by the names that they have there: a function, a RegExp, or names. Default: all that the model has. */
  readonly only?: NameMatch | undefined;
  /** What they are called in the model: a function of the name, or an object of names by names. Default: the same. */
  readonly rename?: ((name: string) => string) | Readonly<Record<string, string>> | undefined;
  /** Told what was taken, and what not, when a run begins. */
  readonly onReport?: ((report: StartReport) => void) | undefined;
}

/** What of the given parameters was taken, and what was not. */
export interface StartReport {
  /** Names in the model. */
  readonly taken: readonly string[];
  /** Names where they came from, of what was left there. */
  readonly left: readonly string[];
  /** Names in the model, of what is drawn from the seed. */
  readonly drawn: readonly string[];
}

const OPTIONS: OptionNames<StartFromOptions> = { only: true, rename: true, onReport: true };

/** What `startFrom` gives: for `parameters` of `fit`, `train` and `coordinate`. */
export class PartialStart {
  readonly #source: Parameters;
  readonly #options: StartFromOptions;
  /** What was asked for by name, by its name in the model. */
  readonly #chosen: ReadonlyMap<
    string,
    { readonly from: string; readonly values: ParameterValues }
  >;

  constructor(source: Parameters, options: StartFromOptions) {
    this.#source = source;
    this.#options = options;
    const names = [...source.keys()];
    const from =
      options.only === undefined ? names : matchNames('startFrom: only', options.only, names);
    if (from.length === 0) {
      throw new ConfigError(
        `startFrom: only meets nothing; there are ${names.join(', ') || 'none'}`,
      );
    }
    const renamed = renaming(options.rename, from);
    const chosen = new Map<string, { from: string; values: ParameterValues }>();
    for (const name of from) {
      const to = renamed(name);
      const other = chosen.get(to);
      if (other) {
        throw new ConfigError(`startFrom: "${other.from}" and "${name}" are both called "${to}"`);
      }
      chosen.set(to, { from: name, values: source.get(name)! });
    }
    this.#chosen = chosen;
  }

  /**
   * @param operation for errors
   * @returns the model's parameters and buffers: those that are taken, and the others as `drawn`
   * @throws ConfigError if something was asked for that the model has not, or nothing is taken; ShapeError naming what has
   * another shape there
   */
  over(operation: string, drawn: Parameters): Parameters {
    const values = new Map(drawn);
    const taken = new Set<string>();
    const isAsked = this.#options.only !== undefined || this.#options.rename !== undefined;
    for (const [name, { from, values: given }] of this.#chosen) {
      const expected = drawn.get(name);
      if (!expected) {
        if (!isAsked) continue;
        const near = nearestName(name, [...drawn.keys()]);
        throw new ConfigError(
          `${operation}: startFrom: the model has no "${name}"${from === name ? '' : ` ("${from}" there)`}${near === undefined ? '' : ` (did you mean "${near}"?)`}; it has ${[...drawn.keys()].join(', ')}. Say which are meant with only, and what they are called with rename`,
        );
      }
      if (!sameShape(given.shape, expected.shape)) {
        throw new ShapeError(
          `${operation}: startFrom: "${name}" is ${formatShape(given.shape)}, the model expects ${formatShape(expected.shape)}. Leave it out with only, and it is drawn from the seed`,
        );
      }
      values.set(name, given);
      taken.add(name);
    }
    if (taken.size === 0) {
      throw new ConfigError(
        `${operation}: startFrom: of ${[...this.#chosen.keys()].join(', ')} the model has none; it has ${[...drawn.keys()].join(', ')}. Say what they are called there with rename`,
      );
    }
    const used = new Set([...taken].map((name) => this.#chosen.get(name)!.from));
    this.#options.onReport?.({
      taken: [...taken],
      left: [...this.#source.keys()].filter((name) => !used.has(name)),
      drawn: [...drawn.keys()].filter((name) => !taken.has(name)),
    });
    return values;
  }
}

/**
 * What a run starts from of another training: for `parameters` of `fit`, `train` and `coordinate`. What it does not take is
 * drawn from the run's seed, with the bits that it has without it.
 *
 * @param source a trained model, or parameters by name
 * @throws ConfigError if `only` or `rename` name what is not there, or two get one name
 *
 * @example startFrom(trained, { only: /^layers\.[02]/ })
 */
export function startFrom(source: StartSource, options: StartFromOptions = {}): PartialStart {
  checkOptions('startFrom', options, OPTIONS);
  const { parameters, buffers } = Object(source) as { parameters?: unknown; buffers?: unknown };
  const given =
    parameters instanceof Map
      ? new Map([...parameters, ...(buffers instanceof Map ? buffers : [])])
      : (source as ParametersInput);
  return new PartialStart(toParameters('startFrom', given), options);
}

/**
 * What a run starts from.
 *
 * @param given all of a network's parameters and buffers, some of them, or none
 */
export function startState(
  operation: string,
  graph: Graph,
  seed: number,
  given: ParametersInput | PartialStart | undefined,
): RunState {
  if (given === undefined) return initialState(graph, seed);
  if (given instanceof PartialStart) {
    return givenState(graph, given.over(operation, valuesOf(initialState(graph, seed))));
  }
  return givenState(graph, toParameters(operation, given));
}

/** @throws ConfigError if a map of names has one that is not there, or a function gives no name */
function renaming(
  rename: StartFromOptions['rename'],
  names: readonly string[],
): (name: string) => string {
  if (rename === undefined) return (name) => name;
  if (typeof rename === 'function') {
    return (name) => {
      const to: unknown = rename(name);
      if (typeof to === 'string' && to !== '') return to;
      throw new ConfigError(
        `startFrom: rename gives ${describeValue(to)} for "${name}", expected a name`,
      );
    };
  }
  if (typeof rename !== 'object' || rename === null) {
    throw new ConfigError(
      `startFrom: rename is ${describeValue(rename)}, expected a function of a name, or an object of names by names`,
    );
  }
  matchNames('startFrom: rename', Object.keys(rename), names);
  return (name) => (Object.hasOwn(rename, name) ? rename[name]! : name);
}
