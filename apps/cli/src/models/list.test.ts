// What goes for every built-in network of the command line: it is built from its flags, they are found again in its tensors,
// and a flag that somebody gives wins over the network's own.
import { initialParameters, traceModel } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { describe, expect, test } from 'vitest';
import type { NetworkFlags } from './flags.js';
import {
  builtInNamed,
  checkNetworkFlags,
  MODEL_NAMES,
  networkFlagsOf,
  usualFlags,
} from './list.js';

/** Of pictures: [1, 12, 12]. */
const SIZES: Readonly<Record<string, Partial<NetworkFlags>>> = {
  mlp: { hidden: [5, 4], activation: 'tanh' },
  lenet: {},
  resnet: { width: 3, depth: 2 },
  'mlp-mixer': { patch: 3, width: 6, depth: 3 },
};
const pictures = fromArrays({
  ...{ inputs: new Uint8Array(288), inputShape: [1, 12, 12], targets: [0, 1] },
});

function given(model: string, flags: object) {
  return {
    flags: { model, ...flags },
    isGiven: (flag: string) => flag in flags,
    again: () => [],
  };
}

describe.each(Object.entries(SIZES))('%s', (name, sizes) => {
  const network = builtInNamed(name)!;

  test('is one of the models, and is built from its flags', () => {
    expect(MODEL_NAMES).toContain(name);
    for (const flags of [network.flags, networkFlagsOf(name, sizes)]) {
      const graph = traceModel(network.build(flags, 2, pictures), pictures.inputShape);
      expect(graph.nodes[graph.outputs.output!]!.shape).toEqual(['N', 2]);
    }
  });

  test('its sizes are found again in its tensors', () => {
    const graph = traceModel(network.build(sizes, 2, pictures), pictures.inputShape);
    const { activation: _, ...seen } = sizes;
    expect(network.flagsOf(initialParameters(graph, 0), 'file')).toEqual(seen);
  });

  test('takes its flags, and no other', () => {
    expect(() => checkNetworkFlags(given(name, sizes))).not.toThrow();
    const other = name === 'mlp' ? { patch: 2 } : { hidden: [3] };
    expect(() => checkNetworkFlags(given(name, other))).toThrow(`goes with --model`);
    expect(networkFlagsOf(name, other)).toEqual(network.flags);
  });
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
  });
});
