// How a tile of the flat vector is updated: in pieces of one group each. Without groups a tile is one piece.
// Invariant: tiles lie where they always lie; a piece begins and ends at a parameter's first float or the tile's border, so
// on a 16-byte boundary, and pieces cover every float of a tile once, those between parameters with the one before.
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
  /** For each tile, in order. */
  readonly tiles: readonly (readonly UpdatePiece[])[];
}

/** @param tileFloats the length of a tile */
export function updatePieces(
  layout: ParameterLayout,
  optimizer: OptimizerConfig,
  groups: readonly ParameterGroup[],
  tileFloats: number,
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
  const spans: { first: number; group: number }[] = [];
  for (const { name, offset } of layout.slots) {
    const group = byName.get(name) ?? 0;
    if (spans.at(-1)?.group !== group) spans.push({ first: offset, group });
  }
  const tiles: UpdatePiece[][] = [];
  for (let first = 0, at = 0; first < layout.length; first += tileFloats) {
    const end = Math.min(first + tileFloats, layout.length);
    const pieces: UpdatePiece[] = [];
    for (let offset = first; offset < end; ) {
      while ((spans[at + 1]?.first ?? Number.POSITIVE_INFINITY) <= offset) at++;
      const next = Math.min(spans[at + 1]?.first ?? end, end);
      pieces.push({ offset, length: next - offset, group: spans[at]!.group });
      offset = next;
    }
    tiles.push(pieces);
  }
  return { groups: [others, ...own], tiles };
}
