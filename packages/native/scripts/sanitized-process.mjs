// One process of sanitized.mjs: compares kernels, and has each case written down before it is run, since a sanitizer ends the
// process. So does this at the first difference.
import { openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { wasm } from '@lockstep/kernels';
import { Comparison } from '@lockstep/kernels/bits/random';
import { nativeKernels } from '../dist/calls.js';

const { file, lanes, kernels, seed, first, count, log } = JSON.parse(process.argv[2]);
const module = createRequire(import.meta.url)(file);

const backend = {
  ...wasm,
  name: `sanitized-${lanes}`,
  kernels: (memory) => nativeKernels(module, lanes, memory),
};

/** Only a case's places may be touched while a kernel runs; afterwards all may be, by Node's own functions. */
const fence = {
  close(memory, places) {
    const list = places.flatMap(({ at, bytes }) => [at, bytes]);
    module.allow(new Uint8Array(memory.buffer), Float64Array.from(list));
  },
  open(memory) {
    module.allow(new Uint8Array(memory.buffer), Float64Array.of(0, memory.buffer.byteLength));
  },
};

const written = openSync(log, 'w');

/** One line in the place of the one before. */
function write(line) {
  writeSync(written, JSON.stringify(line).padEnd(2000), 0);
}

const comparison = new Comparison(wasm, [backend], fence);
for (const kernel of kernels) {
  const begun = performance.now();
  for (let number = first; number < first + count; number++) {
    write({ kernel, number });
    const how = comparison.run({ kernel, seed, number });
    if (how === undefined) continue;
    write({ kernel, number, how: how.slice(0, 1000) });
    process.exit(1);
  }
  console.error(`${lanes} lanes  ${kernel}  ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}
