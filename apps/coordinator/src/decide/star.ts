// The sums of a generation that is a star: all ranks' blocks come here, and the sum goes to all.
import { StarHub } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import type { Range } from '@lockstep/tree';
import type { FrameHeader } from '@lockstep/wire';
import type { MemberId } from './membership/state/member.js';
import { sendBytes } from './piece-sender.js';
import type { TransferHost } from './transfer-host.js';

export class Star {
  readonly #host: TransferHost;
  readonly #hub: StarHub;
  /** By rank. */
  readonly #ids: readonly MemberId[];

  /**
   * @param members in the order of ranks
   * @param step that is taken first
   */
  constructor(
    host: TransferHost,
    shards: number,
    members: readonly (Range & { readonly id: MemberId })[],
    vectorFloats: number,
    step: number,
  ) {
    this.#host = host;
    this.#hub = new StarHub(shards, members, vectorFloats, step);
    this.#ids = members.map(({ id }) => id);
  }

  /** @throws ProtocolError if it is no block that is needed */
  take(id: MemberId, header: FrameHeader, payload: readonly Uint8Array[]): void {
    const rank = this.#ids.indexOf(id);
    if (rank !== header.rank) {
      throw new ProtocolError(`frame: a partial of rank ${header.rank}, expected ${rank}`);
    }
    const { generation, step } = header;
    const sum = this.#hub.accept(rank, step, header.offset, payload);
    if (!sum) return;
    for (const to of this.#ids) {
      sendBytes(this.#host, to, { kind: 'sum', generation, step, offset: 0 }, sum);
    }
  }
}
