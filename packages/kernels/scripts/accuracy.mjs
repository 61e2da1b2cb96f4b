// Measures the kernels' exp, log, sin, cos, powers, activations and their kind over every float32
// (half an hour on one core, a third of it for the powers) and prints the largest error of each, in ulp.
//   node packages/kernels/scripts/accuracy.mjs [--stride N] [function ...]
// Runs on the built package. The unit tests try every 9973rd float by the same code (ulp.mjs).
import { parseArgs } from 'node:util';
import { heapBase, wasm } from '../dist/index.js';
import { functions, measure } from './ulp.mjs';

const { values, positionals } = parseArgs({
  options: { stride: { type: 'string', default: '1' } },
  allowPositionals: true,
});
const stride = Number(values.stride);
const names = positionals.length > 0 ? positionals : Object.keys(functions);
for (const name of names) {
  if (!(name in functions)) {
    console.error(`accuracy: no function "${name}"; expected ${Object.keys(functions).join(', ')}`);
    process.exit(2);
  }
}
if (!(stride >= 1 && Number.isInteger(stride))) {
  console.error(`accuracy: --stride is ${values.stride}; expected a whole number from 1 on`);
  process.exit(2);
}

console.log(`kernels ${wasm.hash}`);
const memory = wasm.createMemory(heapBase + 3 * 4 * 65536);
const kernels = wasm.kernels(memory);
for (const name of names) {
  const [first, last] = functions[name].floats;
  const { maxUlp, worst, inexact, tried } = measure(kernels, memory, heapBase, name, {
    first,
    last,
    stride,
  });
  console.log(`${name}: at most ${maxUlp} ulp, at ${worst}; ${inexact} of ${tried} not exact`);
}
