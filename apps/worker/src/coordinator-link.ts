// The one link to the coordinator: dialled again and again, with pauses that grow to 3 s and differ between workers,
// so that a coordinator that comes back is not met by all at once.
// Invariant: at most one link is open or being opened; after `close` nothing is told any more.
import type { Link, LinkHandlers } from '@lockstep/transport';
import { LinkError } from '@lockstep/transport';

export type Connect = (signal: AbortSignal) => Promise<Link>;

export interface CoordinatorLinkOptions {
  readonly connect: Connect;
  readonly handlers: Omit<LinkHandlers, 'closed'>;
  readonly onOpen: (link: Link) => void;
  readonly onClosed: (reason: string) => void;
  /** Could not be reached; it is tried again after so many milliseconds. */
  readonly onRetry: (reason: string, delayMs: number) => void;
  /** There is no use in trying again. */
  readonly onRefused: (reason: string) => void;
}

const SHORTEST_MS = 100;
const LONGEST_MS = 3000;

/** @param random in [0, 1) */
export function backoffMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** attempt);
  return longest * (0.5 + 0.5 * random);
}

export class CoordinatorLink {
  readonly #options: CoordinatorLinkOptions;
  readonly #abort = new AbortController();
  #link: Link | undefined;
  #attempts = 0;
  #everOpen = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CoordinatorLinkOptions) {
    this.#options = options;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  /** Things go well: the next pause is short again. */
  settle(): void {
    this.#attempts = 0;
  }

  dial(): void {
    this.#options.connect(this.#abort.signal).then(
      (link) => this.#take(link),
      (error) => this.#takeFailure(error),
    );
  }

  /** @returns the pause until then, in milliseconds */
  dialSoon(): number {
    const delayMs = backoffMs(this.#attempts++, Math.random());
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
    onOpen(link);
    link.start({
      control: (message) => handlers.control(message),
      frame: (header, payload) => handlers.frame(header, payload),
      closed: ({ code, message }) => {
        this.#link = undefined;
        if (!this.#abort.signal.aborted) onClosed(message ? `${code}: ${message}` : code);
      },
    });
  }

  #takeFailure(error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const { onRefused, onRetry } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    const mayPass =
      error instanceof LinkError &&
      (error.code === 'unreachable' ||
        error.code === 'timeout' ||
        (error.code === 'protocol' && this.#everOpen));
    if (mayPass) onRetry(message, this.dialSoon());
    else onRefused(message);
  }
}
