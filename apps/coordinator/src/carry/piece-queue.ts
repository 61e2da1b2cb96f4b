// Pieces of states and datasets that are about to be sent: one in a turn of the event loop, whoever it is for. The
// checksum of a piece and its encryption take milliseconds, and hundreds of workers may ask in the same moment; the sums
// of a step, heartbeats and messages go in between. It holds what the coordinator lets its links have, two pieces each.
export class PieceQueue {
  readonly #waiting: (() => void)[] = [];

  /** @param send called in a later turn */
  add(send: () => void): void {
    this.#waiting.push(send);
    if (this.#waiting.length === 1) this.#nextTurn();
  }

  #nextTurn(): void {
    setImmediate(() => {
      const send = this.#waiting.shift()!;
      if (this.#waiting.length > 0) this.#nextTurn();
      send();
    });
  }
}
