// Which backend computes: the one that is given, else the WebAssembly kernels. Only here are they named; everything else is
// handed a backend.
import { type Backend, wasm } from '@lockstep/kernels';
import { ConfigError } from '../errors.js';

/** What an arithmetic may be called, so that a name fits a handshake and a file. */
const ARITHMETIC = /^[a-z0-9.-]{1,32}$/;

/**
 * @param operation for errors
 * @throws ConfigError if what is given is no backend
 */
export function chooseBackend(operation: string, given: Backend | undefined): Backend {
  if (given === undefined) return wasm;
  const { name, arithmetic = '', hash, createMemory, kernels }: Partial<Backend> = given ?? {};
  const isNamed = [name, hash].every((text) => typeof text === 'string');
  const isCallable = [createMemory, kernels].every((call) => typeof call === 'function');
  if (!isNamed || !isCallable || !ARITHMETIC.test(arithmetic)) {
    throw new ConfigError(
      `${operation}: backend is none; expected name and hash, an arithmetic of at most 32 of a-z, 0-9, "." and "-", ` +
        `createMemory and kernels, got ${JSON.stringify({ name, hash, arithmetic })}`,
    );
  }
  return given;
}
