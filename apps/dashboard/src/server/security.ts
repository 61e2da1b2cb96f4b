// Who is answered: requests that name this server by a name that it goes by, that no page of another site sends, and, for all but
// the page's own files, that carry the token.
// Invariant: a page of another site, whatever its name resolves to, learns nothing and can do nothing.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalHost } from '@lockstep/transport';

/** Of every answer. Nothing is fetched from elsewhere, no script stands in a page, nobody frames it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export class Gatekeeper {
  readonly #token: Buffer;
  readonly #hosts: ReadonlySet<string> | undefined;

  /** @param hosts names that the server goes by, canonical and without ports; undefined: any */
  constructor(token: string, hosts: ReadonlySet<string> | undefined) {
    this.#token = digest(token);
    this.#hosts = hosts;
  }

  /** @returns why a request is refused, whatever it asks for; undefined if it is not */
  refuses({ host, origin }: IncomingHttpHeaders): string | undefined {
    const name = host && canonicalHost(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
    if (this.#hosts && (name === undefined || !this.#hosts.has(name))) {
      return `this server does not go by the name ${name ?? '(none)'}`;
    }
    const isOwn = origin === undefined || origin.replace(/^https?:\/\//, '') === host;
    return isOwn ? undefined : 'a page of another site asked';
  }

  holdsToken({ authorization }: IncomingHttpHeaders): boolean {
    const [, given] = /^Bearer (.+)$/.exec(authorization ?? '') ?? [];
    return given !== undefined && timingSafeEqual(digest(given), this.#token);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
