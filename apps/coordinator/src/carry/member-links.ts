// The links to workers, by the number that the coordinator knows each by: what comes in is told, what is to go out goes.
// What is for a link that has gone is dropped: that it has gone was told.
import type { Link, Traffic } from '@lockstep/transport';
import type { WorkerMessage } from '@lockstep/wire';
import type { CoordinatorEffect, CoordinatorInput } from '../decide/border.js';
import type { MemberId } from '../decide/membership/state/member.js';
import { PieceQueue } from './piece-queue.js';

type Effect<T extends CoordinatorEffect['type']> = Extract<CoordinatorEffect, { readonly type: T }>;

export class MemberLinks {
  readonly #tell: (event: CoordinatorInput) => void;
  readonly #links = new Map<MemberId, Link>();
  readonly #pieces = new PieceQueue();
  #nextId = 0;

  /** @param tell hears of whatever comes from a link */
  constructor(tell: (event: CoordinatorInput) => void) {
    this.#tell = tell;
  }

  admit(link: Link): void {
    const id = this.#nextId++;
    this.#links.set(id, link);
    link.start({
      // A coordinator's link decodes nothing but workers' messages.
      control: (message) => this.#tell({ type: 'control', id, message: message as WorkerMessage }),
      frame: (header, payload) => this.#tell({ type: 'frame', id, header, payload }),
      closed: ({ code, message }) => {
        this.#links.delete(id);
        this.#tell({ type: 'lost', id, why: { code, message: message || code } });
      },
    });
    this.#tell({ type: 'connected', id });
  }

  /** Of a link that is open. */
  traffic(id: MemberId): Traffic | undefined {
    return this.#links.get(id)?.traffic;
  }

  send({ to, message }: Effect<'send'>): void {
    this.#links.get(to)?.sendControl(message);
  }

  sendFrame({ to, header, payload }: Effect<'send-frame'>): void {
    if (header.kind === 'sum') {
      this.#links.get(to)?.sendFrame(header, payload);
      return;
    }
    const left = (): void => this.#tell({ type: 'piece-left', id: to });
    this.#pieces.add(() => this.#links.get(to)?.sendFrame(header, payload, left));
  }

  limit({ to, maxFrameBytes, maxQueuedBytes }: Effect<'limit'>): void {
    const link = this.#links.get(to);
    link?.limit(maxFrameBytes);
    link?.limitQueue(maxQueuedBytes);
  }

  close({ id, code, message }: Effect<'close'>): void {
    this.#links.get(id)?.close(code, message);
  }

  closeAll(): void {
    for (const link of this.#links.values()) link.close('over', 'the coordinator is gone');
  }
}
