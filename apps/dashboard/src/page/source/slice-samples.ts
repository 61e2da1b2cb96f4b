// Some of the samples that a report holds, as a server would give them: safetensors with the same names.
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '@lockstep/formats';

/** @returns undefined where there is none of them; fewer than `count` at the end of what is there */
export function sliceSamples(
  bytes: Uint8Array,
  first: number,
  count: number,
): Uint8Array | undefined {
  const { tensors } = decodeSafetensors(bytes);
  const sliced = [...tensors].map(
    ([name, tensor]) => [name, sliceRows(tensor, first, first + count)] as const,
  );
  const isEmpty = sliced.some(([, { shape }]) => shape[0] === 0);
  return isEmpty ? undefined : joined(encodeSafetensors(new Map(sliced)));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function sliceRows(tensor: StoredTensor, first: number, end: number): StoredTensor {
  const [rows = 0, ...rest] = tensor.shape;
  const size = rest.reduce((product, length) => product * length, 1);
  const from = Math.min(first, rows);
  const to = Math.min(end, rows);
  const data = tensor.data.subarray(from * size, to * size);
  return { ...tensor, shape: [to - from, ...rest], data } as StoredTensor;
}
