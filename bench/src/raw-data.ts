// A work's files as the Node sides read them, and the batches that every peer takes from them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Assignment, PIXEL_DIVISOR, type Work } from './work.js';

export interface RawData {
  readonly inputs: Uint8Array | Float32Array | Int32Array;
  readonly targets: Int32Array | Float32Array;
  /** The order of an epoch. */
  readonly order: Uint32Array;
  /** All parameters, one after the other. */
  readonly weights: Float32Array;
}

const INPUTS = { u8: Uint8Array, f32: Float32Array, i32: Int32Array } as const;

export async function readRawData({ data }: Assignment): Promise<RawData> {
  const read = async (name: string): Promise<ArrayBuffer> => {
    const { buffer, byteOffset, byteLength } = await readFile(join(data.folder, name));
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  };
  const inputs = await read('inputs.bin');
  const targets = await read('targets.bin');
  return {
    inputs: new INPUTS[data.inputs](inputs),
    targets: data.targets === 'labels' ? new Int32Array(targets) : new Float32Array(targets),
    order: new Uint32Array(await read('order.bin')),
    weights: new Float32Array(await read('weights.bin')),
  };
}

/**
 * For each dense layer, weight [out, in] and bias [out].
 *
 * @throws Error if the work has another network
 */
export function denseLayers(
  { weights }: RawData,
  { layers, network }: Work,
): { readonly weight: Float32Array; readonly bias: Float32Array }[] {
  if (network !== undefined)
    throw new Error(`this peer learns dense networks only, not ${network}`);
  let offset = 0;
  const take = (length: number): Float32Array => {
    offset += length;
    return weights.slice(offset - length, offset);
  };
  return layers.slice(1).map((outputs, layer) => ({
    weight: take(outputs * layers[layer]!),
    bias: take(outputs),
  }));
}

/** Inputs as float32, divided as the product divides them. */
export function floatInputs({ inputs }: RawData): Float32Array {
  if (inputs instanceof Float32Array) return inputs;
  if (inputs instanceof Int32Array) throw new Error('this peer takes no tokens');
  const floats = new Float32Array(inputs.length);
  for (let i = 0; i < inputs.length; i++) floats[i] = inputs[i]! / PIXEL_DIVISOR;
  return floats;
}

/** [n, outputs] values; labels become one-hot rows. */
export function valueTargets({ targets }: RawData, outputs: number): Float32Array {
  if (targets instanceof Float32Array) return targets;
  const rows = new Float32Array(targets.length * outputs);
  for (const [row, label] of targets.entries()) rows[row * outputs + label] = 1;
  return rows;
}

/** The samples of step `step`: file order while learning, the epoch's order while timed. */
export function batchIndices(
  order: Uint32Array | undefined,
  step: number,
  batchSize: number,
  samples: number,
): Int32Array {
  const first = (step * batchSize) % samples;
  return Int32Array.from({ length: batchSize }, (_, row) =>
    order ? order[first + row]! : first + row,
  );
}
