// Signs of life: each side asks the other for one, and each shows that a side lives. One that was asked for is given, but one at
// a time: while that has not left, only the newest of those asked for since is given after it (RFC 6455 §5.5.3 allows it).
// Invariant: at most one answer is queued, however many signs a side asks for that does not read.

/** Between two looks at the clock, four of which make a heartbeat's timeout. Others of our kind send one or two. */
const MOST_SIGNS = 100;

/** How signs travel. */
export interface SignCarrier {
  ask(): void;
  /** @param data what came with the asking @param left called when it has left, or with why it never will */
  give(data: Buffer, left: (error?: Error) => void): void;
  listen(asked: (data: Buffer) => void, given: () => void): void;
}

export class Signs {
  readonly #carrier: SignCarrier;
  readonly #heard: (isAnswer: boolean) => void;
  readonly #tooMany: (message: string) => void;
  #count = 0;
  #isAnswering = false;
  #unanswered: Buffer | undefined;

  constructor(
    carrier: SignCarrier,
    heard: (isAnswer: boolean) => void,
    tooMany: (message: string) => void,
  ) {
    this.#carrier = carrier;
    this.#heard = heard;
    this.#tooMany = tooMany;
    carrier.listen(
      (data) => {
        if (this.#take(false)) this.#answer(data);
      },
      () => this.#take(true),
    );
  }

  /** A look at the clock: they are counted anew. */
  look(): void {
    this.#count = 0;
  }

  #take(isAnswer: boolean): boolean {
    this.#count += 1;
    if (this.#count <= MOST_SIGNS) {
      this.#heard(isAnswer);
      return true;
    }
    if (this.#count === MOST_SIGNS + 1) {
      this.#tooMany(`pings: more than ${MOST_SIGNS} between two looks at the clock`);
    }
    return false;
  }

  #answer(data: Buffer): void {
    if (this.#isAnswering) {
      this.#unanswered = data;
      return;
    }
    this.#isAnswering = true;
    this.#carrier.give(data, (error) => {
      this.#isAnswering = false;
      const next = this.#unanswered;
      this.#unanswered = undefined;
      if (next && !error) this.#answer(next);
    });
  }
}
