// Connections that are closed from this side with much still queued: the other side has a while to take that and to be
// told why. Whoever connects and is closed again and again must not have all that kept at once.
// Invariant: at most MOST_CLOSING of them at a time; one more ends the oldest.

/** A connection on which the reason was just queued. */
export interface Closing {
  readonly queuedBytes: number;
  cut(): void;
  /** @param closed called once it is gone */
  onClosed(closed: () => void): void;
}

const MOST_CLOSING = 64;
/** With less in the queue than this, it costs no more than its socket. */
const MUCH_BYTES = 64 * 1024;

const closing = new Set<Closing>();

export function letGo(connection: Closing): void {
  if (connection.queuedBytes < MUCH_BYTES) return;
  closing.add(connection);
  connection.onClosed(() => closing.delete(connection));
  if (closing.size <= MOST_CLOSING) return;
  const [oldest] = closing;
  oldest!.cut();
  closing.delete(oldest!);
}
