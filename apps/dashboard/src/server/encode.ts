// What a page asks for by itself, as bytes: weights, gradients and samples, as the formats have them that it reads anyway.
import {
  ConfigError,
  type Dataset,
  type DatasetTraits,
  encodeModel,
  type Parameters,
  type TrainedModel,
} from '@lockstep/core';
import { encodeSafetensors, type StoredTensor } from '@lockstep/formats';
import type { DatasetInfo } from '../contract.js';

export function modelBytes(trained: TrainedModel): Uint8Array {
  return encodeModel(trained);
}

export function gradientBytes(gradients: Parameters): Uint8Array {
  const tensors = [...gradients].map(([name, { shape, data }]): [string, StoredTensor] => [
    name,
    { dtype: 'F32', shape, data },
  ]);
  return Buffer.concat(encodeSafetensors(new Map(tensors)));
}

/** @throws ConfigError unless the dataset has samples [first, first + count) */
export function sampleBytes(dataset: Dataset, first: number, count: number): Uint8Array {
  if (first + count > dataset.samples) {
    throw new ConfigError(
      `samples ${first} to ${first + count - 1} of ${dataset.samples}: there are not so many`,
    );
  }
  const { inputShape, targetShape, inputs, targets } = dataset;
  const tensors: [string, StoredTensor][] = [
    ['inputs', rows(inputs, inputShape, first, count)],
    ['targets', rows(targets, targetShape, first, count)],
  ];
  return Buffer.concat(encodeSafetensors(new Map(tensors)));
}

export function datasetInfo(
  name: string,
  dataset: DatasetTraits & Pick<Dataset, 'samples'> & Partial<Pick<Dataset, 'inputs'>>,
): DatasetInfo {
  const { samples, inputShape, inputs, inputDivisor, targetShape } = dataset;
  return {
    ...{ name, samples, inputShape, inputDivisor, targetShape },
    inputType: inputs ? typeOf(inputs) : null,
    classes: dataset.classes ?? null,
    classNames: dataset.classNames ?? null,
    vocabulary: dataset.vocabulary ?? null,
  };
}

function rows(
  values: Uint8Array | Int32Array | Float32Array,
  rowShape: readonly number[],
  first: number,
  count: number,
): StoredTensor {
  const size = rowShape.reduce((a, b) => a * b, 1);
  const shape = [count, ...rowShape];
  const data = values.subarray(first * size, (first + count) * size);
  if (data instanceof Uint8Array) return { dtype: 'U8', shape, data };
  if (data instanceof Int32Array) return { dtype: 'I32', shape, data };
  return { dtype: 'F32', shape, data };
}

function typeOf(values: Dataset['inputs']): NonNullable<DatasetInfo['inputType']> {
  if (values instanceof Uint8Array) return 'uint8';
  return values instanceof Int32Array ? 'int32' : 'float32';
}
