// c/ -> prebuilt/<platform>-<arch>.node, the module that ships, if a compiler of C is found. Without one it says so and succeeds:
// the WebAssembly kernels do the same, more slowly.
import { join } from 'node:path';
import { buildModule, findCompiler, MACHINES, root } from './compiler.mjs';

const machines = MACHINES[process.arch];
const place = `${process.platform}-${process.arch}`;
const compiler = machines && findCompiler();
if (!compiler) {
  console.error(
    `native: no compiler of C for ${place} (cc, gcc, clang or zig); the WebAssembly kernels compute the same, more slowly`,
  );
} else {
  const target = join(root, 'prebuilt', `${place}.node`);
  const kernels = buildModule(compiler, target, { machines, flags: ['-O3'], isShipped: true });
  if (kernels) console.error(`native: ${kernels.length} kernels by ${compiler.join(' ')}`);
}
