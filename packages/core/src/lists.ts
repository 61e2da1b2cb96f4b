// What counts as a list of numbers: typed arrays of any realm and kind, and whatever has a length. Not here: which numbers are
// taken, and how they are read (numbers.ts).
import { DataError } from './errors.js';

export type List = ArrayLike<unknown>;

const SHOWN_CHARACTERS = 40;

/** Engine types by what a typed array says it is, in whatever realm, and whatever it was derived to. */
const OWN: Readonly<Record<string, new (b: ArrayBufferLike, at: number, n: number) => List>> = {
  Uint8Array,
  Uint8ClampedArray: Uint8Array,
  Int32Array,
  Float32Array,
};
const typeName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** A value in few words, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
    return `the text ${JSON.stringify(cut)}`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const list = asList(value);
  return list ? `a list of ${list.length}` : 'an object';
}

/**
 * @param what begins the error
 * @param value what the numbers are, in the singular
 * @throws DataError if it is no list
 */
export function requireList(source: unknown, what: string, value: string): List {
  const list = asList(source);
  if (!list) {
    throw new DataError(
      `${what}: ${value}s are ${describeNoList(source)}; expected a typed array, or a list of numbers`,
    );
  }
  if (ArrayBuffer.isView(list) && list.length === 0 && isDetached(list.buffer)) {
    throw new DataError(
      `${what}: the ${value}s are gone: their buffer was handed to another thread; give a copy`,
    );
  }
  return list;
}

function describeNoList(source: unknown): string {
  if (typeof source !== 'object' || source === null) return show(source);
  const name = Object.prototype.toString.call(source).slice('[object '.length, -1);
  if (name !== 'Object') return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
  return Object.hasOwn(source, '0')
    ? 'an object with numbered keys, as JSON makes of a typed array (write Array.from of it to JSON)'
    : 'an object';
}

/** Typed arrays of the engine's types come back as their base class, over the same memory. */
export function asList(value: unknown): List | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!ArrayBuffer.isView(value)) {
    const { length } = value as { length?: unknown };
    return Number.isSafeInteger(length) && (length as number) >= 0 ? (value as List) : undefined;
  }
  const name = typeName.call(value) as string | undefined;
  if (name === undefined) return undefined;
  const Own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  const array = value as unknown as Uint8Array;
  if (!Own || Object.getPrototypeOf(value) === Own.prototype) return array;
  return isDetached(array.buffer) ? array : new Own(array.buffer, array.byteOffset, array.length);
}

/** Not `buffer.detached`, which Node 20 does not have. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
