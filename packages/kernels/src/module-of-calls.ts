// Known calls as a WebAssembly module of their own, whose one function makes them all: JavaScript calls kernels that it does
// not know in advance at 30 to 60 ns each, WebAssembly at 5. The bits are the kernels'. The module imports them and has nothing
// else, no memory, no branch, no arithmetic, so whoever's graph it is made of can do no more than by the calls one by one.
// Source of the format: WebAssembly Core Specification 2.0, chapter 5. What it says is checked by the engine.
import type { KernelName, Kernels, KnownCall } from './contract/kernels.js';
import { signatures } from './signatures.generated.js';

type Bytes = readonly number[];

const TYPES = { i32: 0x7f, u32: 0x7f, usize: 0x7f, f32: 0x7d, f64: 0x7c } as const;
type Type = keyof typeof TYPES;

const FUNCTION = 0x60;
const CALL = 0x10;
const DROP = 0x1a;
const AND = 0x71;
const END = 0x0b;
const [I32_CONST, F32_CONST] = [0x41, 0x43];

/** Makes them all. @returns as `run` of a sequence */
export function functionOf(kernels: Kernels, calls: readonly KnownCall[]): () => boolean {
  const module = new WebAssembly.Module(moduleBytes(calls));
  const { exports } = new WebAssembly.Instance(module, { '': kernels });
  const run = exports.run as () => number;
  return () => run() === 1;
}

function moduleBytes(calls: readonly KnownCall[]): Uint8Array<ArrayBuffer> {
  const names = [...new Set(calls.map(({ kernel }) => kernel))];
  const code = calls.flatMap(({ kernel, arguments: given }) => {
    const { parameters, results } = signatureOf(kernel);
    return [
      ...parameters.flatMap((type, i) => constant(type, given[i]!)),
      ...[CALL, ...u32(names.indexOf(kernel))],
      // Kernels of whole numbers return 1 or 0, and 1 is what the function begins with.
      ...results.map((type) => (type === 'i32' ? AND : DROP)),
    ];
  });
  const body = [0, ...constant('i32', 1), ...code, END];
  const run = names.length;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [...names.map(functionType), [FUNCTION, 0, ...vector(['i32'])]]),
    ...section(
      2,
      names.map((name, type) => [...text(''), ...text(name), 0, ...u32(type)]),
    ),
    ...section(3, [u32(run)]),
    ...section(7, [[...text('run'), 0, ...u32(run)]]),
    ...section(10, [[...u32(body.length), ...body]]),
  ]);
}

function signatureOf(name: KernelName): { parameters: Type[]; results: Type[] } {
  const parameters: Type[] = [];
  const results: Type[] = [];
  for (const part of signatures[name] as readonly string[]) {
    if (part.startsWith('=> ')) results.push(part.slice(3) as Type);
    // The scalars of an update, which are named, are the address of their block.
    else parameters.push(part.startsWith('scalars: ') ? 'usize' : (part.split(': ')[1] as Type));
  }
  return { parameters, results };
}

function functionType(name: KernelName): Bytes {
  const { parameters, results } = signatureOf(name);
  return [FUNCTION, ...[parameters, results].flatMap(vector)];
}

function vector(types: readonly Type[]): Bytes {
  return [...u32(types.length), ...types.map((type) => TYPES[type])];
}

function constant(type: Type, value: number): Bytes {
  // No kernel takes a float64.
  if (type === 'f32') return [F32_CONST, ...new Uint8Array(Float32Array.of(value).buffer)];
  return [I32_CONST, ...s32(value)];
}

function section(id: number, items: readonly Bytes[]): Bytes {
  const content = [...u32(items.length), ...items.flat()];
  return [id, ...u32(content.length), ...content];
}

function text(ascii: string): Bytes {
  return [...u32(ascii.length), ...Array.from(ascii, (character) => character.charCodeAt(0))];
}

/** LEB128, unsigned. */
function u32(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** LEB128, signed; an address above 2 GiB is the negative number of the same 32 bits. */
function s32(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -0x40 || rest > 0x3f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest & 0x7f];
}
