// Where the file is that compute threads run. It lies beside this one, and a bundler that merges this file into another does
// not see it: then it is a second entry of the bundle, found beside the first, or where the program says.

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
