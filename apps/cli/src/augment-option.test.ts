import { crop, erase, flip, noise, rotate, shift } from '@lockstep/core';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addAugmentOption, augmentations } from './augment-option.js';

function parsed(...args: string[]) {
  const command = new Command('train').exitOverride().configureOutput({ outputError: () => {} });
  addAugmentOption(command);
  return augmentations(command.parse(args, { from: 'user' }).opts());
}

test('names, with a number or without, are augmentations in that order', () => {
  expect(parsed()).toEqual([]);
  expect(parsed('--augment', 'none')).toEqual([]);
  expect(parsed('--augment', 'crop=4,flip,rotate=7.5,erase')).toEqual([
    ...[crop(4), flip(), rotate(7.5), erase()],
  ]);
  expect(parsed('--augment', 'noise=.1, shift')).toEqual([noise(0.1), shift()]);
});

test.each([
  ['zoom', /kind must be one of shift, crop, flip, rotate, erase, noise, got "zoom"/],
  ['shift=0', /shift: pixels must be an integer/],
  ['shift=2=3', /shift=2=3: expected a name, or a name and a number/],
  ['shift=two', /expected a name, or a name and a number/],
  ['shift,', /kind must be one of/],
  ['', /kind must be one of/],
])('%j is refused', (text, message) => {
  expect(() => parsed('--augment', text)).toThrow(message);
});
