// Listens with every transport that was given, as one: workers may come over any of them.
import { ConfigError } from '@lockstep/errors';
import { type Listener, type ListenOptions, listen, type Transport } from '@lockstep/transport';

/** @throws ListenError, or ConfigError if no transport lets anybody in */
export async function listenOn(
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
