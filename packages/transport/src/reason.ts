// A close reason as it travels: `code message`, cut to the 123 bytes that a WebSocket's close frame leaves for it (RFC 6455
// §5.5.1), whatever carries it.
import { ConfigError } from '@lockstep/errors';
import { printable } from '@lockstep/wire';
import type { CloseReason } from './link.js';

export const MAX_REASON_BYTES = 123;
const CODE = /^[a-z][a-z0-9-]{0,31}$/;

/** @throws ConfigError if the code is not lower-case letters, digits and dashes, at most 32 */
export function encodeReason(reason: CloseReason): Uint8Array {
  if (!CODE.test(reason.code)) {
    throw new ConfigError(
      `link.close: the code ${JSON.stringify(reason.code)} is not lower-case letters, digits and dashes, at most 32`,
    );
  }
  const bytes = new Uint8Array(MAX_REASON_BYTES);
  // encodeInto never writes half a character.
  const { written } = new TextEncoder().encodeInto(`${reason.code} ${reason.message}`, bytes);
  return bytes.subarray(0, written);
}

/** Never throws: what a peer wrote is data. Control characters become spaces. */
export function decodeReason(bytes: Uint8Array): CloseReason {
  const text = printable(new TextDecoder().decode(bytes), MAX_REASON_BYTES);
  const space = text.indexOf(' ');
  const code = space < 0 ? text : text.slice(0, space);
  if (CODE.test(code)) return { code, message: space < 0 ? '' : text.slice(space + 1) };
  return { code: 'closed', message: text };
}
