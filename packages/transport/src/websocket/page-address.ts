// Where the page of a coordinator is, with the token in the fragment, which browsers send nowhere; and, in the page, what is read
// from that. Pure, and each undoes the other.

/** What a page's address says. */
export interface PageAddress {
  /** To be dialled. */
  readonly url: string;
  /** '' if there is none. */
  readonly token: string;
}

/**
 * @param url of a listener with a page, `ws://192.0.2.1:7070`
 * @returns the address to open, `http://192.0.2.1:7070/#token=…`
 */
export function pageAddress({ url, token }: PageAddress): string {
  const page = url.replace(/^ws/, 'http').replace(/\/?$/, '/');
  return token === '' ? page : `${page}#token=${encodeURIComponent(token)}`;
}

/** @param address of the page, as the browser has it; behind a proxy with a path of its own */
export function readPageAddress(address: string): PageAddress {
  const { protocol, host, pathname, hash } = new URL(address);
  const scheme = protocol === 'https:' ? 'wss' : 'ws';
  const folder = pathname.slice(0, pathname.lastIndexOf('/'));
  const token = new URLSearchParams(hash.slice(1).replaceAll('+', '%2B')).get('token') ?? '';
  return { url: `${scheme}://${host}${folder}`, token };
}
