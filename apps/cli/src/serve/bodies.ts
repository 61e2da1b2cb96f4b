// The bodies of requests, from their first piece until they are answered.
// Invariant: one body has at most so many bytes, and all that are held together at most eight times as many, however many
// peers send at once.
import type { IncomingMessage } from 'node:http';
import { RequestError } from './handler.js';

const WHOLE_BODIES = 8;

export class Bodies {
  readonly #limit: number;
  readonly #held = new Map<IncomingMessage, number>();
  #bytes = 0;

  /** @param limit bytes of one body */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws RequestError 413 if it is too large, 503 if too much is held already, 400 if it does not come whole */
  read(request: IncomingMessage): Promise<Uint8Array> {
    const limit = this.#limit;
    const tooLarge = (): RequestError =>
      new RequestError(
        413,
        'too-large',
        `the body has more than ${limit} bytes; send less at once`,
      );
    if (Number(request.headers['content-length']) > limit) return Promise.reject(tooLarge());
    const pieces: Uint8Array[] = [];
    return new Promise((resolve, reject) => {
      const refuse = (error: RequestError): void => {
        request.pause();
        reject(error);
      };
      request.on('data', (piece: Uint8Array) => {
        if (!this.#hold(request, piece.length)) refuse(busy());
        else if (this.#held.get(request)! > limit) refuse(tooLarge());
        else pieces.push(piece);
      });
      request.on('end', () => resolve(Buffer.concat(pieces)));
      request.on('close', () =>
        reject(new RequestError(400, 'cut-short', 'the request ended before its body')),
      );
    });
  }

  /** The request has been answered. */
  forget(request: IncomingMessage): void {
    this.#bytes -= this.#held.get(request) ?? 0;
    this.#held.delete(request);
  }

  #hold(request: IncomingMessage, bytes: number): boolean {
    if (this.#bytes + bytes > WHOLE_BODIES * this.#limit) return false;
    this.#bytes += bytes;
    this.#held.set(request, (this.#held.get(request) ?? 0) + bytes);
    return true;
  }
}

function busy(): RequestError {
  const message = 'too much is being sent at once; ask again';
  return new RequestError(503, 'busy', message, { 'retry-after': '1' });
}
