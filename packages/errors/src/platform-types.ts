// Types of the platform that declarations of ours mention. A browser's types and Node's say what they have; a project with neither
// learns here that there are such types, so that it compiles against what mentions them. Nothing of this is there at run time.
declare global {
  interface AbortSignal {}
  interface URL {}
  namespace WebAssembly {
    interface Memory {}
    interface Module {}
  }
}

export {};
