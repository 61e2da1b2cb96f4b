// How a WebSocket was closed: with status 4000 and a reason of ours, or with one of the codes that WebSocket implementations
// give, which are translated.
import { printable } from '@lockstep/wire';
import type { CloseReason } from '../link.js';
import { decodeReason, MAX_REASON_BYTES } from '../reason.js';

export const REASON_STATUS = 4000;

/** Never throws: what a peer wrote is data. */
export function decodeStatus(status: number, bytes: Uint8Array): CloseReason {
  if (status === REASON_STATUS) return decodeReason(bytes);
  if (status === 1006) return { code: 'lost', message: 'the connection broke' };
  const text = printable(new TextDecoder().decode(bytes), MAX_REASON_BYTES);
  const detail =
    text === '' ? `WebSocket status ${status}` : `${text} (WebSocket status ${status})`;
  if (status === 1009)
    return { code: 'protocol', message: `too large for the other side: ${detail}` };
  if (status === 1002 || status === 1003 || status === 1007 || status === 1008) {
    return { code: 'protocol', message: `the other side did not accept what came: ${detail}` };
  }
  return { code: 'closed', message: `the other side closed: ${detail}` };
}
