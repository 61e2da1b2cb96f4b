import { expect, test } from 'vitest';
import { sgd } from '../optimizers/sgd.js';
import { layOutParameters } from '../plan/parameters.js';
import { piecesWithin, updatePieces } from './update-pieces.js';

/** Four parameters of 8, 12, 4 and 16 floats. */
const LAYOUT = layOutParameters(
  [8, 12, 4, 16].map((size, i) => ({ name: `p${i}`, shape: [size], init: { kind: 'zeros' } })),
  [],
);
const FIRSTS = LAYOUT.slots.map(({ offset }) => offset);

function piecesWith(frozen: readonly string[]) {
  const groups = frozen.length === 0 ? [] : [{ parameters: frozen, frozen: true as const }];
  return updatePieces(LAYOUT, sgd(), groups).pieces;
}

test('without groups the flat vector is one piece', () => {
  expect(piecesWith([])).toEqual([{ offset: 0, length: LAYOUT.length, group: 0 }]);
});

test('neighbours of one group are one piece, and what lies between two pieces belongs to the one before', () => {
  expect(piecesWith(['p1', 'p2'])).toEqual([
    { offset: 0, length: FIRSTS[1], group: 0 },
    { offset: FIRSTS[1], length: FIRSTS[3]! - FIRSTS[1]!, group: 1 },
    { offset: FIRSTS[3], length: LAYOUT.length - FIRSTS[3]!, group: 0 },
  ]);
});

test('ranges one behind the other have every float once, in its group, in parts of at most so many', () => {
  const pieces = piecesWith(['p1']);
  const whole = pieces.flatMap(({ length, group }) => Array(length).fill(group));
  for (const cut of [0, 4, FIRSTS[1]!, 13, LAYOUT.length]) {
    const parts = [
      { first: 0, end: cut },
      { first: cut, end: LAYOUT.length + 100 },
    ].flatMap((range) => piecesWithin(pieces, range, 5));
    const groups: number[] = [];
    for (const { offset, length, group } of parts) {
      expect(offset).toBe(groups.length);
      expect(length).toBeLessThanOrEqual(5);
      groups.push(...Array(length).fill(group));
    }
    expect(groups).toEqual(whole);
  }
});
