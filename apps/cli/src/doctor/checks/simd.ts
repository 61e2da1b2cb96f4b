// Whether this Node has the WebAssembly that the kernels are made of: vectors of 128 bits, and memory that threads share.
import { type Check, type Judgement, ok, problem } from '../check.js';

/** (module (func (result v128) (i8x16.splat (i32.const 0)))) */
const VECTORS = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b],
);
/** (module (memory 1 1 shared)) */
const SHARED = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x05, 0x04, 0x01, 0x03, 0x01, 0x01],
);

/** What a Node can. */
export interface Abilities {
  readonly hasWebAssembly: boolean;
  readonly hasVectors: boolean;
  readonly hasSharedMemory: boolean;
}

export const simd: Check = {
  id: 'simd',
  title: 'WebAssembly',
  look: () => judgeWebAssembly(abilities()),
};

/** A Node can be started without either. */
interface Global {
  readonly WebAssembly?: { validate(bytes: Uint8Array): boolean };
  readonly SharedArrayBuffer?: unknown;
}

export function abilities(global: Global = globalThis as Global): Abilities {
  const { WebAssembly: engine, SharedArrayBuffer: shared } = global;
  return {
    hasWebAssembly: engine !== undefined,
    hasVectors: engine?.validate(VECTORS) ?? false,
    hasSharedMemory: shared !== undefined && (engine?.validate(SHARED) ?? false),
  };
}

export function judgeWebAssembly(has: Abilities): Judgement {
  if (!has.hasWebAssembly) {
    return problem('there is none', 'start Node without --jitless, also in NODE_OPTIONS');
  }
  const lacks = [
    ...(has.hasVectors ? [] : ['vectors of 128 bits (SIMD)']),
    ...(has.hasSharedMemory ? [] : ['memory that threads share']),
  ];
  return lacks.length === 0
    ? ok('with vectors of 128 bits, and memory that threads share')
    : problem(
        `it lacks ${lacks.join(' and ')}`,
        'start Node without flags that turn it off, also in NODE_OPTIONS; the processor needs SSE4.1 or NEON',
      );
}
