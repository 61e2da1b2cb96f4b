// The compiled module, where it was built for this machine and can be loaded.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { LockstepError } from '@lockstep/errors';
import type { KernelName, RowSource } from '@lockstep/kernels';

/** The compiled kernels were asked for, and cannot be had: the message says why. */
export class NativeError extends LockstepError {
  constructor(message: string) {
    super('native', message);
  }
}

export interface NativeModule {
  /** Of the vectors that this processor has, those that kernels were compiled for: some of 4, 8 and 16. */
  readonly lanes: readonly number[];
  /** A kernel's number in a list is its place here, from 1. */
  readonly kernels: readonly KernelName[];
  /**
   * Asks the system for large pages under a memory that is fresh, whose bytes are then found with less looking up: a product of
   * 1024 rows, each a page apart, meets as many pages. What the system has not, or does not give, changes nothing but time.
   */
  preferLargePages(memory: Uint8Array): void;
  /**
   * Makes the calls of a list, again each time: of each call the kernel's number, a word for the i32 that it returns, or two behind
   * it for a float64, and its arguments, a word each, float32 by their bits; 0 ends it.
   * Whoever calls this keeps memory and list alive for as long as the function, and has checked the addresses.
   */
  bind(memory: Uint8Array, list: Int32Array, lanes: number): () => void;
  /**
   * Makes a function that copies rows of `from` into the memory: `rows` of the list are its numbers of bytes of a row, first
   * position, rows, and byte offset in the memory. Rows that `from` has not are refused, the rest is for who calls it to check.
   */
  bindRows(
    memory: Uint8Array,
    from: RowSource,
    list: Float64Array,
  ): (numbers: Uint32Array | undefined) => void;
  /**
   * Multiplies and adds in registers alone, both at once, for so many turns: the peak that products are measured against.
   * @returns how many operations that were
   */
  peak(lanes: number, turns: number): number;
}

/** Where it is, beside this package; a program that was bundled as CommonJS does not know where it lies. */
export function nativeFile(): string | undefined {
  const name = `../prebuilt/${process.platform}-${process.arch}.node`;
  return import.meta.url ? fileURLToPath(new URL(name, import.meta.url)) : undefined;
}

/**
 * A process that loads a part of a module dies without a word, so whoever is the first to load it asks this before.
 *
 * @param file with the build's record beside it, `FILE.json`
 * @returns what is wrong with it; undefined if it is as it was built, or nobody says how that was
 */
export function damageOf(file: string): string | undefined {
  let built: { readonly sha256?: unknown };
  let bytes: Uint8Array;
  try {
    built = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
    bytes = readFileSync(file);
  } catch {
    return undefined;
  }
  if (typeof built.sha256 !== 'string') return undefined;
  const isWhole = createHash('sha256').update(bytes).digest('hex') === built.sha256;
  return isWhole ? undefined : `${file} is not as it was built`;
}

/** @returns the module, or why there is none */
export function loadNative(
  file = nativeFile(),
): { module: NativeModule; reason?: undefined } | { module?: undefined; reason: string } {
  if (file === undefined) return { reason: 'a program that was bundled does not find them' };
  // Of a folder Node would load something else.
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    return { reason: `not compiled for ${process.platform}-${process.arch}` };
  }
  try {
    return { module: createRequire(import.meta.url)(file) };
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    return { reason: line.includes(file) ? line : `${file}: ${line}` };
  }
}
