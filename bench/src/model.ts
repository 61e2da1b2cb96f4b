// A work as Lockstep's own terms: the model, loss, optimizer and dataset that `train` takes.
import {
  adam,
  crossEntropy,
  type Dataset,
  type Layer,
  type Loss,
  linear,
  meanSquaredError,
  type OptimizerConfig,
  relu,
  sequential,
  sgd,
  sigmoid,
} from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { PIXEL_DIVISOR, type Work } from './work.js';

export function modelOf({ layers, activation, loss }: Work): Layer {
  const parts: Layer[] = [];
  for (let i = 1; i < layers.length; i++) {
    if (i > 1) parts.push(activation === 'relu' ? relu() : sigmoid());
    parts.push(linear(layers[i - 1]!, layers[i]!));
  }
  if (loss === 'mse') parts.push(sigmoid());
  return sequential(...parts);
}

export function lossOf({ loss }: Work): Loss {
  return loss === 'mse' ? meanSquaredError() : crossEntropy();
}

export function optimizerOf({ optimizer, learningRate }: Work): OptimizerConfig {
  return optimizer === 'adam' ? adam({ learningRate }) : sgd({ learningRate });
}

/** @param targets Int32Array: class labels; Float32Array: values */
export function datasetOf(
  work: Work,
  inputs: Uint8Array | Float32Array,
  targets: Int32Array | Float32Array,
): Dataset {
  const outputs = work.layers.at(-1)!;
  return fromArrays({
    name: 'bench',
    inputs,
    inputShape: [work.layers[0]!],
    inputDivisor: inputs instanceof Uint8Array ? PIXEL_DIVISOR : 1,
    ...(targets instanceof Int32Array
      ? { labels: targets, classes: outputs }
      : { targets, targetShape: [outputs] }),
  });
}
