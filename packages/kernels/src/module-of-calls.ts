// Known calls as a WebAssembly module of their own, whose one function makes them all: JavaScript calls kernels that it does
// not know in advance at 30 to 60 ns each, WebAssembly at 5. The bits are the kernels'. The module imports them and has nothing
// else, no memory, no branch, no arithmetic, so whoever's graph it is made of can do no more than by the calls one by one.
import { encodeModule, F32, F64, type FunctionType, I32, op } from '@lockstep/formats/wasm';
import type { KernelName, Kernels, KnownCall } from './contract/kernels.js';
import { signatures } from './signatures.generated.js';

const TYPES = { i32: I32, u32: I32, usize: I32, f32: F32, f64: F64 } as const;
type Type = keyof typeof TYPES;

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
      // No kernel takes a float64.
      ...parameters.flatMap((type, i) => (type === 'f32' ? op.f32Const : op.i32Const)(given[i]!)),
      ...op.call(names.indexOf(kernel)),
      // Kernels of whole numbers return 1 or 0, and 1 is what the function begins with.
      ...results.flatMap((type) => (type === 'i32' ? op.i32And : op.drop)),
    ];
  });
  return encodeModule({
    imports: names.map((name) => ({ name, type: functionType(name) })),
    name: 'run',
    type: { parameters: [], results: [I32] },
    body: [...op.i32Const(1), ...code],
  });
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

function functionType(name: KernelName): FunctionType {
  const { parameters, results } = signatureOf(name);
  return {
    parameters: parameters.map((type) => TYPES[type]),
    results: results.map((type) => TYPES[type]),
  };
}
