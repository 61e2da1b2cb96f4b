// The loss of one of several outputs, as it is added to those of the others.
import { ConfigError } from '../errors.js';
import type { Metric } from './metric.js';

export const outputLoss: Metric = {
  name: 'loss',
  better: 'smaller',
  build() {
    throw new ConfigError('metrics: the loss of each output is told without being asked for');
  },
  finish: ({ sum }, samples) => sum![0]! / samples,
};
