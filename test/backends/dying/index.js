// A backend whose first thread dies as it is given memory: the WebAssembly kernels, and a file that says whether it has.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { wasm } from '@lockstep/kernels';

/** The only one who can make that file. */
function isFirst(file) {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** @type {import('@lockstep/kernels').Backend} */
const dying = {
  name: 'dying',
  arithmetic: wasm.arithmetic,
  hash: '4'.repeat(64),
  module: import.meta.url,
  createMemory(bytes) {
    const { LOCKSTEP_DIES_ONCE: file } = process.env;
    if (!isMainThread && file !== undefined && isFirst(file)) process.exit(1);
    return wasm.createMemory(bytes);
  },
  kernels: (memory) => wasm.kernels(memory),
};

export default dying;
