// The networks of the benchmark by name: a new one is its file and a line here, and its twin in peers/networks.py.
import type { NetworkName } from '../work.js';
import { gpt } from './gpt.js';
import { lenet } from './lenet.js';
import { lstm } from './lstm.js';
import type { Network } from './network.js';
import { resnet } from './resnet.js';

const NETWORKS: Readonly<Record<NetworkName, Network>> = { gpt, lenet, lstm, resnet };

export function networkOf(name: NetworkName): Network {
  return NETWORKS[name];
}
