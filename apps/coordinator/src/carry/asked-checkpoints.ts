// Those who asked for a checkpoint, and wait for it: one answer is for all who are there when it comes.
// Invariant: a run never waits for who waits for a checkpoint of it.

export class AskedCheckpoints {
  #waiting: { resolve(path: string | null): void; reject(error: Error): void }[] = [];
  #onAsked: (() => void) | undefined;

  /** @returns the checkpoint's path; null for a run without a folder */
  wait(): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#onAsked?.();
    });
  }

  /** Ends when others have done what they do, or when somebody asks for a checkpoint: they may be the same. */
  async orElse(others: Promise<void>): Promise<void> {
    if (this.#waiting.length > 0) return;
    const asked = new Promise<void>((resolve) => {
      this.#onAsked = resolve;
    });
    await Promise.race([others, asked]);
    this.#onAsked = undefined;
  }

  keep(path: string | null): void {
    for (const { resolve } of this.#taken()) resolve(path);
  }

  refuse(error: Error): void {
    for (const { reject } of this.#taken()) reject(error);
  }

  #taken() {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }
}
