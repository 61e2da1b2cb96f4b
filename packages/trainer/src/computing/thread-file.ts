// Where the file is that compute threads run. It is a bundle of its own, `thread.js`, beside the one that this file is merged
// into: this package's own, or that of a program, whose bundler must be told of it, or which says where it lies.

let given: URL | undefined;

/**
 * Says where the compute threads' file is, for a program that was bundled and has it elsewhere than beside the bundle under
 * the name `thread.js`. It is what a bundler makes of the entry `@lockstep/trainer/thread`. Call it before the first run.
 *
 * @param url such as `new URL('./compute.js', import.meta.url)`; a `file:` URL
 */
export function setThreadFile(url: URL | string): void {
  given = new URL(url);
}

/** @throws TypeError if nobody said, and this code is in a bundle that does not know where it lies (CommonJS) */
export function threadFile(): URL {
  return given ?? new URL('./thread.js', import.meta.url);
}
