// Random cases of the compiled kernels, compared with WebAssembly to the bit: as many as one likes, or one again. The tests run a
// thousand of each kernel. Exits with 1 if any differs.
import { parseArgs } from 'node:util';
import { wasm } from '@lockstep/kernels';
import { Comparison } from '@lockstep/kernels/bits/random';
import { loadNative, nativeBackend } from '../dist/index.js';

const HELP = `pnpm cases [options]

  --count N       cases of each kernel (100000)
  --kernel A,B    only of these kernels
  --lanes N       only with vectors so wide
  --seed N        which cases (1)
  --case N        this one alone`;

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
      help: { type: 'boolean' },
    },
  });
  return {
    help: values.help,
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

/** @returns how many kernels differ */
function compare(comparison, kernels, { seed, first, count }) {
  let differing = 0;
  for (const kernel of kernels) {
    const begun = performance.now();
    let found;
    for (let number = first; number < first + count && !found; number++) {
      found = comparison.run({ kernel, seed, number });
    }
    if (found) {
      differing++;
      console.log(found);
    }
    console.error(`${found ? 'differs' : 'same bits'}  ${kernel}  ${seconds(begun)}`);
  }
  return differing;
}

function seconds(begun) {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}

function main() {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  const { module, reason } = loadNative();
  if (!module) throw new Error(reason);
  const lanes = chosen('width', module.lanes, options.lanes && [options.lanes]);
  const kernels = chosen('compiled kernel', module.kernels, options.kernels);
  const differing = compare(new Comparison(wasm, lanes.map(nativeBackend)), kernels, options);
  console.log(
    `${kernels.length - differing} of ${kernels.length} kernels give the bits of WebAssembly with ${lanes.join(' and ')} lanes in ${options.count} cases each`,
  );
  process.exitCode = differing ? 1 : 0;
}

try {
  main();
} catch (error) {
  console.error(`cases: ${error.message}`);
  process.exitCode = 2;
}
