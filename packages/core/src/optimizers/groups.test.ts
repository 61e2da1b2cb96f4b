// Parameter groups: what somebody asks for becomes data of one form, and what comes from outside is looked at.
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.js';
import { oneCycleSchedule } from '../schedules/one-cycle.js';
import { adamw } from './adamw.js';
import { optimizer as optimizerOfOwn } from './custom/custom.js';
import { type GroupingOptions, resolveGroups, validateGroups } from './groups.js';
import type { OptimizerConfig } from './optimizer.js';
import { sgd } from './sgd.js';

const NAMES = ['0.weight', '0.bias', '2.weight', '2.bias'];
const optimizer = sgd({ learningRate: 0.1, weightDecay: 0.01 });

function resolve(options: GroupingOptions, of: OptimizerConfig = optimizer) {
  return resolveGroups('fit', options, NAMES, of);
}

describe('resolveGroups', () => {
  it('gives nothing where nothing is asked for, or nothing that the optimizer does not say', () => {
    expect(resolve({})).toEqual([]);
    expect(resolve({ trainable: () => true, groups: [] })).toEqual([]);
    expect(resolve({ groups: [{ match: /./, learningRate: 0.1, weightDecay: 0.01 }] })).toEqual([]);
    expect(resolve({ groups: [{ match: /./, learningRateFactor: 1 }] })).toEqual([]);
  });

  it('takes functions, patterns and names, and gives names in the order of declaration', () => {
    const frozen = [{ parameters: ['0.weight', '0.bias'], frozen: true }];
    expect(resolve({ trainable: (name) => name.startsWith('2') })).toEqual(frozen);
    expect(resolve({ trainable: /^2/g })).toEqual(frozen);
    expect(resolve({ trainable: ['2.bias', '2.weight'] })).toEqual(frozen);
  });

  it('has one form of one meaning, however it was asked for', () => {
    const once = resolve({
      groups: [{ match: ['2.bias', '0.weight'], learningRateFactor: 2, weightDecay: 0.01 }],
    });
    const twice = resolve({
      groups: [
        { match: '2.bias', learningRate: 0.2 },
        { match: '0.weight', learningRateFactor: 2 },
      ],
    });
    expect(once).toEqual([{ parameters: ['0.weight', '2.bias'], learningRate: 0.2 }]);
    expect(JSON.stringify(twice)).toBe(JSON.stringify(once));
  });

  it('freezes what is not trainable, in whatever group it is', () => {
    const groups = resolve({
      trainable: /weight/,
      groups: [{ match: /^0/, weightDecay: 0 }],
    });
    expect(groups).toEqual([
      { parameters: ['0.weight'], weightDecay: 0 },
      { parameters: ['0.bias', '2.bias'], frozen: true },
    ]);
  });

  it.each<[string, GroupingOptions, string]>([
    ['nothing to train', { trainable: () => false }, 'nothing to train'],
    ['an answer that is none', { trainable: (() => 1) as never }, 'answers 1 to "0.weight"'],
    ['a misspelt name', { trainable: ['0.wieght'] }, 'did you mean "0.weight"?'],
    ['no rule', { trainable: 3 as never }, 'expected a function'],
    [
      'two owners',
      {
        groups: [
          { match: /0/, learningRate: 1 },
          { match: /bias/, weightDecay: 0 },
        ],
      },
      '"0.bias" is in groups[0]',
    ],
    ['nobody', { groups: [{ match: /conv/, learningRate: 1 }] }, 'meets no parameter'],
    ['nothing said', { groups: [{ match: /0/ }] }, 'says nothing'],
    ['two rates', { groups: [{ match: /0/, learningRate: 1, learningRateFactor: 1 }] }, 'give one'],
    ['a rate below 0', { groups: [{ match: /0/, learningRate: -1 }] }, 'learningRate must be'],
    ['a misspelt option', { groups: [{ match: /0/, learningrate: 1 } as never] }, 'learningRate?'],
    ['no list', { groups: { match: /0/ } as never }, 'expected a list'],
  ])('refuses %s', (_, options, words) => {
    expect(() => resolve(options)).toThrow(ConfigError);
    expect(() => resolve(options)).toThrow(words);
  });

  it('refuses a rate of its own where the schedule has a maximum for all', () => {
    const schedule = oneCycleSchedule({ steps: 10, maximum: 1 });
    const groups = [{ match: /0/, learningRateFactor: 2 }];
    expect(() => resolve({ groups }, sgd({ schedule }))).toThrow('leave it out');
    expect(resolve({ groups }, sgd({ schedule: oneCycleSchedule({ steps: 10 }) }))).toHaveLength(1);
  });
});

it("calls an optimizer of one's own that has no weight decay by its name", () => {
  const own = optimizerOfOwn('lion', { update: ({ parameter }) => ({ parameter }) });
  expect(() => resolve({ groups: [{ match: /2/, weightDecay: 1 }] }, own)).toThrow(
    'the optimizer lion has no weightDecay',
  );
});

describe('validateGroups', () => {
  const validate = (json: unknown) => validateGroups('run.json', json, NAMES, adamw());

  it('takes back from JSON what was resolved', () => {
    const groups = resolveGroups(
      'fit',
      { trainable: /weight/, groups: [{ match: /2/, learningRateFactor: 2, weightDecay: 0 }] },
      NAMES,
      adamw(),
    );
    expect(validate(JSON.parse(JSON.stringify(groups)))).toEqual(groups);
  });

  it.each([
    ['none', 3],
    ['more than there are parameters', NAMES.map(() => ({})).concat({})],
    ['an unknown key', [{ parameters: ['0.bias'], lr: 1 }]],
    ['no names', [{ parameters: [], learningRate: 1 }]],
    ['an unknown name', [{ parameters: ['1.bias'], learningRate: 1 }]],
    ['a name twice', [{ parameters: ['0.bias', '0.bias'], learningRate: 1 }]],
    ['frozen and more', [{ parameters: ['0.bias'], frozen: true, learningRate: 1 }]],
    ['frozen: false', [{ parameters: ['0.bias'], frozen: false }]],
    ['a rate that is no number', [{ parameters: ['0.bias'], learningRate: '1' }]],
    ['nothing said', [{ parameters: ['0.bias'] }]],
  ])('refuses %s', (_, json) => {
    expect(() => validate(json)).toThrow(ConfigError);
  });
});
