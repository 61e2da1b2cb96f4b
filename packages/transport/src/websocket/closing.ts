// Connections that are closed from this side with much still queued: the other side has a while to take that and to be
// told why. Whoever connects and is closed again and again must not have all that kept at once.
// Invariant: at most MOST_CLOSING of them at a time; one more ends the oldest.
import type { WebSocket } from 'ws';

const MOST_CLOSING = 64;
/** With less in the queue than this, it costs no more than its socket. */
const MUCH_BYTES = 64 * 1024;

const closing = new Set<WebSocket>();

/** Called when a close frame was just queued on it. */
export function letGo(ws: WebSocket): void {
  if (ws.bufferedAmount < MUCH_BYTES) return;
  closing.add(ws);
  ws.once('close', () => closing.delete(ws));
  if (closing.size <= MOST_CLOSING) return;
  const [oldest] = closing;
  oldest!.terminate();
  closing.delete(oldest!);
}
