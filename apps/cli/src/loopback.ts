// Addresses of this machine alone, for servers that have no token: what only its own processes reach.
import { isIP } from 'node:net';

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The names, without ports, under which a server on loopback is asked: a page of another site asks under its own. */
export function localNames(host: string): readonly string[] {
  return [...new Set([host, '127.0.0.1', '[::1]', 'localhost'])];
}
