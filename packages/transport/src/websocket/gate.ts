// What is decided about an HTTP upgrade before a byte of the protocol is read. Pure functions over names and headers;
// a browser page of another site must not get through (Origin), nor one that had its name resolved to this machine
// (Host: DNS rebinding). The listener's own page may, where it has one: its origin is the host that is asked for.
import { canonicalHost } from './addresses.js';
import { LINK_PATH } from './target.js';

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
 * @param hasPage whether this listener serves a page, which may connect
 * @returns why the request is turned away, or undefined
 */
export function checkUpgrade(
  request: UpgradeRequest,
  names: ReadonlySet<string>,
  hasPage = false,
): Refusal | undefined {
  const { origin, host } = request.headers;
  if (request.headers['sec-websocket-origin'] !== undefined) return FROM_A_PAGE;
  if (origin !== undefined && !hasPage) return FROM_A_PAGE;
  if (origin !== undefined && !isOwnOrigin(origin, host)) {
    return {
      status: 403,
      message: `upgrade: requests of pages from elsewhere are refused; expected the Origin of ${host}`,
    };
  }
  if (!isLinkPath(request.url ?? '')) {
    return { status: 404, message: `upgrade: the path must be ${LINK_PATH}, or end in it` };
  }
  return checkHost(host, names);
}

const FROM_A_PAGE: Refusal = {
  status: 403,
  message: 'upgrade: requests with an Origin (from web pages) are refused',
};

/** A proxy may have ended TLS before: host and port tell. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const own = host?.toLowerCase();
  return origin.toLowerCase() === `http://${own}` || origin.toLowerCase() === `https://${own}`;
}

/** @returns why a request for this host is turned away, or undefined */
export function checkHost(
  host: string | undefined,
  names: ReadonlySet<string>,
): Refusal | undefined {
  const name = host === undefined ? undefined : hostName(host);
  if (name === undefined) return { status: 400, message: 'upgrade: no valid Host header' };
  if (!names.has(name)) {
    return {
      status: 421,
      message: `upgrade: this server does not listen as "${name}"; if that leads here, through a proxy too, start the coordinator with --reachable-as ${name}. It listens as ${[...names].join(', ')}`,
    };
  }
  return undefined;
}

/** What stands before it is a proxy's, which may have routed by it and left it there. */
function isLinkPath(url: string): boolean {
  return url.startsWith('/') && !/[?#]/.test(url) && url.endsWith(LINK_PATH);
}

/** `example.org:7070` → `example.org`, `[::1]:80` → `::1`; undefined if it is neither. */
export function hostName(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9._-]{1,253}))(?::\d{1,5})?$/i.exec(host);
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? undefined : canonicalHost(name);
}
