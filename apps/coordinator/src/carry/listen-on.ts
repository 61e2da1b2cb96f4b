// How workers reach a coordinator. Listens with every transport that was given, as one: workers may come over any of them.
import { ConfigError } from '@lockstep/errors';
import {
  type Link,
  type Listener,
  type ListenOptions,
  listen,
  type Transport,
} from '@lockstep/transport';
import type { ClusterOptions } from './coordinator-setup.js';
import type { RunStore } from './run-store.js';

/** @throws ConfigError if it cannot listen where it was told to */
export function listenForWorkers(
  { transports, token, heartbeatTimeoutMs, backend }: ClusterOptions,
  { run, incarnation }: RunStore,
  onLink: (link: Link) => void,
): Promise<Listener> {
  const key = new TextEncoder().encode(token);
  return listenOn(transports, {
    arithmetic: backend.arithmetic,
    identify: ({ role }) =>
      role === 'worker'
        ? { key, run, incarnation }
        : { code: 'role', message: 'this is a coordinator; it has no peers' },
    onLink,
    heartbeatMs: heartbeatTimeoutMs,
  }).catch(refuseAddress);
}

/** @throws ListenError, or ConfigError if no transport lets anybody in */
async function listenOn(
  transports: readonly Transport[],
  options: ListenOptions,
): Promise<Listener> {
  const opened: Listener[] = [];
  const close = async (): Promise<void> => {
    for (const listener of opened) await listener.close();
  };
  try {
    for (const transport of transports) {
      const listener = await listen(transport, options);
      if (listener) opened.push(listener);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [first] = opened;
  if (!first) throw new ConfigError('coordinate: none of the transports can be listened with');
  return { url: first.url, urls: opened.flatMap(({ urls }) => urls), close };
}

/** An address is an option of whoever runs the coordinator. */
export function refuseAddress(cause: Error): never {
  throw new ConfigError(`coordinate: ${cause.message}`, { cause });
}
