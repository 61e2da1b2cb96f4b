// Pieces of datasets that the coordinator was asked for: one at a time, asked again on a new link.
// Invariant: only the piece that was asked for is taken, and it is a copy.
import type { FetchMessage, FrameHeader } from '@lockstep/wire';

interface Request {
  readonly message: FetchMessage;
  readonly resolve: (pieces: readonly Uint8Array[]) => void;
  readonly reject: (error: Error) => void;
}

export class PieceRequests {
  #send: ((message: FetchMessage) => void) | undefined;
  #request: Request | undefined;

  /** Waits for a link, if there is none. One call at a time. */
  fetch(sha256: string, offset: number, length: number): Promise<readonly Uint8Array[]> {
    return new Promise((resolve, reject) => {
      const message = { type: 'fetch', sha256, offset, length } as const;
      this.#request = { message, resolve, reject };
      this.#send?.(message);
    });
  }

  /** The coordinator answers on this link. */
  open(send: (message: FetchMessage) => void): void {
    this.#send = send;
    if (this.#request) send(this.#request.message);
  }

  close(): void {
    this.#send = undefined;
  }

  /** Nobody wants the piece any more. */
  cancel(reason: Error): void {
    this.#request?.reject(reason);
    this.#request = undefined;
  }

  /** @returns whether it is the piece that was asked for */
  take({ offset, bytes }: FrameHeader, payload: readonly Uint8Array[]): boolean {
    const request = this.#request;
    if (request?.message.offset !== offset || request.message.length !== bytes) return false;
    this.#request = undefined;
    request.resolve(payload.map((piece) => piece.slice()));
    return true;
  }
}
