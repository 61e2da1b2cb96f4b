// c/ -> prebuilt/<platform>-<arch>.node, the module that ships, if a compiler of C is found. Without one, or with one that fails,
// it says so and succeeds: the WebAssembly kernels do the same, more slowly.
//
// node scripts/compile.mjs                          for this machine
// node scripts/compile.mjs darwin-arm64 win32-x64   for others, or for `all`, by zig; here a failure is one
import { join } from 'node:path';
import {
  buildModule,
  findCompiler,
  findZig,
  isOfSources,
  removeModule,
  root,
} from './compiler.mjs';
import { HERE, MACHINES, PLACES, processorOf } from './places.mjs';

function fileOf(place) {
  return join(root, 'prebuilt', `${place}.node`);
}

async function compile(compiler, place) {
  const machines = MACHINES[processorOf(place)];
  const given = { place, machines, flags: ['-O3'], isShipped: true };
  const kernels = await buildModule(compiler, fileOf(place), given);
  if (kernels)
    console.error(`native: ${kernels.length} kernels for ${place} by ${compiler.join(' ')}`);
}

async function compileHere() {
  const compiler = MACHINES[process.arch] && findCompiler();
  const otherwise = 'the WebAssembly kernels compute the same, more slowly';
  if (!compiler) {
    // It may have been brought from a machine that has one.
    if (isOfSources(fileOf(HERE))) return;
    removeModule(fileOf(HERE));
    console.error(`native: no compiler of C for ${HERE} (cc, gcc, clang or zig); ${otherwise}`);
    return;
  }
  try {
    await compile(compiler, HERE);
  } catch (error) {
    // What was compiled of other sources is not what they say.
    removeModule(fileOf(HERE));
    console.error(
      `native: ${compiler.join(' ')} fails, so ${otherwise}. ${error.stderr || error.message}`,
    );
  }
}

const asked = process.argv.slice(2).flatMap((place) => (place === 'all' ? PLACES : [place]));
if (asked.length === 0) await compileHere();
for (const place of asked) {
  if (!PLACES.includes(place)) throw new Error(`${place}: expected ${PLACES.join(', ')} or all`);
  const compiler = findZig();
  if (!compiler)
    throw new Error('zig is not found; it compiles for other machines (or give CC=/path/to/zig)');
  await compile(compiler, place);
}
