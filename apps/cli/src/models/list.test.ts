// What goes for every built-in network of the command line: it is built from its flags, they are found again in its tensors,
// and a flag that somebody gives wins over the network's own.
import { type Dataset, initialParameters, traceModel } from '@lockstep/core';
import { fromArrays, textDataset } from '@lockstep/data';
import { describe, expect, test } from 'vitest';
import type { NetworkFlags } from './flags.js';
import {
  builtInNamed,
  checkNetworkFlags,
  MODEL_NAMES,
  networkFlagsOf,
  usualFlags,
} from './list.js';

/** Of pictures [1, 12, 12], or of a text. */
const SIZES: Readonly<Record<string, Partial<NetworkFlags>>> = {
  mlp: { hidden: [5, 4], activation: 'tanh' },
  lenet: {},
  resnet: { width: 3, depth: 2 },
  'mlp-mixer': { patch: 3, width: 6, depth: 3 },
  lstm: { width: 5, depth: 2, dropout: 0.5 },
  gpt: { width: 8, depth: 3, heads: 2, positions: 'rotary', tied: true, dropout: 0.5 },
};
const pictures = fromArrays({
  ...{ inputs: new Uint8Array(288), inputShape: [1, 12, 12], labels: [0, 1] },
});

const text = textDataset('so it goes on and on', { tokenizer: 'characters', context: 5 }).data
  .train;
const DATA = { gpt: [text], lstm: [text, pictures] };

function given(model: string, flags: object) {
  return {
    flags: { model, ...flags },
    isGiven: (flag: string) => flag in flags,
    again: () => [],
  };
}

describe.each(Object.entries(SIZES))('%s', (name, sizes) => {
  const network = builtInNamed(name)!;
  const datas: readonly Dataset[] = DATA[name as keyof typeof DATA] ?? [pictures];
  const traced = (flags: Partial<NetworkFlags>, data: Dataset) =>
    traceModel(network.build(flags, data.classes!, data), data.inputShape, {
      vocabulary: data.vocabulary,
    });

  test('is one of the models, and is built from its flags', () => {
    expect(MODEL_NAMES).toContain(name);
    for (const data of datas) {
      for (const flags of [network.flags, networkFlagsOf(name, sizes)]) {
        const graph = traced(flags, data);
        const output = [...data.targetShape, data.classes];
        expect(graph.nodes[graph.outputs.output!]!.shape).toEqual(['N', ...output]);
      }
    }
  });

  test('its sizes are found again in its tensors', () => {
    const { activation, heads, dropout, ...seen } = sizes;
    for (const data of datas) {
      const parameters = initialParameters(traced(sizes, data), 0);
      expect(network.flagsOf(parameters, 'file')).toEqual(seen);
    }
  });

  test('takes its flags, and no other', () => {
    const source = network.text === 'needed' ? { text: 'book.txt' } : {};
    expect(() => checkNetworkFlags(given(name, { ...source, ...sizes }))).not.toThrow();
    const other = name === 'mlp' ? { patch: 2 } : { hidden: [3] };
    expect(() => checkNetworkFlags(given(name, { ...source, ...other }))).toThrow(
      `goes with --model`,
    );
    expect(networkFlagsOf(name, other)).toEqual(network.flags);
  });
});

test('a language model needs a text, and lstm something to read step by step', () => {
  expect(() => checkNetworkFlags(given('gpt', {}))).toThrow('--model gpt: it needs a text');
  expect(() => checkNetworkFlags(given('mlp', { text: 'book.txt' }))).toThrow(
    '--text goes with --model lstm or gpt, not with mlp',
  );
  const data = fromArrays({ inputs: new Float32Array(48), inputShape: [3, 4, 4], targets: [0] });
  expect(() => builtInNamed('lstm')!.build({}, 2, data)).toThrow(
    'lstm: samples are [3, 4, 4]; expected a text',
  );
});

test('tensors of another network are refused', () => {
  const parameters = new Map([['fc.weight', { shape: [1, 1], data: new Float32Array(1) }]]);
  expect(() => builtInNamed('resnet')!.flagsOf(parameters, 'w.safetensors')).toThrow(
    'w.safetensors: expected the tensors of resnet, of which conv1.weight is one, got fc.weight',
  );
});

describe('what a network is trained with by default', () => {
  const usual = (flags: object) => usualFlags(given('resnet', flags), 'mnist');

  test('is its own, and nothing for mlp', () => {
    expect(usual({})).toMatchObject({ optimizer: 'sgd', schedule: 'one-cycle', nesterov: true });
    expect(usualFlags(given('mlp', {}), 'mnist')).toEqual({});
    expect(usualFlags(given('net.json', {}), 'mnist')).toEqual({});
  });

  test('gives way to flags, and all numbers of its optimizer to another optimizer', () => {
    expect(usual({ learningRate: 1 })).not.toHaveProperty('learningRate');
    expect(usual({ learningRate: 1 })).toHaveProperty('momentum');
    expect(usual({ optimizer: 'adam' })).toEqual({ schedule: 'one-cycle' });
    expect(usual({ schedule: 'constant' })).not.toHaveProperty('schedule');
    expect(usual({ momentum: 0.5 })).toHaveProperty('nesterov');
    expect(usual({ momentum: 0 })).not.toHaveProperty('nesterov');
  });
});
