// A run's configuration as it comes back from a file: checked completely before it is used.
import { ConfigError, validateGraph, validateOptimizer } from '@lockstep/core';
import {
  type RunConfig,
  requireResolved,
  validateAugmentations,
  validateGroups,
  validateStopRule,
} from '@lockstep/core/internal';
import { inPlace, requireNumber } from '@lockstep/errors';
import { checkShards } from '@lockstep/tree';

/** @throws ConfigError, GraphError or ShapeError naming what is wrong */
export function validateRunConfig(json: unknown, what: string): RunConfig {
  const value = json as Partial<Record<keyof RunConfig, unknown>> | null;
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(`${what}: expected a run's configuration, got ${String(json)}`);
  }
  const whole = (name: 'seed' | 'batchSize' | 'shards' | 'epochs', least: number): number => {
    const number = value[name];
    if (!Number.isSafeInteger(number) || (number as number) < least) {
      throw new ConfigError(
        `${what}: ${name} is ${String(number)}, expected a whole number of at least ${least}`,
      );
    }
    return number as number;
  };
  const flag = (name: 'shuffle' | 'dropLast'): boolean => {
    if (typeof value[name] !== 'boolean') {
      throw new ConfigError(`${what}: ${name} is ${String(value[name])}, expected true or false`);
    }
    return value[name];
  };
  const shards = whole('shards', 1);
  const { validation, stopping, augment } = value;
  const graph = inPlace(what, () => validateGraph(value.graph));
  const optimizer = inPlace(what, () => validateOptimizer(value.optimizer));
  requireResolved(what, optimizer.schedule);
  const names = graph.parameters.map(({ name }) => name);
  const groups = validateGroups(what, value.groups ?? [], names, optimizer);
  return {
    graph,
    optimizer,
    ...(groups.length > 0 && { groups }),
    seed: whole('seed', 0),
    batchSize: whole('batchSize', 1),
    shards: inPlace(what, () => {
      checkShards(shards);
      return shards;
    }),
    epochs: whole('epochs', 0),
    shuffle: flag('shuffle'),
    dropLast: flag('dropLast'),
    ...(augment !== undefined && { augment: validateAugmentations(what, augment) }),
    ...(validation !== undefined && {
      validation: requireNumber(what, 'validation', validation, { above: 0, below: 1 }),
    }),
    ...(stopping !== undefined && { stopping: inPlace(what, () => validateStopRule(stopping)) }),
  };
}
