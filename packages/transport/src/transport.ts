// The contract of a transport: it carries messages, whole and in order, between two sides that have proven nothing yet.
// Proof, frames, checksums, limits, silence and reasons lie above it and are the same for all (shake.ts, channel-link.ts), so
// that a transport is small. Nobody but a transport reads its URLs. One test suite runs over all.
import type { CloseReason } from './link.js';

/** What carries messages, and nothing more: listens and dials by URLs of its schemes. */
export interface Transport {
  /** Of the URLs that it dials, without the colon: `ws`, `wss`. */
  readonly schemes: readonly string[];
  /** Whether a page is served where it listens, which may connect and cannot be dialled. */
  readonly servesPage?: boolean;
  /** @returns what is wrong with a URL that is to be dialled, as a sentence about it; undefined if it can be */
  urlProblem(url: string): string | undefined;
  /** What somebody may have meant who wrote an address of no scheme that is known, as words to end a sentence with; '' if nothing. */
  suggestion?(url: string): string;
  /** @throws LinkError whose code tells whether trying again can help; what the signal was aborted with */
  dial(url: string, options: DialSetting): Promise<Channel>;
  /**
   * Lets others connect.
   *
   * @returns undefined if it may not without being told where
   * @throws ListenError if it cannot
   */
  listen(acceptor: Acceptor): Promise<Door | undefined>;
  /** Whether it could listen now, for whoever has something to do before. @throws ListenError if not */
  probe?(): Promise<void>;
  /**
   * As `dial`, but it tells of each part of the way, for whoever wants to know where it breaks. The first part that fails is
   * the last that is told.
   *
   * @param partMs the longest that a part may take
   * @returns what it came to; undefined if the way breaks before
   */
  examine?(url: string, partMs: number): AsyncGenerator<Finding, Channel | undefined>;
}

/** What was found of one thing that was looked at. */
export interface Finding {
  /** Stable, for programs. */
  readonly id: string;
  readonly title: string;
  /** `note`: it works, or was not looked at, and there is something to know. */
  readonly status: 'ok' | 'note' | 'problem';
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** What a transport is told of whom it dials for. */
export interface DialSetting {
  /** What this side is going to be. */
  readonly role: 'worker' | 'peer';
  readonly signal: AbortSignal;
}

/** Where others reach a process. */
export interface Door {
  /** The best one first; at least one. */
  readonly urls: readonly string[];
  /** Nobody is let in any more; channels stay open. */
  close(): Promise<void>;
}

/** Who takes in whoever connects. */
export interface Acceptor {
  /** Where this process reaches its coordinator; undefined for a coordinator. */
  readonly towards: string | undefined;
  /** From the connection to the proof. */
  readonly handshakeMs: number;
  /** Somebody is there. `cut` ends the connection at once, if it proves nothing. @returns to be called when it is gone */
  arriving(cut: () => void): Arrival;
  /** It can carry messages now. */
  open(channel: Channel, arrival: Arrival): void;
  /** It was turned away before it could. */
  refused(address: string, message: string): void;
}

/** A connection that has come and proved nothing yet. */
export interface Arrival {
  gone(): void;
}

/** What comes on a channel. Handlers do not throw. */
export interface ChannelHandlers {
  /** So many bytes, of whatever: after what they completed was told. */
  arrived(bytes: number): void;
  /**
   * The other side lives, and said nothing else. Where it is left out, signs are neither counted nor answered.
   *
   * @param isAnswer whether this side had asked for it
   */
  sign?(isAnswer: boolean): void;
  /** A whole message, in pieces; none if it is one of no bytes. The memory may be the sender's. */
  message(pieces: readonly Uint8Array[]): void;
  /** What came breaks the rules of the transport; it closes. */
  failed(message: string): void;
  /**
   * The last one.
   *
   * @param isTold whether the other side said so in `close`; else the transport found it
   */
  closed(reason: CloseReason, isTold: boolean): void;
}

/**
 * A connection of two sides. Nothing is told before `attach` and while it is paused, nor from inside a call. A fresh one takes
 * messages of PRE_AUTH_BYTES.
 */
export interface Channel {
  /** Of the other side, for people. */
  readonly address: string;
  /** Both sides are in this process: nobody falls silent. */
  readonly isLocal: boolean;
  /** What is carried never leaves this machine's memory, so that it needs no checksum; the other side says the same. */
  readonly staysInMemory: boolean;
  /** Whether messages are taken: not any more once either side has closed. */
  readonly isOpen: boolean;
  /** Bytes that were handed over and have not left. */
  readonly queuedBytes: number;
  /** From now on these are told. */
  attach(handlers: ChannelHandlers): void;
  /** @param left called when the last byte has left this process, unless it is lost before; never from inside */
  send(pieces: readonly Uint8Array[], left?: () => void): void;
  /** Asks for a sign of life. */
  ping(): void;
  /** A larger message fails before memory is taken for it. */
  limit(messageBytes: number): void;
  pause(): void;
  resume(): void;
  /** Tells the other side why, after what is queued, unless that takes too long; `atOnce`: if it can be told at once. */
  close(reason: CloseReason, atOnce: boolean): void;
  /** Ends it without a word. */
  cut(): void;
}
