// Just enough of the WebAssembly binary format to write a function by hand, or by a program: modules of one function, with
// what it imports and at most one memory. No validation; the engine does that.
// Source: WebAssembly Core Specification 2.0, chapter 5.

export type Bytes = readonly number[];

export const I32 = 0x7f;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;

export interface FunctionType {
  /** Value types, such as I32. */
  readonly parameters: Bytes;
  readonly results: Bytes;
}

export interface ModuleOfOne {
  /** Functions that it may call, numbered in this order, from the import object's module ''. */
  readonly imports?: readonly { readonly name: string; readonly type: FunctionType }[];
  /** Whether it has a memory of one page, and exports it as `memory`. */
  readonly hasMemory?: boolean;
  /** What the function is exported as. */
  readonly name: string;
  readonly type: FunctionType;
  /** After the parameters: how many, of which type. */
  readonly locals?: readonly (readonly [count: number, type: number])[];
  readonly body: Bytes;
}

const FUNCTION = 0x60;
const END = 0x0b;

const simd = (opcode: number): Bytes => [0xfd, ...u32(opcode)];
const ALIGN_16 = 4;

/** Instructions by their names in the text format. */
export const op = {
  call: (index: number): Bytes => [0x10, ...u32(index)],
  drop: [0x1a] as Bytes,
  localGet: (index: number): Bytes => [0x20, ...u32(index)],
  localSet: (index: number): Bytes => [0x21, ...u32(index)],
  localTee: (index: number): Bytes => [0x22, ...u32(index)],
  /** An unsigned number of 32 bits, too. */
  i32Const: (value: number): Bytes => [0x41, ...s32(value)],
  f32Const: (value: number): Bytes => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  i32LessU: [0x49] as Bytes,
  i32Add: [0x6a] as Bytes,
  i32Sub: [0x6b] as Bytes,
  i32And: [0x71] as Bytes,
  loop: (body: Bytes): Bytes => [0x03, 0x40, ...body, END],
  /** To the start of the innermost loop, if the i32 on the stack is not 0. */
  repeatIf: [0x0d, 0x00] as Bytes,
  v128Load: (offset: number): Bytes => [...simd(0x00), ALIGN_16, ...u32(offset)],
  v128Store: (offset: number): Bytes => [...simd(0x0b), ALIGN_16, ...u32(offset)],
  i32x4Splat: simd(0x11),
  v128Xor: simd(0x51),
  i32x4ShiftRightU: simd(0xad),
  i32x4Mul: simd(0xb5),
  f32x4Add: simd(0xe4),
  f32x4Mul: simd(0xe6),
};

export function encodeModule({
  imports = [],
  hasMemory = false,
  name,
  type,
  locals = [],
  body,
}: ModuleOfOne): Uint8Array<ArrayBuffer> {
  const own = imports.length;
  const types = [...imports.map((imported) => imported.type), type];
  const exported = [...text(name), 0, ...u32(own)];
  const declared = [
    ...u32(locals.length),
    ...locals.flatMap(([count, local]) => [...u32(count), local]),
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types.map(functionType)),
    ...section(
      2,
      imports.map((imported, at) => [...text(''), ...text(imported.name), 0, ...u32(at)]),
    ),
    ...section(3, [u32(own)]),
    ...section(5, hasMemory ? [[0, 1]] : []),
    ...section(7, hasMemory ? [[...text('memory'), 2, 0], exported] : [exported]),
    ...section(10, [sized([...declared, ...body, END])]),
  ]);
}

function functionType({ parameters, results }: FunctionType): Bytes {
  return [FUNCTION, ...sized(parameters), ...sized(results)];
}

/** Left out where it is empty. */
function section(id: number, entries: readonly Bytes[]): Bytes {
  if (entries.length === 0) return [];
  return [id, ...sized([...u32(entries.length), ...entries.flat()])];
}

function sized(bytes: Bytes): Bytes {
  return [...u32(bytes.length), ...bytes];
}

function text(words: string): Bytes {
  return sized([...new TextEncoder().encode(words)]);
}

/** LEB128, unsigned. */
function u32(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** LEB128, signed; a number above 2^31 is the negative one of the same 32 bits. */
function s32(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest & 0x7f];
}
