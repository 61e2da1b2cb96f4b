// Two linked ends inside one process: for tests, and for a worker in the coordinator's own process. Messages
// and headers pass through the codec, so both ends see what a wire would carry; payloads are handed over uncopied.
// Delivery is never synchronous. There is no handshake, no heartbeat and no checksum: nothing can get lost here.
import { checkOptions } from '@lockstep/errors';
import {
  type ControlMessage,
  decodeControl,
  decodeFrameHeader,
  encodeControl,
  encodeFrameHeader,
  type FrameHeader,
} from '@lockstep/wire';
import { Inbox } from './inbox.js';
import { checkPayload, QueueLimit, ReceiveLimits } from './limits.js';
import type { CloseReason, Link, LinkHandlers, Remote } from './link.js';
import { encodeReason } from './reason.js';

export interface MemoryPairOptions {
  /** 32 hexadecimal digits; zeros if left out. */
  readonly run?: string;
  readonly incarnation?: number;
  /** Roles of the two ends; a coordinator's end and a worker's if left out. */
  readonly roles?: readonly [Remote['role'], Remote['role']];
}

type Parcel =
  | { readonly control: Uint8Array; readonly bytes: number }
  | {
      readonly head: Uint8Array;
      readonly payload: readonly Uint8Array[];
      readonly bytes: number;
      readonly left: (() => void) | undefined;
    };

/** @returns the two ends: the coordinator's, whose remote is the worker, and the worker's */
export function memoryPair(options: MemoryPairOptions = {}): [Link, Link] {
  checkOptions('memoryPair', options, { run: true, incarnation: true, roles: true });
  const { run = '0'.repeat(32), incarnation = 0, roles = ['coordinator', 'worker'] } = options;
  const remote = (role: Remote['role']): Remote => ({ role, run, incarnation, address: 'memory' });
  const first = new MemoryLink(remote(roles[1]));
  const second = new MemoryLink(remote(roles[0]));
  first.connect(second);
  second.connect(first);
  return [first, second];
}

class MemoryLink implements Link {
  readonly remote: Remote;
  readonly staleFrames = 0;
  readonly #inbox = new Inbox();
  #peer: MemoryLink | undefined;
  readonly #queueLimit = new QueueLimit();
  #limits: ReceiveLimits;
  /** What this end has sent and the other has not seen yet. */
  #parcels: Parcel[] = [];
  #queuedBytes = 0;
  /** Why this end closed, to be told to the other after the parcels. */
  #farewell: CloseReason | undefined;
  #scheduled = false;

  constructor(remote: Remote) {
    this.remote = remote;
    this.#limits = new ReceiveLimits(remote.role);
  }

  connect(peer: MemoryLink): void {
    this.#peer = peer;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  start(handlers: LinkHandlers): void {
    this.#inbox.start(handlers, () => {
      const peer = this.#peer;
      if (peer !== undefined) peer.#schedule();
    });
  }

  sendControl(message: ControlMessage): void {
    if (this.#inbox.ended) return;
    const control = encodeControl(message);
    this.#send({ control, bytes: control.length });
  }

  sendFrame(header: FrameHeader, payload: readonly Uint8Array[], left?: () => void): void {
    checkPayload(header.bytes, payload);
    if (this.#inbox.ended) return;
    const head = encodeFrameHeader(header, this.remote, 0);
    this.#send({ head, payload: [...payload], bytes: header.bytes, left });
  }

  limitQueue(maxBytes: number): void {
    this.#queueLimit.set(maxBytes);
  }

  heartbeat(): void {}

  limit(maxFrameBytes: number, maxControlBytes?: number): void {
    this.#limits = new ReceiveLimits(this.remote.role, maxFrameBytes, maxControlBytes);
  }

  close(code: string, message: string): void {
    const reason = { code, message };
    encodeReason(reason);
    if (this.#inbox.ended) return;
    this.#inbox.end(reason, true);
    this.#farewell = reason;
    this.#schedule();
  }

  #send(parcel: Parcel): void {
    const refused = this.#queueLimit.refuse(this.#queuedBytes, parcel.bytes);
    if (refused !== undefined) {
      this.#parcels = [];
      this.#queuedBytes = 0;
      this.close('lost', refused);
      return;
    }
    this.#parcels.push(parcel);
    this.#queuedBytes += parcel.bytes;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const peer = this.#peer;
    if (peer === undefined || (!peer.#inbox.live && !peer.#inbox.ended)) return;
    // Only what is there now: an exchange of answers must not keep the event loop from everything else.
    const parcels = this.#parcels;
    this.#parcels = [];
    for (const parcel of parcels) {
      this.#queuedBytes -= parcel.bytes;
      if (!peer.#inbox.ended) peer.#receive(parcel);
      if ('left' in parcel && !this.#inbox.ended) parcel.left?.();
    }
    if (this.#parcels.length > 0) this.#schedule();
    else if (this.#farewell !== undefined) peer.#hearFarewell(this.#farewell);
  }

  #hearFarewell(reason: CloseReason): void {
    this.#parcels = [];
    this.#queuedBytes = 0;
    this.#inbox.end(reason, false);
  }

  #receive(parcel: Parcel): void {
    if ('control' in parcel) {
      const refused = this.#limits.refuseControl(parcel.bytes);
      if (refused !== undefined) this.close('protocol', refused);
      else {
        const message = decodeControl(parcel.control, this.#sender);
        this.#inbox.push((handlers) => handlers.control(message));
      }
    } else {
      const { head, payload, bytes } = parcel;
      const refused = this.#limits.refuseFrame(bytes);
      if (refused !== undefined) this.close('protocol', refused);
      else {
        const { header } = decodeFrameHeader(head);
        this.#inbox.push((handlers) => handlers.frame(header, payload));
      }
    }
  }

  /** Peers send each other what workers send. */
  get #sender(): 'worker' | 'coordinator' {
    return this.remote.role === 'coordinator' ? 'coordinator' : 'worker';
  }
}
