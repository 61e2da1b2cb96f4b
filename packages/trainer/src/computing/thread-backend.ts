// How a compute thread comes by the backend of its run: it imports the module that the backend names, since functions
// cannot be posted to a thread. The WebAssembly kernels are in the thread's own code.
import { ConfigError } from '@lockstep/core';
import { chooseBackend } from '@lockstep/core/internal';
import type { Backend } from '@lockstep/kernels';

/** What a thread is told of a backend. */
export interface ThreadBackend {
  readonly arithmetic: string;
  /** Undefined for the WebAssembly kernels. */
  readonly module: string | undefined;
}

/** @throws ConfigError if threads could not import the backend */
export function threadBackend(backend: Backend): ThreadBackend {
  const { name, arithmetic, module } = backend;
  if (module === undefined && backend !== chooseBackend('train', undefined)) {
    throw new ConfigError(
      `train: backend ${name} has no module, which compute threads would import; give it the URL of one whose default export is the backend`,
    );
  }
  return { arithmetic, module };
}

/** @throws ConfigError if the module exports no backend, or one of another arithmetic than the run's */
export async function importBackend({ arithmetic, module }: ThreadBackend): Promise<Backend> {
  if (module === undefined) return chooseBackend('thread', undefined);
  const { default: exported } = await import(/* @vite-ignore */ module);
  const backend = chooseBackend(`thread: ${module}`, exported ?? null);
  if (backend.arithmetic === arithmetic) return backend;
  throw new ConfigError(
    `thread: ${module} exports a backend of arithmetic ${backend.arithmetic}, the run's is ${arithmetic}`,
  );
}
