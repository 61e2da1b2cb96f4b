// A channel between two ranks of one MPI job: messages go by MPI, and the connection below it, a WebSocket's, has what MPI lacks:
// signs of life, reasons, and the news that a process has gone, at once. A side that closes says below how many messages it has
// sent, so that the other one takes them first. Whoever opens it marks the connection with its rank; a listener's channel that
// is not marked by its first message, of a worker that is no rank, is the connection itself.
import { PRE_AUTH_BYTES } from '@lockstep/wire';
import type { CloseReason } from '../link.js';
import type { Channel, ChannelHandlers } from '../transport.js';
import type { MpiJob } from './job.js';
import { MpiStream } from './mpi-stream.js';
import type { Polled } from './poller.js';

/** Job, rank, machine, and which of that rank's channels. No message of the handshake begins so. */
const MARKED = /^mpi ([\da-f]{32}) (\d{1,9}) ([\da-f]{1,32}) (\d{1,5})$/;
const MARK_BYTES = 96;
/** What of a message that is under way does not move for so long is lost, although the other side lives. */
const STALL_MS = 60_000;
/** After the end what still comes is taken and dropped, so that it lies about nowhere, until none has come for so long, … */
const AFTERMATH_MS = 100;
/** … and what was sent before has so long to leave. */
const CLOSE_TIMEOUT_MS = 3000;

/** A rank of this job, and the machine that it is on. */
export interface OtherRank {
  readonly rank: number;
  readonly machine: string;
}

interface End {
  readonly reason: CloseReason;
  readonly isTold: boolean;
}

export class MpiChannel implements Channel, Polled {
  readonly #below: Channel;
  readonly #job: MpiJob;
  #stream: MpiStream | undefined;
  #mayBeMarked: boolean;
  #address: string;
  #staysInMemory = false;
  #handlers: ChannelHandlers | undefined;
  #isPaused = true;
  #isClosed = false;
  #limitBytes = PRE_AUTH_BYTES;
  #movedAt = 0;
  #wasBusy = false;
  /** Messages of the other side, once it has said how many. */
  #due: number | undefined;
  /** How the connection ended; told once what came before is. */
  #end: End | undefined;
  #hasTold = false;
  /** When nothing of it is of interest any more. */
  #until = Number.POSITIVE_INFINITY;

  /**
   * @param below fresh
   * @param to whom this side has dialled; undefined where the other side did
   */
  constructor(below: Channel, job: MpiJob, to?: OtherRank) {
    this.#below = below;
    this.#job = job;
    this.#address = below.address;
    this.#mayBeMarked = to === undefined;
    if (to === undefined) return;
    const { way, number } = job.dialled(to.rank);
    below.send([Buffer.from(`mpi ${job.name} ${job.rank} ${job.machine} ${number}`)]);
    this.#open(new MpiStream(job, way), to);
  }

  get address(): string {
    return this.#address;
  }

  get isLocal(): boolean {
    return this.#below.isLocal;
  }

  get staysInMemory(): boolean {
    return this.#staysInMemory;
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.#below.isOpen;
  }

  get queuedBytes(): number {
    return this.#below.queuedBytes + (this.#stream?.queuedBytes ?? 0);
  }

