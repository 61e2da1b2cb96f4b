// Where a worker listens for others of a mesh: what it was told, or else the address from which it reaches the
// coordinator, if that can be done without asking the user.
// Invariant: nobody beyond this machine is listened to without a certificate, or `insecure`.
import { ConfigError } from '@lockstep/core';
import {
  anyAddress,
  type DialTls,
  type Listener,
  type ListenOptions,
  type ListenTls,
  listen,
  localAddressTowards,
} from '@lockstep/transport';
import type { WorkOptions } from './work-options.js';

export interface DoorOptions
  extends Pick<WorkOptions, 'listen' | 'tls' | 'insecure'>,
    Pick<ListenOptions, 'arithmetic' | 'identify' | 'onLink'> {
  /** Where the coordinator is: a URL, if it is in another process. */
  readonly where: string;
}

/**
 * @returns undefined if others cannot reach this worker
 * @throws ConfigError if it cannot listen there
 */
export async function openDoor(options: DoorOptions): Promise<Listener | undefined> {
  const { listen: at, tls, insecure = false, where, arithmetic, identify, onLink } = options;
  const secure = listenTls(tls);
  const isLocal = /^wss?:\/\/(127\.|localhost|\[::1\])/.test(where);
  if (!at && !isLocal && !secure && !insecure) return undefined;
  const own = await localAddressTowards(where);
  const host = at?.host ?? own ?? (isLocal ? '127.0.0.1' : anyAddress());
  const address = { host, port: at?.port ?? 0, preferredHost: own };
  const common = { insecure, arithmetic, identify, onLink, ...(secure && { tls: secure }) };
  return listen({ ...address, ...common }).catch((cause: Error) => {
    throw new ConfigError(`worker: ${cause.message}`, { cause });
  });
}

/** What a worker shows those who connect to it; undefined if it has no certificate. */
export function listenTls({ cert, key, ca }: DialTls = {}): ListenTls | undefined {
  return cert && key ? { cert, key, ...(ca && { ca }) } : undefined;
}
