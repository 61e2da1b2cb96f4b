// This machine's addresses: which text names a host to listen on, under which names a listener is known, and where
// others reach it. Everything but `localAddressTowards` is pure over the interfaces that it is given.
// Invariant: an address that is shown to others is never a wildcard, and never one of a link alone.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** What is read of what Node says of an address. */
export interface InterfaceAddress {
  readonly address: string;
  /** `IPv4` or `IPv6`. */
  readonly family: string;
  readonly internal: boolean;
}

export type Interfaces = Readonly<Record<string, readonly InterfaceAddress[] | undefined>>;

/** @returns why this is no host to listen on, as words after it; undefined if it may be one */
export function hostProblem(host: string): string | undefined {
  if (host.includes('%')) return 'an address with a zone (%) cannot stand in a URL';
  if (isIP(host) !== 0) return undefined;
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(host);
  if (bracketed) {
    return `expected an address without brackets, ${bracketed[1]}${apart(bracketed[2])}`;
  }
  if (/^\w+:\/\//.test(host)) return 'expected a host, got a URL';
  const [, name, port] = /^([^:]+):(\d+)$/.exec(host) ?? [];
  if (name !== undefined) return `expected a host alone, ${name}${apart(port)}`;
  if (/^[a-z\d._-]{1,253}$/i.test(host)) return undefined;
  return 'expected a host name, an IPv4 or an IPv6 address';
}

/**
 * `::1:7070` is an address of its own, which nobody means.
 *
 * @returns words for an error about `host`; '' if it cannot have been meant so
 */
export function meantPort(host: string): string {
  const [, address = '', port] = /^(.+):(\d{1,5})$/.exec(host) ?? [];
  if (isIP(host) !== 6 || isIP(address) !== 6) return '';
  return `; if ${address} is meant, give the address alone${apart(port)}`;
}

function apart(port: string | undefined): string {
  return port === undefined ? '' : `, and the port apart (--port ${port})`;
}

/** `LocalHost` → `localhost`, `0:0::1` → `::1`, `127.1` → `127.0.0.1`: as a URL would have it. */
export function canonicalHost(host: string): string {
  const text = isIP(host) === 6 ? `ws://[${host}]` : `ws://${host}`;
  return URL.canParse(text) ? new URL(text).hostname.replace(/^\[|\]$/g, '') : host.toLowerCase();
}

/** Whether a host is this machine to itself. */
export function isLoopback(host: string): boolean {
  const name = canonicalHost(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** The names under which a listener on `host` may be addressed. */
export function listenerNames(host: string, more: readonly string[] = []): Set<string> {
  const name = canonicalHost(host);
  const names = new Set([...more.map(canonicalHost), name]);
  if (isLoopback(host)) for (const other of ['localhost', '127.0.0.1', '::1']) names.add(other);
  if (isWildcard(name)) {
    names.delete(name);
    names.add('localhost').add(hostname().toLowerCase());
    for (const { address } of addressesOf(networkInterfaces())) names.add(address);
  }
  return names;
}

/** Of machines within this one: others do not reach them. */
const INNER = /^(docker|br-|veth|virbr|vmnet|vboxnet|lxc|lxdbr|podman|cni|flannel|cali)/;

/**
 * Where others reach a listener, as in a URL (IPv6 in brackets), best first: of a wildcard, IPv4 before IPv6 and both
 * only where it listens to both; loopback if this machine has nothing else.
 *
 * @param host that is listened on
 * @param preferred an address that is known to be in use towards the others
 */
export function reachableHosts(
  host: string,
  preferred?: string,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  const name = canonicalHost(host);
  if (!isWildcard(name)) return [bracketed(name)];
  const families = name === '::' ? ['IPv4', 'IPv6'] : ['IPv4'];
  const usable = addressesOf(interfaces).filter(
    ({ address, family, internal }) =>
      families.includes(family) && !internal && !/^(169\.254\.|fe[89ab])/i.test(address),
  );
  const rank = ({ address, family, inner }: (typeof usable)[number]): number =>
    (address === preferred ? 0 : 4) + (inner ? 2 : 0) + (family === 'IPv4' ? 0 : 1);
  const sorted = usable.sort((a, b) => rank(a) - rank(b)).map(({ address }) => bracketed(address));
  return sorted.length > 0 ? sorted : [name === '::' ? '[::1]' : '127.0.0.1'];
}

/** All addresses of this machine: IPv4, unless it has none that others reach, and IPv6. */
export function anyAddress(interfaces: Interfaces = networkInterfaces()): '0.0.0.0' | '::' {
  const outer = addressesOf(interfaces).filter(({ internal }) => !internal);
  return outer.length > 0 && outer.every(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

function addressesOf(interfaces: Interfaces) {
  return Object.entries(interfaces).flatMap(([name, list]) =>
    (list ?? []).map((info) => ({ ...info, inner: INNER.test(name) })),
  );
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

const LOOKUP_MS = 3000;

/**
 * The address of this machine from which it would reach a URL's host, IPv4 if both lead there. It asks the routing
 * table and sends nothing to that host.
 *
 * @returns undefined if no way is known now
 */
export async function localAddressTowards(url: string): Promise<string | undefined> {
  if (!URL.canParse(url)) return undefined;
  const { hostname: host, port } = new URL(url);
  // Of something that is no network.
  if (host === '') return undefined;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<[]>((resolve) => {
    timer = setTimeout(() => resolve([]), LOOKUP_MS);
  });
  const found = lookup(host.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  const targets = [...(await Promise.race([found, tooLate]))].sort((a, b) => a.family - b.family);
  clearTimeout(timer);
  for (const { address, family } of targets) {
    const own = await sourceAddress(address, family, Number(port) || 80);
    if (own !== undefined) return own;
  }
  return undefined;
}

async function sourceAddress(
  to: string,
  family: number,
  port: number,
): Promise<string | undefined> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    socket.connect(port, to);
    await once(socket, 'connect');
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** Whether a URL leads to this machine, whatever is there. */
export function isLoopbackUrl(url: string): boolean {
  return /^wss?:\/\/(127\.|localhost|\[::1\])/.test(url);
}

/** `host:port`, `[::1]:7071`, or a port alone, of this machine. @returns what to write instead, as words, if it is none */
export function hostAndPort(text: string): { host: string; port: number } | string {
  const match = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65_535) return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
  const bare = /^([\da-f:]*:[\da-f:]*):(\d{1,5})$/i.exec(text);
  return `expected HOST:PORT, for example ${bare ? `[${bare[1]}]:${bare[2]}` : '0.0.0.0:7071'}`;
}
