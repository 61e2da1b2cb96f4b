// Parameters that are trained otherwise than the optimizer says: frozen, or with a learning rate or weight decay of their
// own. What somebody asks for by functions and patterns becomes plain data by name at once, which is what a run keeps and
// sends.
// Invariant: of one meaning there is one form, so that equal runs have equal configurations.
import { checkOptions, describeValue, type OptionNames, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { matchNames, type NameMatch } from '../graph/name-match.js';
import type { Schedule } from '../schedules/schedule.js';
import type { OptimizerConfig } from './optimizer.js';

/** Some parameters, and what holds for them in place of what the optimizer says: plain data. */
export interface ParameterGroup {
  /** Their names, in the order of declaration. */
  readonly parameters: readonly string[];
  /** They stay as they are, and so do the optimizer's vectors for them. */
  readonly frozen?: true;
  /** The base learning rate, before the schedule. */
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

/** A group as somebody asks for it. */
export interface GroupOptions {
  /** Which parameters: a function of the name, a RegExp, or names. */
  readonly match: NameMatch;
  /** In place of the optimizer's, before the schedule. */
  readonly learningRate?: number | undefined;
  /** The optimizer's learning rate times this. */
  readonly learningRateFactor?: number | undefined;
  readonly weightDecay?: number | undefined;
}

/** What a run says of its parameters. */
export interface GroupingOptions {
  /** Which parameters are trained; the others are frozen: they stay as they are. Default: all. */
  readonly trainable?: NameMatch | undefined;
  /** Parameters with a learning rate or weight decay of their own; none may be in two groups. */
  readonly groups?: readonly GroupOptions[] | undefined;
}

const GROUP_OPTIONS: OptionNames<GroupOptions> = {
  ...{ match: true, learningRate: true, learningRateFactor: true, weightDecay: true },
};
const GROUP_KEYS: OptionNames<ParameterGroup> = {
  ...{ parameters: true, frozen: true, learningRate: true, weightDecay: true },
};

type Settings = Omit<ParameterGroup, 'parameters'>;

/**
 * @param operation for errors
 * @param names of all parameters, in the order of declaration
 * @returns the groups of those that are trained otherwise than the optimizer says; none where there are no such
 * @throws ConfigError if a rule is none, meets no parameter, or one that another has; or a number is out of its range
 */
export function resolveGroups(
  operation: string,
  { trainable, groups = [] }: GroupingOptions,
  names: readonly string[],
  optimizer: OptimizerConfig,
): readonly ParameterGroup[] {
  const settings = new Map<string, Settings>();
  if (!Array.isArray(groups)) {
    throw new ConfigError(
      `${operation}: groups are ${describeValue(groups)}, expected a list of { match, learningRate, weightDecay }`,
    );
  }
  const owners = new Map<string, number>();
  for (const [index, group] of groups.entries()) {
    const what = `${operation}: groups[${index}]`;
    const own = settingsOf(what, group, optimizer);
    const matched = matchNames(`${what}.match`, group.match, names);
    if (matched.length === 0) {
      throw new ConfigError(`${what}.match: it meets no parameter; there are ${names.join(', ')}`);
    }
    for (const name of matched) {
      const other = owners.get(name);
      if (other !== undefined) {
        throw new ConfigError(
          `${what}: "${name}" is in groups[${other}] already; a parameter can be in one group only`,
        );
      }
      owners.set(name, index);
      settings.set(name, own);
    }
  }
  if (trainable !== undefined) {
    const trained = matchNames(`${operation}: trainable`, trainable, names);
    if (trained.length === 0 && names.length > 0) {
      throw new ConfigError(
        `${operation}: trainable: of ${names.join(', ')} no parameter is, so there is nothing to train`,
      );
    }
    for (const name of names) if (!trained.includes(name)) settings.set(name, { frozen: true });
  }
  return canonical(settings, names);
}

/**
 * Reads groups from outside (a file, a message).
 *
 * @param what for errors
 * @param names of all parameters
 * @throws ConfigError if they are no groups, name what is no parameter, or one twice; or a number is out of its range
 */
export function validateGroups(
  what: string,
  json: unknown,
  names: readonly string[],
  optimizer: OptimizerConfig,
): readonly ParameterGroup[] {
  if (!Array.isArray(json) || json.length > names.length) {
    throw new ConfigError(
      `${what}: groups are ${describeValue(json)}, expected a list of at most one for each parameter`,
    );
  }
  const known = new Set(names);
  const settings = new Map<string, Settings>();
  for (const [index, group] of json.entries()) {
    const at = `${what}: groups[${index}]`;
    checkOptions(at, group as ParameterGroup, GROUP_KEYS);
    const { parameters, frozen, ...numbers } = group as ParameterGroup;
    if (!Array.isArray(parameters) || parameters.length === 0) {
      throw new ConfigError(`${at}.parameters: expected names of parameters`);
    }
    if (frozen !== undefined && (frozen !== true || Object.keys(numbers).length > 0)) {
      throw new ConfigError(`${at}: expected frozen: true alone, or learningRate and weightDecay`);
    }
    const own: Settings = frozen ? { frozen } : settingsOf(at, numbers, optimizer);
    for (const name of parameters as unknown[]) {
      if (typeof name !== 'string' || !known.has(name) || settings.has(name)) {
        throw new ConfigError(
          `${at}.parameters: ${describeValue(name)} is no parameter of the model, or in a group already`,
        );
      }
      settings.set(name, own);
    }
  }
  return canonical(settings, names);
}

/** @throws ConfigError if a group says nothing, something that this optimizer has not, or a number out of its range */
function settingsOf(
  what: string,
  given: Omit<GroupOptions, 'match'>,
  optimizer: OptimizerConfig,
): Settings {
  checkOptions(what, given as GroupOptions, GROUP_OPTIONS);
  const { learningRate, learningRateFactor, weightDecay } = given;
  if (learningRate !== undefined && learningRateFactor !== undefined) {
    throw new ConfigError(`${what}: learningRate and learningRateFactor say the same; give one`);
  }
  const atLeast0 = { min: 0 };
  const factor = learningRateFactor ?? 1;
  requireNumber(what, 'learningRateFactor', factor, atLeast0);
  const rate = requireNumber(
    what,
    'learningRate',
    learningRate ?? factor * optimizer.learningRate,
    atLeast0,
  );
  const isOwnRate = rate !== optimizer.learningRate;
  if (isOwnRate && hasMaximum(optimizer.schedule)) {
    throw new ConfigError(
      `${what}: the one-cycle schedule has a maximum, which is the rate of all parameters; leave it out, and each group's learning rate is its maximum`,
    );
  }
  // Not every optimizer has it.
  const decay = (optimizer as { readonly weightDecay?: number }).weightDecay;
  if (weightDecay !== undefined && decay === undefined) {
    const name = optimizer.kind === 'custom' ? optimizer.name : optimizer.kind;
    throw new ConfigError(`${what}: the optimizer ${name} has no weightDecay`);
  }
  if (weightDecay !== undefined) requireNumber(what, 'weightDecay', weightDecay, atLeast0);
  if ([learningRate, learningRateFactor, weightDecay].every((one) => one === undefined)) {
    throw new ConfigError(
      `${what}: it says nothing of its parameters; expected learningRate, learningRateFactor or weightDecay. What is frozen, trainable says`,
    );
  }
  return {
    ...(isOwnRate && { learningRate: rate }),
    ...(weightDecay !== undefined && weightDecay !== decay && { weightDecay }),
  };
}

function hasMaximum(schedule: Schedule | undefined): boolean {
  let current = schedule;
  while (current?.kind === 'warmup') current = current.next;
  return current?.kind === 'one-cycle' && current.maximum !== undefined;
}

/** Groups in the order of their first parameters, each different from every other and from the optimizer's own. */
function canonical(
  settings: ReadonlyMap<string, Settings>,
  names: readonly string[],
): readonly ParameterGroup[] {
  const groups = new Map<string, { parameters: string[]; own: Settings }>();
  for (const name of names) {
    const own = settings.get(name) ?? {};
    if (Object.keys(own).length === 0) continue;
    const key = JSON.stringify([own.frozen, own.learningRate, own.weightDecay]);
    const group = groups.get(key) ?? { parameters: [], own };
    group.parameters.push(name);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ parameters, own }) => ({ parameters, ...own }));
}
