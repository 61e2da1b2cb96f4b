// The sums of a generation that go through here: all ranks' blocks come, and the sum goes to all, part by part.
import type { Hub } from '@lockstep/collective';
import { ProtocolError } from '@lockstep/errors';
import type { FrameHeader } from '@lockstep/wire';
import type { MemberId } from './membership/state/member.js';
import { sendBytes } from './piece-sender.js';
import type { TransferHost } from './transfer-host.js';

export class Reducing {
  readonly #host: TransferHost;
  readonly #hub: Hub;
  /** By rank. */
  readonly #ids: readonly MemberId[];

  /** @param ids in the order of ranks */
  constructor(host: TransferHost, hub: Hub, ids: readonly MemberId[]) {
    this.#host = host;
    this.#hub = hub;
    this.#ids = ids;
  }

  /** @throws ProtocolError if it is no block that is needed */
  take(id: MemberId, header: FrameHeader, payload: readonly Uint8Array[]): void {
    const rank = this.#ids.indexOf(id);
    if (rank !== header.rank) {
      throw new ProtocolError(`frame: a partial of rank ${header.rank}, expected ${rank}`);
    }
    const { generation, step } = header;
    for (const { offset, sum } of this.#hub.accept(rank, step, header.offset, payload)) {
      for (const to of this.#ids) {
        sendBytes(this.#host, to, { kind: 'sum', generation, step, offset }, sum);
      }
    }
  }
}
