// Where a worker listens for others of a mesh: with the first of its transports that may, without asking the user.
import { ConfigError } from '@lockstep/core';
import { type Listener, type ListenOptions, listen, type Transport } from '@lockstep/transport';

/**
 * @returns undefined if others cannot reach this worker
 * @throws ConfigError if it cannot listen where it was told
 */
export async function openDoor(
  transports: readonly Transport[],
  options: ListenOptions,
): Promise<Listener | undefined> {
  for (const transport of transports) {
    const listener = await listen(transport, options).catch((cause: Error) => {
      throw new ConfigError(`worker: ${cause.message}`, { cause });
    });
    if (listener) return listener;
  }
  return undefined;
}
