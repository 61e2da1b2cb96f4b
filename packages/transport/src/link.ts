// The contract between a link and its owner: one authenticated connection that carries control messages and tensor
// frames, in order, both ways. channel-link.ts implements it over whatever carries messages, and one test suite runs over all.
// Invariants: what is sent arrives in that order or the link closes; `closed` is called exactly once and nothing after
// it. A link does not reconnect, knows no generations and decides nothing about what it carries.
import type { ControlMessage, FrameHeader } from '@lockstep/wire';

/**
 * Why a link ended. Codes that links give themselves: `lost` (the connection broke), `silent` (heartbeat),
 * `crc` (bytes changed on the way), `protocol` (the other side sent what it must not), `closed` (without a reason).
 * All others come from whoever called `close`, on either side.
 */
export interface CloseReason {
  /** Lower-case letters, digits and dashes, at most 32. */
  readonly code: string;
  readonly message: string;
}

/** Who is at the other end, as the handshake proved it. */
export interface Remote {
  readonly role: 'coordinator' | 'worker' | 'peer';
  /** 32 hexadecimal digits. */
  readonly run: string;
  readonly incarnation: number;
  /** Of a peer that dialled this side. */
  readonly generation?: number;
  /** Of a peer. */
  readonly rank?: number;
  /** For people: `127.0.0.1:40312`, or `memory`. */
  readonly address: string;
}

/**
 * Handlers must not throw. None is called before `start` returns, nor from inside a call of the link's methods. In one
 * turn of the event loop so many messages are delivered at most that a link whose other side sends very many leaves the
 * others their time.
 */
export interface LinkHandlers {
  control(message: ControlMessage): void;
  /**
   * @param payload the frame's bytes in order, header.bytes in all, cut anywhere: a piece may end inside a float and
   *   need not be aligned. The memory may be the sender's (memory link) or a window on a receive buffer: copy out what
   *   is to be kept, and do it before answering.
   */
  frame(header: FrameHeader, payload: readonly Uint8Array[]): void;
  /** Exactly once, after everything else, whichever side closed. */
  closed(reason: CloseReason): void;
}

/** For people. */
export interface Traffic {
  /** Bytes that were handed to it, and that came, without what a transport adds. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Milliseconds from the last question for a sign of life to its answer; undefined before the first, and in memory. */
  readonly roundTripMs: number | undefined;
}

/** Carries control messages and frames between two sides that have proven themselves. */
export interface Link {
  readonly remote: Remote;
  /** Messages that came earlier were kept and are delivered now. Once only. */
  start(handlers: LinkHandlers): void;
  /** Does nothing once the link is closing. @throws WireError if the message is not valid */
  sendControl(message: ControlMessage): void;
  /**
   * Sends header and pieces as one message; large pieces are not copied. Their memory must stay unchanged until the
   * other side has answered in a way that shows it has the frame. Does nothing once the link is closing.
   *
   * @param left called once when the last byte has left this process, if the link has not ended before; never from
   *   inside a call. The other side's answer can come at most one frame before it: what is sent after this frame leaves
   *   after it was called
   * @throws ConfigError if the pieces are not header.bytes long together; WireError if the header is not valid
   */
  sendFrame(header: FrameHeader, payload: readonly Uint8Array[], left?: () => void): void;
  /**
   * What may come in from now on, in bytes of payload. A larger message closes the link with `protocol` before memory
   * is taken for it. A fresh link takes frames of MAX_PIECE_BYTES and
   * the largest control messages that wire allows the other side; those count whole, as encoded.
   *
   * A channel knows a message's size before its kind: so a message is cut off on its declared size at the larger of
   * both limits, and at the limit of its kind once it is there.
   */
  limit(maxFrameBytes: number, maxControlBytes?: number): void;
  /**
   * What may be queued here for an other side that does not read, in bytes: messages, frames, pings, everything. What
   * is sent beyond closes the link with `lost`, at once and without taking the memory. A fresh link queues
   * MAX_QUEUED_BYTES.
   */
  limitQueue(maxBytes: number): void;
  /** From now on the other side is lost when it is silent for longer. In memory nobody falls silent. */
  heartbeat(limitMs: number): void;
  /** Bytes handed to this link that it has not given away yet; what `limitQueue` bounds. */
  readonly queuedBytes: number;
  /** What has passed over it so far. */
  readonly traffic: Traffic;
  /** Frames of another run or incarnation that were dropped without a word. */
  readonly staleFrames: number;
  /**
   * Sends what is queued, tells the other side why, and ends. Nothing is delivered any more; `closed` follows with this
   * reason. Closing twice is closing once.
   */
  close(code: string, message: string): void;
}
