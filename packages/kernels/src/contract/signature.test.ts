// What does not compile is shown by `@ts-expect-error`, which is itself an error where the line below it compiles.
import { expect, test } from 'vitest';
import { type ModuleSignatures, scalarNames } from '../kernels.generated.js';
import { wasm } from '../wasm.js';
import type { KernelSignatures } from './kernels.js';
import type { Agreed, Disagreement } from './signature.js';

interface Whole {
  fill: ['out: usize', 'n: i32', 'value: f32'];
  scale: ['g: usize', 'n: i32', 'factor: f32'];
}
interface Swapped extends Omit<Whole, 'fill'> {
  fill: ['n: i32', 'out: usize', 'value: f32'];
}
interface SwappedOfOneType {
  addInto: ['src: usize', 'dst: usize', 'n: i32'];
}
interface Missing extends Omit<Whole, 'fill'> {
  fill: ['out: usize', 'n: i32'];
}

/** A value for each type that the compiler takes, none for what it does not. */
const compiles = <T>(): T | undefined => undefined;

test('a contract that the module has compiles', () => {
  compiles<Agreed<Whole, Disagreement<Whole, Pick<ModuleSignatures, keyof Whole>>>>();
  compiles<Agreed<KernelSignatures, Disagreement<KernelSignatures, ModuleSignatures>>>();
});

test('swapped parameters do not compile, not even of one type', () => {
  // @ts-expect-error fill
  compiles<Agreed<Swapped, Disagreement<Swapped, Whole>>>();
  type Adding = Pick<ModuleSignatures, 'addInto'>;
  // @ts-expect-error addInto
  compiles<Agreed<SwappedOfOneType, Disagreement<SwappedOfOneType, Adding>>>();
});

test('a missing parameter and a missing kernel do not compile, on either side', () => {
  // @ts-expect-error fill
  compiles<Agreed<Missing, Disagreement<Missing, Whole>>>();
  // @ts-expect-error fill
  compiles<Agreed<Whole, Disagreement<Whole, Missing>>>();
  // @ts-expect-error scale
  compiles<Agreed<Whole, Disagreement<Whole, Pick<Whole, 'fill'>>>>();
});

test('a call with an argument too few or too many does not compile', () => {
  const kernels = wasm.kernels(wasm.createMemory(0));
  // @ts-expect-error the value is missing
  const short = (): void => kernels.fill(1024, 1);
  // @ts-expect-error there is no fourth
  const long = (): void => kernels.fill(1024, 1, 0, 0);
  expect([short, long]).toHaveLength(2);
});

test('the scalars of an update lie in the order of its fields', () => {
  expect(scalarNames.sgd).toEqual(['count', 'lr', 'weightDecay']);
  expect(Object.keys(scalarNames).sort()).toEqual([
    ...['adam', 'momentum', 'rmsprop', 'rmspropMomentum', 'sgd'],
  ]);
});