  attach(handlers: ChannelHandlers): void {
    this.#handlers = handlers;
    this.#below.attach({
      arrived: (bytes) => this.#handlers!.arrived(bytes),
      message: (pieces) => this.#hear(pieces),
      failed: (message) => this.#handlers!.failed(message),
      closed: (reason, isTold) => this.#ended({ reason, isTold }),
      ...(handlers.sign && { sign: (isAnswer) => this.#handlers!.sign?.(isAnswer) }),
    });
    if (this.#stream) this.#job.poller.wake();
  }

  send(pieces: readonly Uint8Array[], left?: () => void): void {
    const stream = this.#stream;
    if (!stream) {
      this.#below.send(pieces, left);
      return;
    }
    if (!this.isOpen) return;
    this.#attempt(() => stream.send(pieces, left));
    this.#job.poller.wake();
  }

  ping(): void {
    this.#below.ping();
  }

  limit(messageBytes: number): void {
    this.#limitBytes = messageBytes;
    this.#below.limit(messageBytes);
  }

  pause(): void {
    this.#isPaused = true;
    this.#below.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#below.resume();
    if (this.#stream) this.#job.poller.wake();
  }

  close(reason: CloseReason, atOnce: boolean): void {
    if (this.#stream && this.isOpen) {
      const count = Buffer.alloc(4);
      count.writeUInt32LE(this.#stream.sent % 2 ** 32);
      this.#below.send([count]);
    }
    this.#isClosed = true;
    this.#below.close(reason, atOnce);
    this.#leaveSoon();
  }

  cut(): void {
    this.#isClosed = true;
    this.#below.cut();
    this.#leaveSoon();
  }

  poll(now: number): boolean {
    let hasMoved = false;
    this.#attempt(() => {
      const hasLeft = this.#stream!.takeLeft();
      hasMoved = this.#take() || hasLeft;
    });
    const { isBusy } = this.#stream!;
    if (hasMoved || (isBusy && !this.#wasBusy)) this.#movedAt = now;
    this.#wasBusy = isBusy;
    if (isBusy && !this.#isPaused && now - this.#movedAt > STALL_MS) {
      this.#fail(`nothing has moved for ${STALL_MS / 1000} s`);
    }
    this.#tellEnd(now);
    const isQuiet = this.#hasTold && !isBusy && now - this.#movedAt > AFTERMATH_MS;
    if (isQuiet || now > this.#until) this.#leave();
    return hasMoved;
  }

  #open(stream: MpiStream, { rank, machine }: OtherRank): void {
    this.#stream = stream;
    this.#address += `, MPI rank ${rank}`;
    this.#staysInMemory = machine === this.#job.machine;
    this.#movedAt = performance.now();
    this.#job.poller.add(this);
  }

  /** What came by the connection below. */
  #hear(pieces: readonly Uint8Array[]): void {
    if (this.#stream) {
      const count = Buffer.concat(pieces);
      if (count.length === 4) this.#due = count.readUInt32LE();
      else this.#refuse('message: one came beside MPI');
      return;
    }
    if (this.#mayBeMarked) {
      this.#mayBeMarked = false;
      const [, name, rank, machine, number] = MARKED.exec(markIn(pieces)) ?? [];
      if (name === this.#job.name && Number(rank) < this.#job.size) {
        const way = this.#job.accepted(Number(rank), Number(number));
        this.#open(new MpiStream(this.#job, way), { rank: Number(rank), machine: machine! });
        return;
      }
    }
    this.#handlers!.message(pieces);
  }

  /** Messages that are there, until a handler pauses it; after the end they are dropped. @returns whether there were any */
  #take(): boolean {
    let hasMoved = false;
    const stream = this.#stream!;
    while (this.#isClosed || this.#hasTold || (!this.#isPaused && this.#handlers)) {
      const arrived = stream.next(this.#limitBytes);
      if (!arrived) break;
      hasMoved = true;
      if (this.#isClosed || this.#hasTold) continue;
      if ('tooLong' in arrived) {
        this.#refuse(
          `message: too large; expected at most ${this.#limitBytes} bytes, got ${arrived.tooLong}`,
        );
        break;
      }
      this.#handlers!.message(arrived.pieces);
      // Whoever cannot take more now has kept it.
      if (this.#isPaused) stream.keep();
      this.#handlers!.arrived(arrived.bytes);
    }
    return hasMoved;
  }

  #refuse(message: string): void {
    this.close({ code: 'protocol', message }, false);
    this.#handlers!.failed(message);
  }

  #ended(end: End): void {
    this.#end ??= end;
    this.#leaveSoon();
    this.#tellEnd(performance.now());
  }

  #tellEnd(now: number): void {
    const end = this.#end;
    if (!end || this.#hasTold) return;
    const isDue = !this.#isClosed && this.#due !== undefined && this.#stream!.received < this.#due;
    if (isDue && now < this.#until) return;
    this.#hasTold = true;
    this.#handlers!.closed(end.reason, end.isTold);
  }

  #leaveSoon(): void {
    if (!this.#stream || this.#until !== Number.POSITIVE_INFINITY) return;
    this.#movedAt = performance.now();
    this.#until = this.#movedAt + CLOSE_TIMEOUT_MS;
    this.#job.poller.wake();
  }

  #leave(): void {
    this.#job.poller.delete(this);
    this.#stream!.leave();
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #fail(message: string): void {
    if (this.#hasTold) return;
    // Told once the connection below is gone.
    this.#end ??= { reason: { code: 'lost', message }, isTold: false };
    this.cut();
    this.#until = 0;
  }
}

/** The text that marks a connection; '' if this is none. */
function markIn(pieces: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(pieces);
  return bytes.length > MARK_BYTES ? '' : bytes.toString('latin1');
}
