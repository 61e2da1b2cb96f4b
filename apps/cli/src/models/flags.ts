// The flags that say which sizes a built-in network has. Several networks may take the same flag; what it is by default is
// each network's own, and stands in its help.

import type { MlpActivation } from '@lockstep/core';
import { MLP_ACTIVATIONS } from '@lockstep/core/internal';
import { Option } from 'commander';
import { decimalNumber, layerSizes, MOST, wholeNumber } from '../option-values.js';

export interface NetworkFlags {
  readonly hidden: readonly number[];
  readonly activation: MlpActivation;
  readonly width: number;
  readonly depth: number;
  readonly patch: number;
  readonly heads: number;
  readonly positions: 'learnt' | 'rotary';
  readonly tied: boolean;
  readonly dropout: number;
}

/** Each flag's option, without a default. */
export const NETWORK_FLAGS: Readonly<Record<keyof NetworkFlags, () => Option>> = {
  hidden: () =>
    new Option('--hidden <sizes>', 'sizes of the hidden layers, or none').argParser(layerSizes),
  activation: () =>
    new Option('--activation <name>', 'of the hidden layers').choices(MLP_ACTIVATIONS),
  width: () => size('--width <n>', 'channels, or numbers of a place or step'),
  depth: () => size('--depth <n>', 'blocks or layers, of a stage where there are stages'),
  patch: () => size('--patch <n>', "pixels of a patch's side"),
  heads: () => size('--heads <n>', 'of attention; they divide the width'),
  positions: () =>
    new Option('--positions <how>', 'what tells positions apart').choices(['learnt', 'rotary']),
  tied: () => new Option('--tied', "let the last layer have the embedding's weight"),
  dropout: () =>
    new Option('--dropout <share>', 'of numbers that are left out while training').argParser(
      decimalNumber(1),
    ),
};

function size(flag: string, about: string): Option {
  return new Option(flag, about).argParser(wholeNumber(1, MOST.layer));
}

export const NETWORK_FLAG_NAMES = Object.keys(NETWORK_FLAGS) as readonly (keyof NetworkFlags)[];
