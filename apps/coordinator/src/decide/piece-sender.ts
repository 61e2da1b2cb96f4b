// Pieces of states and datasets on their way to workers. A request counts as answered when its frame has left: not before,
// or one who does not read fills this process.
// Invariant: no worker is owed more than two pieces, whatever it asks for and however little it reads.
import { COORDINATOR_RANK, type FrameHeader } from '@lockstep/wire';
import type { MemberId } from './membership/state/member.js';
import type { TransferHost } from './transfer-host.js';

/** It asks for one when the one before has come, which it can have before this side hears that it has left. */
const MOST_QUEUED = 2;

export type UnsignedHeader = Omit<FrameHeader, 'rank' | 'bytes'>;

export class PieceSender {
  readonly #host: TransferHost;
  /** How many pieces were handed over for each worker and have not left. */
  readonly #queued = new Map<MemberId, number>();

  constructor(host: TransferHost) {
    this.#host = host;
  }

  /** Whether a worker may ask for a piece now; if not, it breaks the protocol. */
  mayAsk(id: MemberId, what: string): boolean {
    if ((this.#queued.get(id) ?? 0) < MOST_QUEUED) return true;
    const message = `${what}: it has not taken ${MOST_QUEUED} pieces that it asked for before`;
    this.#host.break(id, message);
    return false;
  }

  send(to: MemberId, header: UnsignedHeader, bytes: Uint8Array): void {
    this.#queued.set(to, (this.#queued.get(to) ?? 0) + 1);
    sendBytes(this.#host, to, header, bytes);
  }

  left(id: MemberId): void {
    const queued = this.#queued.get(id);
    if (queued !== undefined) this.#queued.set(id, queued - 1);
  }

  forget(id: MemberId): void {
    this.#queued.delete(id);
  }
}

/** A frame of the coordinator's own. */
export function sendBytes(
  host: TransferHost,
  to: MemberId,
  header: UnsignedHeader,
  bytes: Uint8Array,
): void {
  host.push({
    type: 'send-frame',
    to,
    header: { ...header, rank: COORDINATOR_RANK, bytes: bytes.length },
    payload: [bytes],
  });
}
