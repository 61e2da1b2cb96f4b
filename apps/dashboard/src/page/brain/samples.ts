// A dataset's samples as the page got them, and as a trained model takes them: what a run's test data is, next to what the
// model says of its own.
import { DataError, type DatasetTraits } from '@lockstep/core';
import { product } from '@lockstep/core/internal';
import { decodeSafetensors, toFloat32 } from '@lockstep/formats';

export type Inputs = Uint8Array | Int32Array | Float32Array;

export interface HeldSamples {
  /** How many there are here; the dataset may have more. */
  readonly count: number;
  /** [count, …inputShape], not divided. */
  readonly inputs: Inputs;
  /** [count, …targetShape]. */
  readonly targets: Int32Array | Float32Array;
}

/**
 * @param pieces safetensors with `inputs` and `targets`, in the samples' order
 * @throws DataError if one of them lacks a tensor, or has other samples than the first
 */
export function joinSamples(pieces: readonly Uint8Array[]): HeldSamples {
  const parts = pieces.map(readPiece);
  const [first] = parts;
  if (!first) throw new DataError('samples: there are none');
  return {
    count: parts.reduce((count, part) => count + part.count, 0),
    inputs: joinArrays(parts.map(({ inputs }) => inputs)),
    targets: joinArrays(parts.map(({ targets }) => targets)),
  };
}

function readPiece(bytes: Uint8Array): HeldSamples {
  const { tensors } = decodeSafetensors(bytes);
  const [inputs, targets] = ['inputs', 'targets'].map((name) => {
    const tensor = tensors.get(name);
    if (tensor) return tensor;
    throw new DataError(
      `samples: expected inputs and targets, got ${[...tensors.keys()].join(', ')}`,
    );
  });
  const count = inputs!.shape[0] ?? 0;
  if (count !== (targets!.shape[0] ?? 0)) {
    throw new DataError(`samples: ${count} inputs, and ${targets!.shape[0] ?? 0} targets`);
  }
  const isBytes = inputs!.dtype === 'U8';
  const isTokens = inputs!.dtype === 'I32';
  return {
    count,
    inputs: isBytes || isTokens ? inputs!.data.slice() : toFloat32('inputs', inputs!).slice(),
    targets:
      targets!.dtype === 'I32' ? targets!.data.slice() : toFloat32('targets', targets!).slice(),
  };
}

function joinArrays<T extends Inputs>(arrays: readonly T[]): T {
  if (arrays.length === 1) return arrays[0]!;
  const length = arrays.reduce((sum, one) => sum + one.length, 0);
  const whole = new (arrays[0]!.constructor as new (length: number) => T)(length);
  let at = 0;
  for (const one of arrays) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** Numbers of one sample's inputs. */
export function inputSize({ inputShape }: Pick<DatasetTraits, 'inputShape'>): number {
  return product(inputShape);
}
