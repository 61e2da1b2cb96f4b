// Connections that have proved nothing: so many, so long. A transport counts them from the first byte, so that what comes
// before the handshake, TLS say, counts too.
import type { Arrival } from './transport.js';

/** Somewhat later than the handshake's own limit, which can still say why. */
const GRACE_MS = 250;

export class Strangers {
  readonly #most: number;
  readonly #timeoutMs: number;
  /** Oldest first. */
  readonly #pending = new Map<Arrival, { readonly cut: () => void; timer: NodeJS.Timeout }>();

  constructor(most: number, timeoutMs: number) {
    this.#most = most;
    this.#timeoutMs = timeoutMs;
  }

  add(cut: () => void): Arrival {
    const arrival = { gone: () => this.#forget(arrival) };
    const timer = setTimeout(cut, this.#timeoutMs + GRACE_MS);
    this.#pending.set(arrival, { cut, timer });
    if (this.#pending.size > this.#most) {
      // Not the newest: whoever holds all places open would keep everyone else out.
      const [oldest, displaced] = this.#pending.entries().next().value!;
      this.#forget(oldest);
      displaced.cut();
    }
    return arrival;
  }

  /** It has proved itself. */
  admit(arrival: Arrival): void {
    this.#forget(arrival);
  }

  cut(): void {
    for (const { cut } of this.#pending.values()) cut();
  }

  #forget(arrival: Arrival): void {
    clearTimeout(this.#pending.get(arrival)?.timer);
    this.#pending.delete(arrival);
  }
}
