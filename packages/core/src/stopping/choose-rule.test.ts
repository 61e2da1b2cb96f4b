import { describe, expect, it } from 'vitest';
import { metricNamed } from '../metrics/built-in.js';
import { metric } from '../metrics/metric.js';
import { chooseRule, type StopOptions } from './choose-rule.js';
import { validateStopRule } from './stop-rule.js';

const METRICS = ['accuracy', 'log-loss', 'confusion-matrix'].map((name) => metricNamed(name)!);
const parts = { build: () => ({}), finish: () => 0 };

function rule(options: StopOptions, evaluated: readonly string[] = ['validation', 'test']) {
  return chooseRule('train', options, evaluated, METRICS);
}

it('no option is no rule', () => {
  expect(rule({})).toBeUndefined();
  expect(rule({ patience: undefined })).toBeUndefined();
});

it('epochs are compared by the loss of validation data, else of test data', () => {
  const monitored = (...evaluated: string[]) => rule({ patience: 1 }, evaluated)?.monitor?.metric;
  expect(monitored('test', 'validation')).toBe('validation.loss');
  expect(monitored('test')).toBe('loss');
  expect(monitored('other')).toBe('other.loss');
});

it.each([
  ['accuracy', ['test', 'validation'], 'accuracy', 'larger'],
  ['test.accuracy', ['test'], 'accuracy', 'larger'],
  ['testLoss', ['test'], 'loss', 'smaller'],
  ['validation.log-loss', ['validation'], 'validation.log-loss', 'smaller'],
  ['accuracy', ['validation'], 'validation.accuracy', 'larger'],
  ['trainLoss', [], 'trainLoss', 'smaller'],
] as const)('%s of %j is %s, and %s is better', (monitor, evaluated, name, better) => {
  expect(rule({ monitor, keep: 'best' }, evaluated)?.monitor).toEqual({ metric: name, better });
});

it('comes back from a file as it was', () => {
  const given = rule({
    patience: 3,
    minDelta: 0.01,
    keep: 'best',
    target: { accuracy: 0.9 },
    maxSeconds: 9,
  });
  expect(validateStopRule(JSON.parse(JSON.stringify(given)))).toEqual(given);
  expect(Object.keys(validateStopRule(given))).toEqual(Object.keys(given!));
});

it('a metric of one’s own says which of two values is better', () => {
  const own = metric('own', { ...parts, better: 'larger' });
  expect(chooseRule('train', { target: { own: 1 } }, ['test'], [own])?.target).toEqual([
    { metric: 'own', better: 'larger', value: 1 },
  ]);
  expect(() => chooseRule('train', { monitor: 'own' }, ['test'], [metric('own', parts)])).toThrow(
    /monitor names own, which does not say which of two values is better.*better: 'larger'/,
  );
  expect(() => metric('own', { ...parts, better: 'more' as never })).toThrow(
    /expected 'larger' or/,
  );
});

describe('is refused', () => {
  it.each<[StopOptions, RegExp]>([
    [{ patience: 0 }, /train: patience .*\[1, /],
    [{ patience: 1.5 }, /train: patience/],
    [{ patience: 2, minDelta: -1 }, /train: minDelta/],
    [{ minDelta: 0.1 }, /give patience/],
    [{ keep: 'all' as never }, /train: keep/],
    [{ maxSeconds: 0 }, /train: maxSeconds/],
    [{ maxSeconds: Number.POSITIVE_INFINITY }, /train: maxSeconds/],
    [{ target: {} }, /target is empty/],
    [{ target: 0.9 as never }, /expected values by the names of metrics/],
    [{ target: { accuracy: '0.9' as never } }, /target\.accuracy/],
    [{ target: { acuracy: 0.9 } }, /did you mean accuracy\?/],
    [{ monitor: 'validation.los' }, /did you mean validation\.loss\? It tells validation\.loss, /],
    [{ monitor: 'constructor' }, /which this run does not tell\. It tells validation\.loss, /],
    [{ monitor: 'confusion-matrix' }, /does not say which of two values is better/],
    [{ monitor: 7 as never }, /expected the name of a metric/],
  ])('%j', (options, message) => {
    expect(() => rule(options)).toThrow(message);
  });

  it('a comparison of epochs where nothing is evaluated', () => {
    for (const options of [{ patience: 2 }, { keep: 'best' }] as const) {
      expect(() => rule(options, [])).toThrow(/Give validation: 0\.1/);
    }
  });

  it.each([
    null,
    [],
    {},
    { ...rule({ patience: 1 }), patience: -1 },
    { ...rule({ patience: 1 }), monitor: { metric: 'loss' } },
    { ...rule({ patience: 1 }), target: [{ metric: 'loss', better: 'smaller', value: 'x' }] },
    { ...rule({ patience: 1 }), keep: 'some' },
  ])('%j from a file', (json) => {
    expect(() => validateStopRule(json)).toThrow(/^stopping: /);
  });
});
