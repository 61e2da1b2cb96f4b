// How much each class counts, as somebody gives it: a number for each, in their order, or by their names.
import { describeValue, nearestName } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { isRecord } from '../record.js';

/** A weight of at least 0 for each class, in their order; or by the names of classes, where those without one have 1. */
export type ClassWeights = readonly number[] | Readonly<Record<string, number>>;

/** Looks at what can be wrong without the data. @throws ConfigError naming the class and its weight */
export function checkClassWeights(operation: string, weights: ClassWeights | undefined): void {
  if (weights === undefined) return;
  if (!Array.isArray(weights) && !isRecord(weights)) {
    throw new ConfigError(
      `${operation}: classWeights are ${describeValue(weights)}, expected a list of a number for each class, or an object of numbers by the names of classes`,
    );
  }
  const entries = Object.entries(weights);
  for (const [name, weight] of entries) {
    if (typeof weight === 'number' && Number.isFinite(Math.fround(weight)) && weight >= 0) continue;
    throw new ConfigError(
      `${operation}: the weight of class ${name} is ${describeValue(weight)}, expected a number of at least 0`,
    );
  }
  if (Array.isArray(weights)) requireSome(weights, operation);
}

/** @throws ConfigError if no class counts: a weight is a float32 */
function requireSome(weights: readonly number[], operation: string): void {
  if (weights.some((weight) => Math.fround(weight) > 0)) return;
  throw new ConfigError(
    `${operation}: of ${weights.length} classWeights none is above 0, so nothing would be learnt`,
  );
}

/**
 * @param names of the classes, where the data has some
 * @returns a weight for each class
 * @throws ShapeError if there are more or fewer of them than classes; ConfigError if a name is none of a class
 */
export function weightsOfClasses(
  weights: ClassWeights,
  classes: number,
  names: readonly string[] | undefined,
): readonly number[] {
  if (isList(weights)) {
    if (weights.length === classes) return weights;
    throw new ShapeError(
      `cross-entropy: there are ${weights.length} classWeights, and ${classes} classes; expected a weight for each`,
    );
  }
  const known = names ?? Array.from({ length: classes }, (_, label) => String(label));
  for (const name of Object.keys(weights)) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    throw new ConfigError(
      `cross-entropy: classWeights: there is no class "${name}"${near === undefined ? '' : ` (did you mean "${near}"?)`}; the data has ${listed(known)}`,
    );
  }
  const each = known.map((name) => (Object.hasOwn(weights, name) ? weights[name]! : 1));
  requireSome(each, 'cross-entropy');
  return each;
}

/** The first of them: a text has a class for each of its tokens. */
function listed(names: readonly string[]): string {
  const most = 12;
  const rest = names.length - most;
  return names.slice(0, most).join(', ') + (rest > 0 ? `, … (${rest} more)` : '');
}

function isList(weights: ClassWeights): weights is readonly number[] {
  return Array.isArray(weights);
}
