// Just enough of the WebAssembly binary format to write one loop by hand: modules with one memory and one
// function. Source: WebAssembly Core Specification 2.0, chapter 5. No validation; the engine does that.

export type Bytes = readonly number[];

export const I32 = 0x7f;
export const V128 = 0x7b;

/** LEB128, unsigned. */
export function u32(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** LEB128, signed. */
export function s32(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

const simd = (opcode: number): Bytes => [0xfd, ...u32(opcode)];
const ALIGN_16 = 4;

/** Instructions by their names in the text format. */
export const op = {
  localGet: (index: number): Bytes => [0x20, ...u32(index)],
  localSet: (index: number): Bytes => [0x21, ...u32(index)],
  localTee: (index: number): Bytes => [0x22, ...u32(index)],
  i32Const: (value: number): Bytes => [0x41, ...s32(value)],
  i32Add: [0x6a] as Bytes,
  i32Sub: [0x6b] as Bytes,
  i32And: [0x71] as Bytes,
  loop: (body: Bytes): Bytes => [0x03, 0x40, ...body, 0x0b],
  /** To the start of the innermost loop, if the i32 on the stack is not 0. */
  repeatIf: [0x0d, 0x00] as Bytes,
  v128Load: (offset: number): Bytes => [...simd(0x00), ALIGN_16, ...u32(offset)],
  v128Store: (offset: number): Bytes => [...simd(0x0b), ALIGN_16, ...u32(offset)],
  f32x4Add: simd(0xe4),
  f32x4Mul: simd(0xe6),
};

function section(id: number, content: Bytes): Bytes {
  return [id, ...u32(content.length), ...content];
}

function name(text: string): Bytes {
  return [...u32(text.length), ...Buffer.from(text)];
}

/**
 * A module that exports `memory` (one page) and `run`, a function of one i32 without a result.
 *
 * @param locals how many v128 and then i32 locals follow the parameter
 */
export function encodeModule(
  locals: { readonly v128: number; readonly i32: number },
  body: Bytes,
): Uint8Array<ArrayBuffer> {
  const code = [2, ...u32(locals.v128), V128, ...u32(locals.i32), I32, ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]),
    ...section(10, [1, ...u32(code.length), ...code]),
  ]);
}
