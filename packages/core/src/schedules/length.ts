// How long a schedule is: in steps, or in epochs, or as long as what is left of the run. A run knows how many steps an
// epoch has, and makes steps of all of them before it begins: what it keeps, sends and trains by is in steps alone.
import { requireInteger, requireNumber } from '@lockstep/errors';
import { ConfigError } from '../errors.js';

/** In steps; or in epochs, which need not be whole. */
export interface Length {
  readonly steps?: number | undefined;
  readonly epochs?: number | undefined;
}

/** @throws ConfigError if both are given, or one is out of its range */
export function checkLength(operation: string, { steps, epochs }: Length): Length {
  if (steps !== undefined && epochs !== undefined) {
    throw new ConfigError(`${operation}: steps and epochs say the same; give one`);
  }
  if (steps !== undefined) return { steps: requireInteger(operation, 'steps', steps, 1) };
  if (epochs === undefined) return {};
  return { epochs: requireNumber(operation, 'epochs', epochs, { above: 0 }) };
}

/** As `checkLength`, for what cannot be as long as what is left. @throws ConfigError if neither is given, too */
export function requireLength(operation: string, length: Length): Length {
  const checked = checkLength(operation, length);
  if (Object.keys(checked).length > 0) return checked;
  throw new ConfigError(`${operation}: expected steps, or epochs`);
}

/** @throws ConfigError if it is in epochs still, or as long as what is left */
export function stepsOf(kind: string, steps: number | undefined): number {
  if (steps !== undefined) return steps;
  throw new ConfigError(
    `${kind} schedule: how many steps it has is known in a run only; give steps, or make them by resolveSchedule`,
  );
}

/** A whole number of steps, and at least one. @param left what is left of the run, in steps */
export function inSteps({ steps, epochs }: Length, stepsPerEpoch: number, left: number): number {
  const asked = steps ?? (epochs === undefined ? left : Math.round(epochs * stepsPerEpoch));
  return Math.max(1, asked);
}
