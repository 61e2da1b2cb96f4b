// Pieces of the datasets, for workers that lack them: asked for, read by the shell, and sent.
// Invariant: one piece a worker is being read; nothing is read that is not of this run's arrays.
import { type FetchMessage, MAX_PIECE_BYTES, type RunMessage } from '@lockstep/wire';
import type { MemberId } from './membership/state/member.js';
import type { PieceSender } from './piece-sender.js';
import type { TransferHost } from './transfer-host.js';

export class DatasetTransfers {
  readonly #host: TransferHost;
  readonly #sender: PieceSender;
  /** Bytes of each array, by its hash. */
  readonly #arrays: ReadonlyMap<string, number>;
  /** Pieces that are being read, by worker. */
  readonly #fetches = new Map<MemberId, FetchMessage>();

  constructor(host: TransferHost, sender: PieceSender, { datasets }: RunMessage) {
    this.#host = host;
    this.#sender = sender;
    const arrays = datasets.flatMap(({ inputs, targets }) => [inputs, targets]);
    this.#arrays = new Map(arrays.map(({ sha256, bytes }) => [sha256, bytes]));
  }

  /** Asks the shell for a piece, if it is one that there is. */
  fetch(id: MemberId, message: FetchMessage): void {
    if (!this.#sender.mayAsk(id, 'fetch')) return;
    const wrong = this.#refuse(id, message);
    if (wrong !== undefined) {
      this.#host.break(id, wrong);
      return;
    }
    const { sha256, offset, length } = message;
    this.#fetches.set(id, message);
    this.#host.push({ type: 'read-piece', to: id, sha256, offset, length });
  }

  #refuse(id: MemberId, { sha256, offset, length }: FetchMessage): string | undefined {
    const bytes = this.#arrays.get(sha256);
    if (this.#fetches.has(id)) return 'fetch: its last one has not been answered yet';
    if (bytes === undefined) return `fetch: no array of this run has the hash ${sha256}`;
    return length < 1 || length > MAX_PIECE_BYTES || offset + length > bytes
      ? `fetch: bytes ${offset} to ${offset + length} of ${bytes}, at most ${MAX_PIECE_BYTES} at once`
      : undefined;
  }

  /** @param bytes undefined if it could not be read */
  takeRead(id: MemberId, offset: number, bytes: Uint8Array | undefined): void {
    const fetch = this.#fetches.get(id);
    if (fetch?.offset !== offset) return;
    this.#fetches.delete(id);
    if (bytes?.length !== fetch.length) {
      this.#host.break(id, `fetch: the array ${fetch.sha256} could not be read here`);
      return;
    }
    this.#sender.send(id, { kind: 'dataset', generation: 0, step: 0, offset }, bytes);
  }

  forget(id: MemberId): void {
    this.#fetches.delete(id);
  }
}
