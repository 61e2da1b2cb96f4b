// Random cases of the compiled kernels, compared with WebAssembly to the bit: as many as one likes, or one again. The tests run a
// thousand of each kernel. Exits with 1 if any differs.
import { parseArgs } from 'node:util';
import { wasm } from '@lockstep/kernels';
import { Comparison } from '@lockstep/kernels/bits/random';
import { loadNative, nativeBackend } from '../dist/index.js';
import { compareSanitized } from './sanitized.mjs';

const HELP = `pnpm cases [options]

  --count N       cases of each kernel (100000)
  --kernel A,B    only of these kernels
  --lanes N       only with vectors so wide
  --seed N        which cases (1)
  --case N        this one alone
  --sanitize      on kernels compiled with sanitizers (on Linux), which see reads and writes outside of arrays, and what C
                  leaves undefined; with 4 lanes, too`;

function whole(name, text, least = 0) {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} ${text}: expected a whole number from ${least} on`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      kernel: { type: 'string' },
      lanes: { type: 'string' },
      seed: { type: 'string', default: '1' },
      case: { type: 'string' },
      sanitize: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  return {
    help: values.help,
    isSanitized: values.sanitize,
    kernels: values.kernel?.split(','),
    lanes: values.lanes && whole('lanes', values.lanes),
    seed: whole('seed', values.seed),
    first: values.case ? whole('case', values.case) : 0,
    count: values.case ? 1 : whole('count', values.count, 1),
  };
}

/** @returns of those that there are, the ones that were asked for */
function chosen(what, all, asked) {
  const unknown = asked?.filter((one) => !all.includes(one)) ?? [];
  if (unknown.length)
    throw new Error(`no ${what} ${unknown.join(', ')}; there are ${all.join(', ')}`);
  return asked ?? all;
}

/** @returns of each kernel that differs, the first case in which it does */
function compare(kernels, lanes, { seed, first, count }) {
  const comparison = new Comparison(wasm, lanes.map(nativeBackend));
  const failed = [];
  for (const kernel of kernels) {
    const begun = performance.now();
    let found;
    for (let number = first; number < first + count && !found; number++) {
      found = comparison.run({ kernel, seed, number });
    }
    if (found) failed.push(found);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.error(`${found ? 'differs' : 'same bits'}  ${kernel}  ${seconds} s`);
  }
  return failed;
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  const { module, reason } = loadNative();
  if (!module) throw new Error(reason);
  const widths = options.isSanitized ? [...new Set([4, ...module.lanes])] : module.lanes;
  const lanes = chosen('width', widths, options.lanes && [options.lanes]);
  const kernels = chosen('compiled kernel', module.kernels, options.kernels);
  const { failed, skipped } = options.isSanitized
    ? await compareSanitized(kernels, lanes, options)
    : { failed: compare(kernels, lanes, options), skipped: [] };
  for (const line of failed) console.log(line);
  for (const line of skipped) console.log(`not tried: ${line}`);
  if (skipped.length === lanes.length) return;
  console.log(
    `${failed.length} failures: ${kernels.length} kernels, ${options.count} cases each, with ${lanes.join(' and ')} lanes`,
  );
  process.exitCode = failed.length ? 1 : 0;
}

try {
  await main();
} catch (error) {
  console.error(`cases: ${error.message}`);
  process.exitCode = 2;
}
