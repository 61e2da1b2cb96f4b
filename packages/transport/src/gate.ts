// What is decided about an HTTP upgrade before a byte of the protocol is read, and about an address before it is
// listened on. Pure functions over names and headers; a browser page of another site must not get through (Origin),
// nor one that had its name resolved to this machine (Host: DNS rebinding).
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

export const LINK_PATH = '/lockstep';

export interface Refusal {
  readonly status: 400 | 403 | 404 | 421;
  readonly message: string;
}

export interface UpgradeRequest {
  readonly url?: string | undefined;
  readonly headers: {
    readonly host?: string | undefined;
    readonly origin?: string | undefined;
    readonly [name: string]: unknown;
  };
}

/**
 * @param names host names and addresses, lower case, without ports and brackets
 * @returns why the request is turned away, or undefined
 */
export function checkUpgrade(
  request: UpgradeRequest,
  names: ReadonlySet<string>,
): Refusal | undefined {
  const { origin, host } = request.headers;
  if (origin !== undefined || request.headers['sec-websocket-origin'] !== undefined) {
    return {
      status: 403,
      message: 'upgrade: requests with an Origin (from web pages) are refused',
    };
  }
  if (request.url !== LINK_PATH) {
    return { status: 404, message: `upgrade: the path must be ${LINK_PATH}` };
  }
  const name = host === undefined ? undefined : hostName(host);
  if (name === undefined) return { status: 400, message: 'upgrade: no valid Host header' };
  if (!names.has(name)) {
    return {
      status: 421,
      message: `upgrade: this server does not listen as "${name}"; it listens as ${[...names].join(', ')}`,
    };
  }
  return undefined;
}

/** `example.org:7070` → `example.org`, `[::1]:80` → `::1`; undefined if it is neither. */
export function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The names under which a listener on `host` may be addressed. */
export function listenerNames(host: string, more: readonly string[] = []): Set<string> {
  const names = new Set([...more, host].map((name) => name.toLowerCase()));
  if (isLoopback(host)) for (const name of ['localhost', '127.0.0.1', '::1']) names.add(name);
  if (isWildcard(host)) {
    names.delete(host);
    names.add('localhost').add(hostname().toLowerCase());
    for (const address of addresses()) names.add(address.address);
  }
  return names;
}

/** Where others reach a listener on `host`; of a wildcard, the first address that is not loopback. */
export function reachableHost(host: string): string {
  if (!isWildcard(host)) return isIP(host) === 6 ? `[${host}]` : host;
  const outer = addresses().find((address) => !address.internal && address.family === 'IPv4');
  return outer?.address ?? hostname();
}

function addresses() {
  return Object.values(networkInterfaces()).flatMap((list) => list ?? []);
}
