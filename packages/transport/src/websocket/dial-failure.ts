// What stood in the way of a link, as a LinkError whose code tells whether trying again can help. Pure: what sockets, TLS
// and HTTP said comes in.
// Invariant: what a proxy answers while the server behind it is away (RFC 9110 §15.6, and its kin) is `unreachable`, as if
// nobody had answered.
import type { IncomingHttpHeaders } from 'node:http';
import { printable } from '@lockstep/wire';
import { LinkError } from '../errors.js';
import { pathPrefix } from './target.js';
import { type OwnTls, tlsFailure } from './tls-failure.js';

/** What was dialled. */
export interface Dialled {
  readonly url: URL;
  readonly tls: OwnTls;
}

/** For messages: without the part of the path that is always there. */
export function describeTarget(url: URL): string {
  return `dial ${url.protocol}//${url.host}${pathPrefix(url.pathname)}`;
}

const UNREACHABLE = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENETRESET'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'],
  ...['EMFILE', 'ENFILE', 'ENOBUFS'],
]);

type SocketError = Error & { readonly code?: string; readonly rawPacket?: Uint8Array };

/** An error of the socket, before there was a WebSocket. */
export function connectFailure(error: SocketError, target: Dialled): LinkError {
  const where = describeTarget(target.url);
  const failure = (code: LinkError['code'], message: string, reason: string) =>
    new LinkError(code, `${where}: ${message}`, reason, { cause: error });
  // Several addresses were tried: the last one speaks for all.
  const last: SocketError = error instanceof AggregateError ? error.errors.at(-1) : error;
  const { code = '' } = last;
  const message = last.message || code;
  if (code === 'ETIMEDOUT') return failure('timeout', message, code);
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) {
    const name = target.url.hostname;
    return failure('unreachable', `the name "${name}" cannot be resolved (${code})`, code);
  }
  if (UNREACHABLE.has(code) || message === 'socket hang up') {
    const hint = code === 'ECONNRESET' ? hangUpHint(target) : '';
    return failure('unreachable', `${message}${hint}`, code);
  }
  const tls = target.url.protocol === 'wss:' ? tlsFailure(last, target.url, target.tls) : undefined;
  if (tls) return failure(tls.code, tls.message, tls.reason);
  if (code.startsWith('HPE_')) return failure('protocol', notHttp(last, target.url), 'http');
  return failure('protocol', message, code);
}

/**
 * In TLS 1.3 a server learns of the client's certificate last, and Node's hangs up without an alert if it is of another
 * authority; so does one that hears no TLS at all. A server that just died looks the same: this is no refusal.
 */
function hangUpHint({ url, tls }: Dialled): string {
  if (url.protocol === 'ws:') {
    return `; if this goes on, the server may expect TLS: wss://${url.host}${pathPrefix(url.pathname)}`;
  }
  return tls.cert === undefined
    ? '; if this goes on, the server may want a certificate (--tls-cert), or not speak TLS 1.3'
    : '; if this goes on, the server may not accept this certificate';
}

/** Of a record of TLS: an alert, a handshake. */
const TLS_RECORD = new Set([0x15, 0x16]);

function notHttp(error: SocketError, url: URL): string {
  const { rawPacket = new Uint8Array() } = error;
  if (url.protocol === 'ws:' && TLS_RECORD.has(rawPacket[0] ?? 0)) {
    return `the server expects TLS; the address is wss://${url.host}${pathPrefix(url.pathname)}`;
  }
  const begin = printable(Buffer.from(rawPacket).toString('latin1'), 40).trim();
  return `what answers there does not speak HTTP${begin === '' ? '' : `: it says "${begin}"`}`;
}

/** 5xx that are about the request, and not about the server's state. */
const FOR_GOOD = new Set([501, 505, 506, 510]);
/** Of the client's errors, those that time heals. */
const PASSING = new Set([408, 425, 429]);

/** An HTTP answer instead of the upgrade; @param body its beginning */
export function httpFailure(
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
  { url }: Dialled,
): LinkError {
  const passes = PASSING.has(status) || (status >= 500 && !FOR_GOOD.has(status));
  // A proxy's page of HTML helps nobody.
  const text = /^\s*</.test(body) ? '' : printable(body, MAX_BODY_SHOWN).trim();
  const hint = passes ? '' : httpHint(status, headers, body, url);
  const message = `HTTP status ${status}${text === '' ? '' : `: ${text}`}${hint}`;
  return new LinkError(
    passes ? 'unreachable' : 'refused',
    `${describeTarget(url)}: ${message}`,
    'http',
    { retryAfterMs: retryAfterMs(headers['retry-after']) },
  );
}

/** RFC 9110 §10.2.3, in seconds; a date is not heeded. */
function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? 1000 * Number(header) : undefined;
}

const MAX_BODY_SHOWN = 1024;

function httpHint(status: number, headers: IncomingHttpHeaders, body: string, url: URL): string {
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    return `; it leads to ${printable(redirected(headers.location, url), 300)}: dial that`;
  }
  if (url.protocol === 'ws:' && status === 400 && /https|TLS/i.test(body)) {
    return `; the server expects TLS: wss://${url.host}${pathPrefix(url.pathname)}`;
  }
  if (status === 404 && !body.startsWith('upgrade:')) {
    return `; nothing is at ${url.pathname} there: is this the coordinator's address, or a path that the proxy routes to it?`;
  }
  return status === 426 || (status >= 200 && status < 300)
    ? '; there was no upgrade to WebSocket: a proxy in between must pass on the headers Upgrade and Connection, and speak HTTP/1.1'
    : '';
}

/** Where a redirect leads, as an address to dial. */
function redirected(location: string, from: URL): string {
  const base = new URL(from.href.replace(/^ws/, 'http'));
  if (!URL.canParse(location, base)) return location;
  const to = new URL(location, base);
  return `${to.protocol.replace(/^http/, 'ws')}//${to.host}${pathPrefix(to.pathname)}`;
}
