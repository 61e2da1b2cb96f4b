// The one link to the coordinator: dialled again and again, with pauses that grow to 3 s and differ between workers,
// so that a coordinator that comes back is not met by all at once; but not for longer than it was told to.
// Invariant: at most one link is open or being opened; after `close`, and after `onEnd`, nothing is told any more.
import { ConfigError } from '@lockstep/errors';
import type { CloseReason, Link, LinkHandlers } from '@lockstep/transport';
import { LinkError } from '@lockstep/transport';

/** Opens a link to the coordinator. */
export type Connect = (signal: AbortSignal) => Promise<Link>;

/** An attempt that came to nothing, and what follows. */
export interface FailedAttempt {
  readonly code: string;
  readonly reason: string;
  /** From 1, since the coordinator was last there. */
  readonly attempt: number;
  /** Milliseconds until the next one. */
  readonly retryMs: number;
  /** Milliseconds until it is given up; null if never. */
  readonly giveUpMs: number | null;
}

export interface CoordinatorLinkOptions {
  readonly connect: Connect;
  /** For people. */
  readonly where: string;
  /** Without a coordinator for longer, it ends; infinite if it is to try for ever. */
  readonly giveUpAfterMs: number;
  readonly handlers: Omit<LinkHandlers, 'closed'>;
  readonly onDial: (attempt: number) => void;
  readonly onOpen: (link: Link) => void;
  readonly onClosed: (reason: CloseReason) => void;
  readonly onRetry: (failed: FailedAttempt) => void;
  /** There is no use in trying again. */
  readonly onEnd: (code: string, reason: string) => void;
}

const SHORTEST_MS = 100;
const LONGEST_MS = 3000;
/** Of a pause that the other side asks for. */
const MOST_ASKED_MS = 60_000;

/** @param random in [0, 1) */
export function backoffMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** attempt);
  return longest * (0.5 + 0.5 * random);
}

export class CoordinatorLink {
  readonly #options: CoordinatorLinkOptions;
  readonly #abort = new AbortController();
  #link: Link | undefined;
  /** For the pauses: since things went well. */
  #pauses = 0;
  #everOpen = false;
  /** Since when there is no coordinator, how often it was dialled since, and whether the next time is the last one. */
  #away: { readonly since: number; attempts: number; last: boolean } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CoordinatorLinkOptions) {
    this.#options = options;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Things go well: the next pause is short again. */
  settle(): void {
    this.#pauses = 0;
  }

  dial(): void {
    this.#away ??= { since: performance.now(), attempts: 0, last: false };
    this.#away.attempts++;
    this.#options.onDial(this.#away.attempts);
    this.#options.connect(this.#abort.signal).then(
      (link) => this.#take(link),
      (error) => this.#takeFailure(error),
    );
  }

  /**
   * @param leastMs that the pause should be
   * @param mostMs that it may be
   * @returns the pause until then, in milliseconds
   */
  dialSoon(leastMs = 0, mostMs = Number.POSITIVE_INFINITY): number {
    this.#away ??= { since: performance.now(), attempts: 0, last: false };
    const delayMs = Math.min(mostMs, Math.max(leastMs, backoffMs(this.#pauses++, Math.random())));
    this.#timer = setTimeout(() => this.dial(), delayMs);
    return delayMs;
  }

  close(code: string, message: string): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#link?.close(code, message);
  }

  #take(link: Link): void {
    if (this.#abort.signal.aborted) {
      link.close('left', 'this worker has ended');
      return;
    }
    const { handlers, onOpen, onClosed } = this.#options;
    this.#link = link;
    this.#everOpen = true;
    this.#away = undefined;
    onOpen(link);
    link.start({
      control: (message) => handlers.control(message),
      frame: (header, payload) => handlers.frame(header, payload),
      closed: (reason) => {
        this.#link = undefined;
        if (!this.#abort.signal.aborted) onClosed(reason);
      },
    });
  }

  #takeFailure(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const { onEnd, onRetry, giveUpAfterMs } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    if (!(error instanceof LinkError) || !mayPass(error, this.#everOpen)) {
      onEnd(error instanceof ConfigError ? 'config' : 'refused', reason);
      return;
    }
    const { since, attempts, last } = this.#away!;
    const leftMs = since + giveUpAfterMs - performance.now();
    if (last || leftMs <= 0) {
      onEnd(error.code, this.#givenUp(attempts, reason));
      return;
    }
    const askedMs = Math.min(error.retryAfterMs ?? 0, MOST_ASKED_MS);
    const retryMs = this.dialSoon(askedMs, leftMs);
    // A timer may come early, so that the clock alone would allow one more.
    this.#away!.last = retryMs >= leftMs;
    const giveUpMs = Number.isFinite(leftMs) ? Math.round(leftMs) : null;
    onRetry({
      code: error.code,
      reason,
      attempt: attempts,
      retryMs: Math.round(retryMs),
      giveUpMs,
    });
  }

  #givenUp(attempts: number, reason: string): string {
    const { where, giveUpAfterMs } = this.#options;
    const tried = `dialled ${where} ${attempts === 1 ? 'once' : `${attempts} times`}`;
    const what = `gave up after ${inWords(giveUpAfterMs)} without a coordinator: ${tried}, and at last ${reason}`;
    return this.#everOpen
      ? `${what}. The run may have ended meanwhile: the coordinator's folder tells. If not, start both again; a worker waits for longer with --give-up-after`
      : `${what}. Is the coordinator running, and this its address? A worker waits for longer with --give-up-after`;
  }
}

/** Who is in between may say so while there is no coordinator behind it. Where there once was one, that may pass. */
const IN_BETWEEN = new Set(['http', 'tls', 'certificate']);

function mayPass({ code, reason }: LinkError, everOpen: boolean): boolean {
  if (code === 'unreachable' || code === 'timeout') return true;
  return everOpen && (code === 'protocol' || IN_BETWEEN.has(reason ?? ''));
}

/** 600000 → `10 min`, 90000 → `90 s`, 300 → `0.3 s`. */
export function inWords(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000;
  if (seconds >= 120) return `${Math.round(seconds / 60)} min`;
  return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
}
