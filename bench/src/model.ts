// A work as Lockstep's own terms: the model, loss, optimizer and dataset that `train` takes.
import {
  adam,
  crossEntropy,
  type Dataset,
  type Graph,
  type Layer,
  type Loss,
  linear,
  meanSquaredError,
  type OptimizerConfig,
  type Parameters,
  relu,
  sequential,
  sgd,
  sigmoid,
} from '@lockstep/core';
import { initialBuffers } from '@lockstep/core/internal';
import { fromArrays } from '@lockstep/data';
import { networkOf } from './networks/list.js';
import type { RawData } from './raw-data.js';
import { PIXEL_DIVISOR, type Work } from './work.js';

export function modelOf({ layers, activation, loss, network }: Work): Layer {
  if (network !== undefined) return networkOf(network).model;
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

export function datasetOf(
  work: Work,
  { inputs, targets }: Pick<RawData, 'inputs' | 'targets'>,
): Dataset {
  const outputs = work.layers.at(-1)!;
  const { inputShape = [work.layers[0]!], vocabulary } =
    work.network === undefined ? {} : networkOf(work.network);
  return fromArrays({
    name: 'bench',
    inputs,
    inputShape,
    ...(vocabulary !== undefined && { vocabulary, targetShape: inputShape }),
    inputDivisor: inputs instanceof Uint8Array ? PIXEL_DIVISOR : 1,
    ...(targets instanceof Int32Array
      ? { labels: targets, classes: outputs }
      : { targets, targetShape: [outputs] }),
  });
}

/** The work's initial weights under the names that the graph has, with the buffers that it begins with. */
export function initialWeights({ weights }: RawData, graph: Graph): Parameters {
  let offset = 0;
  const given = graph.parameters.map(({ name, shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    offset += length;
    return [name, { shape, data: weights.slice(offset - length, offset) }] as const;
  });
  return new Map([...given, ...initialBuffers(graph, 0)]);
}
