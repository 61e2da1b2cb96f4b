import { describe, expect, it } from 'vitest';
import { LockstepError } from './errors.js';
import { nearestName } from './nearest-name.js';
import { checkOptions, type NoOptions, type OptionNames } from './options.js';

interface Options {
  learningRate?: number;
  beta1?: number;
  beta2?: number;
  batchSize?: number;
  weightDecay?: number;
}

const NAMES: OptionNames<Options> = {
  learningRate: true,
  beta1: true,
  beta2: true,
  batchSize: true,
  weightDecay: true,
};

describe('checkOptions', () => {
  it('takes options that there are', () => {
    expect(() => checkOptions('adam', { learningRate: 1, beta1: undefined }, NAMES)).not.toThrow();
    expect(() => checkOptions('adam', {}, NAMES)).not.toThrow();
  });

  it.each([
    ['lr', 'learningRate'],
    ['betas', 'beta1 and beta2'],
    ['batch_size', 'batchSize'],
    ['batchsize', 'batchSize'],
    ['BatchSize', 'batchSize'],
    ['weight_decay', 'weightDecay'],
    ['leraningRate', 'learningRate'],
    ['learnRate', 'learningRate'],
    ['beta', 'beta1'],
    ['size', 'batchSize'],
    ['batchSizeOfAStep', 'batchSize'],
  ])('refuses %s and suggests %s', (name, near) => {
    expect(() => checkOptions('adam', { [name]: 1 } as Options, NAMES)).toThrow(
      `adam: unknown option "${name}"; did you mean ${near}?`,
    );
  });

  it('lists the options where none is near', () => {
    expect(() => checkOptions('adam', { colour: 1 } as Options, NAMES)).toThrow(
      'adam: unknown option "colour"; the options are learningRate, beta1, beta2, batchSize, weightDecay',
    );
  });

  it('does not take what every object inherits for an option', () => {
    expect(() => checkOptions('adam', { toString: 1 } as Options, NAMES)).toThrow(
      'unknown option "toString"',
    );
  });

  it('says where there are no options at all', () => {
    expect(() => checkOptions('relu', { inplace: true } as unknown as NoOptions, {})).toThrow(
      'relu: unknown option "inplace"; it takes none',
    );
  });

  it.each([
    [null, 'null'],
    [undefined, 'nothing'],
    [0.01, '0.01'],
    ['x', '"x"'],
    [[1], 'an array'],
    [() => 1, 'a function'],
  ])('refuses %j in place of an object, and says what options there are', (value, got) => {
    expect(() => checkOptions('adam', value as Options, NAMES)).toThrow(
      `adam: expected one object with options (learningRate, beta1, beta2, batchSize, …), got ${got}`,
    );
  });

  it('refuses what is an object of another class', () => {
    expect(() => checkOptions('adam', new Float32Array(1) as Options, NAMES)).toThrow(
      LockstepError,
    );
  });
});

describe('nearestName', () => {
  it('suggests nothing that is not allowed', () => {
    expect(nearestName('lr', ['epochs'])).toBeUndefined();
    expect(nearestName('constructor', ['epochs'])).toBeUndefined();
  });

  it('suggests nothing for a name of one or two letters, nor for one without any', () => {
    expect(nearestName('c', ['x', '', 'target'])).toBeUndefined();
    expect(nearestName('ab', ['cd', 'abc'])).toBeUndefined();
    expect(nearestName('C', ['x', 'c'])).toBe('c');
    expect(nearestName('?', ['x', '!'])).toBeUndefined();
  });

  it('compares letters of every script', () => {
    expect(nearestName('собака', ['кот', 'рыба'])).toBeUndefined();
    expect(nearestName('собакa', ['кот', 'собака'])).toBe('собака');
  });

  it.each([
    ['sep', ['target', 'delimiter'], 'delimiter'],
    ['test', ['model', 'data'], 'data'],
    ['T_max', ['steps', 'minimum'], 'steps'],
    ['divisor', ['inputs', 'inputDivisor'], 'inputDivisor'],
  ])('knows that %s of %j is %s', (name, allowed, near) => {
    expect(nearestName(name, allowed)).toBe(near);
  });

  it('prefers the nearest of several', () => {
    expect(nearestName('epoch', ['epochs', 'poch'])).toBe('epochs');
  });
});
