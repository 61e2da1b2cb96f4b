import type { DatasetTraits } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { type DataPlace, nextCommands } from './next-commands.js';

const NUMBERS: DatasetTraits = {
  inputShape: [4],
  inputDivisor: 1,
  targetShape: [],
  classes: 3,
};
const DIGITS = { ...NUMBERS, inputShape: [28, 28], inputDivisor: 255, classes: 10 };
const TABLE: DatasetTraits = { ...NUMBERS, preparation: { inputs: [], targets: [] } };
const TEXT = { ...NUMBERS, tokenizer: { kind: 'bytes' } } as DatasetTraits;
const PARTS = { ...NUMBERS, inputParts: [{ name: 'left', shape: [2] }] } as DatasetTraits;

describe('after a run one would want to', () => {
  test.each<[string, DatasetTraits | undefined, DataPlace, string]>([
    ['ask about rows', NUMBERS, {}, 'predict runs/a rows.csv'],
    ['ask about the rows that are there', TABLE, { table: 'iris.csv' }, 'predict runs/a iris.csv'],
    ['ask about a picture', DIGITS, {}, 'predict runs/a picture.png'],
    ['ask about one that is there', DIGITS, { pictures: 'x/7.png' }, 'predict runs/a x/7.png'],
    ['go on with a text', TEXT, {}, 'generate runs/a'],
    ['ask about inputs by name', PARTS, {}, 'serve runs/a'],
  ])('%s', (_, traits, place, command) => {
    const [first, second] = nextCommands('runs/a', { traits, heads: false }, place);
    expect(first!.join(' ')).toBe(command);
    expect(second).toEqual(['report', 'runs/a']);
  });

  test('see the page of one that had one again', () => {
    const run = { traits: undefined, heads: false, hadPage: true };
    expect(nextCommands('runs/a', run, {})).toEqual([
      ['dashboard', 'runs/a'],
      ['report', 'runs/a'],
    ]);
  });

  test('look at a model of several outputs', () => {
    expect(nextCommands('runs/a', { traits: NUMBERS, heads: true }, {})[0]).toEqual([
      ...['inspect', 'runs/a'],
    ]);
  });

  test('have a report alone of what nobody knows the inputs of', () => {
    expect(nextCommands('runs/a', { traits: undefined, heads: false }, {})).toEqual([
      ['report', 'runs/a'],
    ]);
  });
});
