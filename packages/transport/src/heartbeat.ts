// When to ping and when a silent peer is lost: a pure decision from times in milliseconds, and a timer that asks it.
// Anything the parser completes counts as a sign of life. Raw bytes count only in bulk: if a length on the wire was
// damaged, the pings of a living peer vanish into a frame that never ends, and those few bytes must not keep it alive.
import { nextTurn } from './next-turn.js';

/** Bytes between two looks at the clock that count as a large message on its way. Pings and pongs are about 60. */
const BULK_BYTES = 4096;

/** Silence, decided: no clock and no timer inside. */
export class Silence {
  readonly limitMs: number;
  #lastHeard: number;
  #lastBytes: number;

  constructor(limitMs: number, now: number, bytesRead: number) {
    this.limitMs = limitMs;
    this.#lastHeard = now;
    this.#lastBytes = bytesRead;
  }

  /** Something whole arrived: a message, a ping or a pong. */
  heard(now: number): void {
    this.#lastHeard = now;
  }

  /** @returns milliseconds of silence so far; @param bytesRead by the connection since it was opened */
  silentFor(now: number, bytesRead: number): number {
    if (bytesRead - this.#lastBytes >= BULK_BYTES) this.#lastHeard = now;
    this.#lastBytes = bytesRead;
    return now - this.#lastHeard;
  }
}

export interface HeartbeatHooks {
  ping(): void;
  bytesRead(): number;
  lost(message: string): void;
}

/** Pings every quarter of the limit, and calls `lost` once when the peer was silent for longer than the limit. */
export class Heartbeat {
  readonly #silence: Silence;
  readonly #hooks: HeartbeatHooks;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(limitMs: number, hooks: HeartbeatHooks) {
    this.#hooks = hooks;
    this.#silence = new Silence(limitMs, performance.now(), hooks.bytesRead());
    hooks.ping();
    this.#arm(limitMs / 4);
  }

  heard(): void {
    this.#silence.heard(performance.now());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), Math.max(1, ms));
  }

  #look(): void {
    const { limitMs } = this.#silence;
    const silent = this.#silence.silentFor(performance.now(), this.#hooks.bytesRead());
    if (silent <= limitMs) {
      this.#hooks.ping();
      this.#arm(Math.min(limitMs / 4, limitMs - silent + 1));
      return;
    }
    // If it was this process that stood still (SIGSTOP, a long computation), what the peer sent lies unread in the
    // socket: two turns of the event loop read it before anyone is blamed.
    nextTurn(() => nextTurn(() => this.#lookAgain()));
  }

  #lookAgain(): void {
    if (this.#isStopped) return;
    const { limitMs } = this.#silence;
    const silent = this.#silence.silentFor(performance.now(), this.#hooks.bytesRead());
    if (silent <= limitMs) this.#arm(1);
    else
      this.#hooks.lost(`silent for ${(silent / 1000).toFixed(1)} s, limit ${seconds(limitMs)} s`);
  }
}

function seconds(ms: number): string {
  return String(Math.round(ms) / 1000);
}
