// How the flat vector is updated: in pieces of one group each, as long as they can be. Without groups a thread's tiles are one.
// Invariant: a piece begins and ends at a parameter's first float or a tile's border, so on a 16-byte boundary, and pieces
// cover every float once, those between parameters with the one before. How it is cut cannot change a bit.
import type { Range } from '@lockstep/tree';
import type { ParameterGroup } from '../optimizers/groups.js';
import { type OptimizerConfig, optimizerRule } from '../optimizers/optimizer.js';
import type { GraphRule, OptimizerRule } from '../optimizers/rule.js';
import type { ParameterLayout } from '../plan/parameters.js';

/** What holds for some parameters in a step. */
export interface UpdateGroup {
  /** Undefined: they are frozen. */
  readonly rule: OptimizerRule | GraphRule | undefined;
  /** Before the schedule. */
  readonly learningRate: number;
}

/** A stretch of the flat vector, in floats. */
export interface UpdatePiece {
  readonly offset: number;
  readonly length: number;
  /** Its number among the groups. */
  readonly group: number;
}

export interface UpdatePieces {
  /** The first: parameters for which the optimizer's own numbers hold. */
  readonly groups: readonly UpdateGroup[];
  /** The whole vector, in order. */
  readonly pieces: readonly UpdatePiece[];
}

export function updatePieces(
  layout: ParameterLayout,
  optimizer: OptimizerConfig,
  groups: readonly ParameterGroup[],
): UpdatePieces {
  const others: UpdateGroup = {
    rule: optimizerRule(optimizer),
    learningRate: optimizer.learningRate,
  };
  const byName = new Map<string, number>();
  const own = groups.map(({ parameters, frozen, learningRate, weightDecay }, index) => {
    const config = weightDecay === undefined ? optimizer : { ...optimizer, weightDecay };
    for (const name of parameters) byName.set(name, 1 + index);
    return {
      rule: frozen ? undefined : optimizerRule(config),
      learningRate: learningRate ?? optimizer.learningRate,
    };
  });
  const firsts: Omit<UpdatePiece, 'length'>[] = [];
  for (const { name, offset } of layout.slots) {
    const group = byName.get(name) ?? 0;
    if (firsts.at(-1)?.group !== group) firsts.push({ offset, group });
  }
  const pieces = firsts.map(({ offset, group }, index) => {
    const end = firsts[index + 1]?.offset ?? layout.length;
    return { offset, length: end - offset, group };
  });
  return { groups: [others, ...own], pieces };
}

/**
 * Those parts of pieces that lie in a range of floats, cut where they are long.
 *
 * @param most the most floats of a part
 */
export function piecesWithin(
  pieces: readonly UpdatePiece[],
  { first, end }: Range,
  most: number,
): UpdatePiece[] {
  const parts: UpdatePiece[] = [];
  for (const piece of pieces) {
    const last = Math.min(piece.offset + piece.length, end);
    for (let offset = Math.max(piece.offset, first); offset < last; offset += most) {
      parts.push({ offset, length: Math.min(most, last - offset), group: piece.group });
    }
  }
  return parts;
}
