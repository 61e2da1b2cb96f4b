// An address as errors show it. People paste what they have, and a page's address has a token in it.
// Invariant: what may be a secret is not in it: a user and password, and whatever stands behind `?` or `#`.
import { printable } from '@lockstep/wire';

const MAX_SHOWN = 300;
const PARTS = /^([a-z][a-z\d+.-]*:\/\/)?([^?#]*)(.*)$/is;

/** @returns the address in quotes, with … for what is left out */
export function shownUrl(url: string): string {
  const [, scheme = '', head = '', rest = ''] = PARTS.exec(url) ?? [];
  // A password may hold any of these characters, written as they must not be.
  const isInPassword = !head.includes('/') && rest.includes('@');
  const place = isInPassword ? '…' : head.replace(/^.*@/s, '…@');
  const end = rest === '' ? '' : `${rest[0]}…`;
  return `"${printable(`${scheme}${place}${end}`, MAX_SHOWN)}"`;
}
