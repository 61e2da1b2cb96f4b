import { wasm } from '@lockstep/kernels';
import { fastestBackend } from '@lockstep/native';
import { expect, test } from 'vitest';
import { runBackend, whyNotNative } from './run-backend.js';

const fastest = fastestBackend();

test('auto, and nothing, is the quickest; wasm is WebAssembly', () => {
  expect(runBackend('train', {})).toBe(fastest.backend);
  expect(runBackend('train', { kernels: 'auto' })).toBe(fastest.backend);
  expect(runBackend('train', { kernels: 'wasm' }).name).toBe('wasm');
});

test('native is a compiled one, or an error that says why there is none', () => {
  if (whyNotNative() === undefined) {
    expect(runBackend('train', { kernels: 'native' }).name).toMatch(/^native-\d+$/);
  } else {
    expect(() => runBackend('train', { kernels: 'native' })).toThrow(/native kernels cannot/);
  }
});

test('a backend of one’s own is taken, and not beside a choice of kernels', () => {
  const own = { ...wasm, name: 'own' };
  expect(runBackend('train', { backend: own })).toBe(own);
  expect(() => runBackend('train', { backend: own, kernels: 'wasm' })).toThrow('give one of them');
});

test('kernels that there are none of are refused', () => {
  expect(() => runBackend('train', { kernels: 'fast' as 'auto' })).toThrow(/kernels.*auto.*wasm/);
});
