// A close reason as it travels in a WebSocket close frame: status 4000 and `code message`, cut to the 123 bytes that
// RFC 6455 §5.5.1 leaves for it. Other status codes come from WebSocket implementations and are translated.
import { ConfigError } from '@lockstep/errors';
import { printable } from '@lockstep/wire';
import type { CloseReason } from './link.js';

export const REASON_STATUS = 4000;
const MAX_REASON_BYTES = 123;
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
export function decodeReason(status: number, bytes: Uint8Array): CloseReason {
  const text = printable(new TextDecoder().decode(bytes), MAX_REASON_BYTES);
  if (status === REASON_STATUS) {
    const space = text.indexOf(' ');
    const code = space < 0 ? text : text.slice(0, space);
    if (CODE.test(code)) return { code, message: space < 0 ? '' : text.slice(space + 1) };
    return { code: 'closed', message: text };
  }
  if (status === 1006) return { code: 'lost', message: 'the connection broke' };
  const detail =
    text === '' ? `WebSocket status ${status}` : `${text} (WebSocket status ${status})`;
  if (status === 1009)
    return { code: 'protocol', message: `too large for the other side: ${detail}` };
  if (status === 1002 || status === 1003 || status === 1007 || status === 1008) {
    return { code: 'protocol', message: `the other side did not accept what came: ${detail}` };
  }
  return { code: 'closed', message: `the other side closed: ${detail}` };
}
