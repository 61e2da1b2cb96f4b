// What a link may be dialled at: a URL in, the request's URL out. Pure; it resolves no name.
// Invariant: what is asked for ends in LINK_PATH, so that a listener knows it and a proxy can route by what stands before.
import { LinkError } from '../errors.js';
import { shownUrl } from '../shown-url.js';

export const LINK_PATH = '/lockstep';
/** How a rank of an MPI job is reached besides (mpi/mpi-sockets.ts): nothing to whoever dials the address alone. */
const BESIDES = /#mpi=[\da-f.]+$/;

/**
 * @param url ws:// or wss://, a host, a port, and where a proxy routes by it a path: `wss://host/team` asks for
 *   `/team/lockstep`
 * @returns what is wrong with it, as a sentence about the URL; undefined if it can be dialled
 */
export function urlProblem(url: string): string | undefined {
  const shown = shownUrl(url);
  const address = url.replace(BESIDES, '');
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (parsed?.protocol !== 'ws:' && parsed?.protocol !== 'wss:') {
    return `${shown} is not an address to dial; expected ws://HOST:PORT or wss://HOST:PORT${suggestion(url)}`;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return `${shown} has a user or password; expected ws://HOST:PORT or wss://HOST:PORT, the token is given apart`;
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    return `${shown} has a query or fragment; expected ws://HOST:PORT or wss://HOST:PORT, and a path where a proxy routes by it; the token is given apart`;
  }
  return undefined;
}

/** @returns what somebody who wrote this may have meant, as words to end a sentence with; '' if nothing */
export function suggestion(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'http:') return `, as ws://${parsed.host}`;
  if (parsed?.protocol === 'https:') return `, as wss://${parsed.host}`;
  const bare = /^(wss?:\/\/)?([\da-f]*:[\da-f:]*:[\da-f]*)$/i.exec(url)?.[2];
  if (bare !== undefined) return '; an IPv6 address stands in brackets, as ws://[::1]:7070';
  return /^[\w.[\]:-]+$/.test(url) && !/^\w+:\/\//.test(url) ? `, as ws://${url}` : '';
}

/**
 * @param role a peer's path is fixed: nobody chooses what others ask of a server
 * @throws LinkError `protocol` if the URL cannot be dialled
 */
export function requestUrl(url: string, role: 'worker' | 'peer'): URL {
  const problem = urlProblem(url);
  if (problem !== undefined) throw new LinkError('protocol', `dial: ${problem}`);
  const target = new URL(url.replace(BESIDES, ''));
  const prefix = pathPrefix(target.pathname);
  if (role === 'peer' && prefix !== '') {
    throw new LinkError('protocol', `dial: the path of a peer must be ${LINK_PATH} or none`);
  }
  target.pathname = prefix + LINK_PATH;
  return target;
}

/** `/team/` and `/team/lockstep` → `/team`; `/` → ``. */
export function pathPrefix(pathname: string): string {
  const path = pathname.replace(/\/+$/, '');
  return path.endsWith(LINK_PATH) ? path.slice(0, -LINK_PATH.length) : path;
}
