// Tensors of any stored type as float32: what a network computes with.
// Invariant: the numbers are those of the file, exactly, except that float64 is rounded to the nearest; what would become
// something else (a large integer, an infinity) is refused. Nothing is scaled: quantised weights stay small integers.
// Source: IEEE 754-2019, binary16; bfloat16 is the upper half of binary32.
import { FormatError, quote } from './format-error.js';
import type { StoredTensor } from './stored-tensor.js';

/**
 * @param name of the tensor, for errors
 * @returns the tensor's own data where it is float32 already
 * @throws FormatError if a number is not finite, or an integer has no float32 of the same value
 */
export function toFloat32(name: string, tensor: StoredTensor): Float32Array {
  const values = convert(name, tensor);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) continue;
    const { dtype } = tensor;
    const what =
      dtype === 'F64' && Number.isFinite(tensor.data[i]!)
        ? `${tensor.data[i]}, which is too large for float32`
        : `${values[i]}`;
    throw new FormatError(
      `float32: ${quote(name)} holds ${what} at element ${i}; expected finite numbers`,
    );
  }
  return values;
}

function convert(name: string, tensor: StoredTensor): Float32Array {
  switch (tensor.dtype) {
    case 'F32':
      return tensor.data;
    case 'F64':
      return Float32Array.from(tensor.data);
    case 'F16':
      return Float32Array.from(tensor.data, fromHalf);
    case 'BF16': {
      const bits = Uint32Array.from(tensor.data, (half) => half * 2 ** 16);
      return new Float32Array(bits.buffer);
    }
    default:
      return fromIntegers(name, tensor.data);
  }
}

const NUMBER = new Float32Array(1);
const BITS = new Uint32Array(NUMBER.buffer);

/** The value of a binary16 number: sign, 5 bits of exponent (bias 15, of binary32: 127), 10 of 23 of fraction. */
function fromHalf(half: number): number {
  const sign = half >>> 15;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  // Those below the smallest exponent are whole multiples of 2^-24.
  if (exponent === 0) return (sign === 1 ? -1 : 1) * fraction * 2 ** -24;
  const binary32 = exponent === 0x1f ? 0xff : exponent - 15 + 127;
  BITS[0] = sign * 0x8000_0000 + binary32 * 0x80_0000 + fraction * 0x2000;
  return NUMBER[0]!;
}

function fromIntegers(
  name: string,
  integers: Exclude<StoredTensor, { dtype: 'F32' | 'F64' | 'F16' | 'BF16' }>['data'],
): Float32Array {
  const values = new Float32Array(integers.length);
  for (let i = 0; i < integers.length; i++) {
    const integer = integers[i]!;
    values[i] = Number(integer);
    const isSame =
      typeof integer === 'bigint' ? BigInt(values[i]!) === integer : values[i] === integer;
    if (!isSame) {
      throw new FormatError(
        `float32: ${quote(name)} holds ${integer} at element ${i}, which no float32 is`,
      );
    }
  }
  return values;
}
