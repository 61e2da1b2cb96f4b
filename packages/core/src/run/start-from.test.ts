// What a run starts from of another training: what is taken, what is drawn, and what is refused in which words.
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../errors.js';
import { fit } from '../fit.js';
import { tanh } from '../layers/activations.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { sequential } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { sgd } from '../optimizers/sgd.js';
import { toyDataset } from '../testing/toy-data.js';
import { initialParameters } from './parameter-values.js';
import { type StartFromOptions, type StartReport, startFrom } from './start-from.js';

const data = toyDataset({ samples: 6, inputShape: [2], classes: 3 });
const model = sequential(linear(2, 4), tanh(), linear(4, 3));
const other = initialParameters(traceModel(sequential(linear(2, 4), tanh(), linear(4, 5)), [2]), 9);
const drawn = initialParameters(traceModel(model, [2]), 1);

/** What a run of no epoch starts from. */
function start(options: StartFromOptions, source: Parameters<typeof startFrom>[0] = other) {
  const base = { model, data, loss: crossEntropy(), optimizer: sgd(), epochs: 0, seed: 1 };
  return fit({ ...base, parameters: startFrom(source, options) }).parameters;
}

describe('startFrom', () => {
  it('takes what is asked for, draws the rest with the bits it has without, and tells both', () => {
    let report: StartReport | undefined;
    const parameters = start({
      only: /^0\./,
      onReport: (told) => {
        report = told;
      },
    });
    for (const [name, values] of parameters) {
      expect(values, name).toEqual((name.startsWith('0.') ? other : drawn).get(name));
    }
    expect(report).toEqual({
      taken: ['0.weight', '0.bias'],
      left: ['2.weight', '2.bias'],
      drawn: ['2.weight', '2.bias'],
    });
  });

  it('renames by a function or by names, and takes what the model has where nothing is asked for', () => {
    const encoder = new Map(
      [...other].map(([name, values]) => [name.replace('0.', 'encoder.'), values] as const),
    );
    const expected = start({ only: ['0.weight', '0.bias'] });
    const rename = { 'encoder.weight': '0.weight', 'encoder.bias': '0.bias' };
    expect(start({ only: /encoder/, rename }, encoder)).toEqual(expected);
    const only = (name: string) => name.startsWith('encoder');
    expect(start({ only, rename: (name) => name.replace('encoder', '0') }, encoder)).toEqual(
      expected,
    );
    const some = new Map([...other].filter(([name]) => name !== '2.weight' && name !== '2.bias'));
    expect(
      start({}, new Map([...some, ['head', { shape: [1], data: Float32Array.of(1) }]])),
    ).toEqual(expected);
  });

  it('takes a trained model', () => {
    const { trained } = fit({ model, data, loss: crossEntropy(), optimizer: sgd(), seed: 5 });
    expect(start({}, trained)).toEqual(trained.parameters);
  });

  it('refuses another shape by name', () => {
    expect(() => start({})).toThrow(ShapeError);
    expect(() => start({})).toThrow('"2.weight" is [5, 4], the model expects [3, 4]. Leave it out');
  });

  it.each<[string, StartFromOptions, string]>([
    ['what is not there', { only: ['0.wieght'] }, 'did you mean "0.weight"?'],
    ['a pattern that meets nothing', { only: /conv/ }, 'only meets nothing'],
    [
      'what the model has not',
      { only: ['0.bias'], rename: () => '1.bias' },
      'no "1.bias" ("0.bias" there)',
    ],
    ['one name for two', { only: /^0/, rename: () => '0.bias' }, 'both called "0.bias"'],
    ['no name', { rename: (() => 3) as never }, 'rename gives 3'],
    ['a name of nothing', { rename: { conv: 'a' } }, 'rename: there is no "conv"'],
    ['a misspelt option', { onlly: /0/ } as never, 'did you mean only?'],
  ])('refuses %s', (_, options, words) => {
    expect(() => start(options)).toThrow(ConfigError);
    expect(() => start(options)).toThrow(words);
  });

  it('refuses what is no model and no parameters', () => {
    expect(() => start({}, null as never)).toThrow('startFrom: parameters are null');
    expect(() => start({}, 3 as never)).toThrow('startFrom: parameters are number');
  });

  it('refuses what has nothing in common with the model', () => {
    const strange = { conv: { shape: [1], data: [1] } };
    expect(() => start({}, strange)).toThrow('the model has none');
  });
});
