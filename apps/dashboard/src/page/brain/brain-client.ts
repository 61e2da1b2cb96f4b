// The page's side of the brain: each of its methods as a promise.
// Invariant: every call is answered or fails, also when the worker ends or cannot begin.
import { LockstepError, toErrorCode } from '@lockstep/errors';
import type { Brain } from './brain.js';
import type { Call, Method, Reply } from './protocol.js';

type Args<M extends Method> = Parameters<Brain[M]>;
type Answered<M extends Method> = ReturnType<Brain[M]>;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** What of a worker is used. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;

export class BrainClient {
  readonly #worker: WorkerLike;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #failure: Error | undefined;

  constructor(worker: WorkerLike) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#hear(data);
    worker.onerror = (event) => {
      const { message } = event as ErrorEvent;
      this.#end(
        new LockstepError(
          'engine',
          `the network's thread ended: ${message || 'it cannot be started'}`,
        ),
      );
    };
  }

  /** @throws LockstepError if the brain cannot do it */
  ask<M extends Method>(method: M, ...args: Args<M>): Promise<Answered<M>> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  close(): void {
    this.#worker.terminate();
    this.#end(new LockstepError('engine', "the network's thread was closed"));
  }

  #hear(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('failure' in reply)
      waiting?.reject(new LockstepError(toErrorCode(reply.failure.code), reply.failure.message));
    else waiting?.resolve(reply.answer as never);
  }

  #end(failure: Error): void {
    this.#failure = failure;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(failure);
  }
}
