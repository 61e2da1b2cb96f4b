// The simulated network: machines, paths between them that delay, hold back and cut, and connections over those, which
// are as TCP's: in order, both ways, and gone with all that is on its way when they break. A connection notices by its
// heartbeat that nothing comes any more.
// Invariant: what a frame's memory holds when it arrives is what it held when it was sent, as long as anyone cares.
import {
  type ControlMessage,
  decodeControl,
  decodeFrameHeader,
  encodeControl,
  encodeFrameHeader,
  type FrameHeader,
} from '@lockstep/wire';
import type { Process } from './process.js';
import type { World } from './world.js';

export interface Handlers {
  control(message: ControlMessage): void;
  frame(header: FrameHeader, payload: readonly Uint8Array[]): void;
  closed(reason: string): void;
}

type Parcel =
  | { readonly kind: 'open' }
  | { readonly kind: 'control'; readonly message: ControlMessage }
  | {
      readonly kind: 'frame';
      readonly header: FrameHeader;
      payload: readonly Uint8Array[];
      /** As it was sent. */
      readonly bytes: Uint8Array;
      readonly left: (() => void) | undefined;
    }
  /** Bytes that do not have their checksum. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'end'; readonly reason: string };

interface Side {
  readonly process: Process;
  handlers: Handlers;
  /** For the side that dialled: it has heard that the other let it in. */
  onOpen: (() => void) | undefined;
  isClosed: boolean;
  heard: number;
  /** On the way to the other side. */
  readonly parcels: { readonly parcel: Parcel; readonly at: number }[];
  /** Of them, bytes of partials and sums at most. */
  sumLimit: number;
  isPumping: boolean;
}

interface Path {
  /** By how many faults. */
  cuts: number;
  isForever: boolean;
  delayMs: number;
  jitterMs: number;
  /** What is sent takes so much longer, until then. */
  held: { readonly ms: number; readonly until: number };
}

/** Frames and messages that may be on their way in one direction: what a step, a state and a generation take. */
const MAX_FRAMES = 12;
const MAX_CONTROLS = 80;

const SCOPE = { run: 'a'.repeat(32), incarnation: 1 };

export class Network {
  readonly #world: World;
  readonly #paths: readonly (readonly Path[])[];
  readonly heartbeatMs: number;
  /** Whether all that is sent goes through the codec, which takes longer than everything else. */
  readonly encodes: boolean;
  readonly #connections = new Set<Connection>();

  constructor(world: World, hosts: number, heartbeatMs: number, encodes: boolean) {
    this.#world = world;
    this.heartbeatMs = heartbeatMs;
    this.encodes = encodes;
    const { random } = world;
    const delayMs = random.magnitude(0.05, 20);
    this.#paths = Array.from({ length: hosts }, () =>
      Array.from({ length: hosts }, () => ({
        cuts: 0,
        isForever: false,
        delayMs: delayMs * random.between(0.5, 2),
        jitterMs: delayMs * random.between(0, 2),
        held: { ms: 0, until: 0 },
      })),
    );
  }

  path(from: number, to: number): Path {
    return this.#paths[from]![to]!;
  }

  isOpen(from: number, to: number): boolean {
    return this.path(from, to).cuts === 0;
  }

  delay(from: number, to: number): number {
    const { delayMs, jitterMs, held } = this.path(from, to);
    const heldMs = this.#world.now < held.until ? held.ms : 0;
    return delayMs + jitterMs * this.#world.random.float() + heldMs;
  }

  cut(from: number, to: number): void {
    this.path(from, to).cuts++;
  }

  mend(from: number, to: number): void {
    const path = this.path(from, to);
    if (path.isForever || path.cuts === 0 || --path.cuts > 0) return;
    for (const connection of this.#connections) connection.resume(from, to);
  }

  separate(a: number, b: number): void {
    for (const path of [this.path(a, b), this.path(b, a)]) {
      path.cuts = 1;
      path.isForever = true;
    }
  }

  mendAll(): void {
    for (const [from, row] of this.#paths.entries()) {
      for (const [to, path] of row.entries()) {
        path.held = { ms: 0, until: 0 };
        if (path.cuts > 0 && !path.isForever) {
          path.cuts = 1;
          this.mend(from, to);
        }
      }
    }
  }

  connect(dialler: Process, acceptor: Process, accepted: Handlers): Connection {
    const connection = new Connection(this.#world, this, dialler, acceptor, accepted, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    return connection;
  }

  /** Breaks what a process was connected to. @param silently its machine is gone: nobody is told */
  kill(process: Process, silently: boolean): void {
    for (const connection of this.#connections) connection.kill(process, silently);
  }

  /** Connections between two machines, either way. */
  between(a: number, b: number): Connection[] {
    return [...this.#connections].filter(
      ({ hosts: [x, y] }) => (x === a && y === b) || (x === b && y === a),
    );
  }
}

export class Connection {
  readonly #world: World;
  readonly #network: Network;
  readonly #sides: readonly [Side, Side];
  readonly #onGone: () => void;

  /** The acceptor's side is open at once, the dialler's when it has heard so. */
  constructor(
    world: World,
    network: Network,
    dialler: Process,
    acceptor: Process,
    accepted: Handlers,
    onGone: () => void,
  ) {
    this.#world = world;
    this.#network = network;
    this.#onGone = onGone;
    const side = (process: Process, handlers: Handlers): Side => ({
      process,
      handlers,
      onOpen: undefined,
      isClosed: false,
      heard: world.now,
      parcels: [],
      sumLimit: 0,
      isPumping: false,
    });
    this.#sides = [side(dialler, accepted), side(acceptor, accepted)];
    this.#beatSoon();
  }

  get hosts(): [number, number] {
    return [this.#sides[0].process.host, this.#sides[1].process.host];
  }

  /** Lets the dialler in. */
  welcome(handlers: Handlers, onOpen: () => void): void {
    const [dialler, acceptor] = this.#sides;
    dialler.handlers = handlers;
    dialler.onOpen = onOpen;
    this.#put(acceptor, { kind: 'open' });
  }

  isOpenFor(process: Process): boolean {
    return !this.#sideOf(process).isClosed;
  }

  sendControl(from: Process, message: ControlMessage): void {
    const sent = this.#network.encodes
      ? decodeControl(encodeControl(message), from.host === 0 ? 'coordinator' : 'worker')
      : message;
    this.#put(this.#sideOf(from), { kind: 'control', message: sent });
  }

  /** What of partials and sums may be on its way at once: with more, a real link would be closed. */
  limitSums(from: Process, bytes: number): void {
    this.#sideOf(from).sumLimit = bytes;
  }

  /** @param left called when it has arrived at the other machine, if this side has not closed before */
  sendFrame(
    from: Process,
    header: FrameHeader,
    payload: readonly Uint8Array[],
    left?: () => void,
  ): void {
    const bytes = joined(payload);
    if (bytes.length !== header.bytes) {
      this.#world.fail(`${from.name}: a frame of ${bytes.length} bytes says ${header.bytes}`);
    }
    const sent = this.#network.encodes
      ? decodeFrameHeader(encodeFrameHeader(header, SCOPE, 0)).header
      : header;
    this.#put(this.#sideOf(from), { kind: 'frame', header: sent, payload, bytes, left });
  }

  /** The other side hears of it after all that was sent; this side at once. */
  close(from: Process, reason: string): void {
    const side = this.#sideOf(from);
    if (side.isClosed) return;
    this.#put(side, { kind: 'end', reason });
    this.#end(side, reason);
  }

  /** A reset: what is on its way is lost, both ways. */
  reset(): void {
    for (const side of this.#sides) {
      side.parcels.length = 0;
      if (!side.isClosed) this.#end(side, 'lost: connection reset');
    }
  }

  kill(process: Process, silently: boolean): void {
    const side = this.#sides.find((other) => other.process === process);
    if (!side || side.isClosed) return;
    const { parcels } = side;
    // Some of it has left the machine already.
    parcels.length = this.#world.random.below(parcels.length + 1);
    for (const { parcel } of parcels) {
      if (parcel.kind === 'frame') parcel.payload = [parcel.bytes];
    }
    if (!silently) this.#put(side, { kind: 'end', reason: 'lost: connection reset' });
    side.isClosed = true;
    this.#forgetIfGone();
  }

  resume(from: number, to: number): void {
    for (const side of this.#sides) {
      if (side.process.host === from && this.#other(side).process.host === to) this.#pump(side);
    }
  }

  #sideOf(process: Process): Side {
    return this.#sides[this.#sides[0].process === process ? 0 : 1];
  }

  #other(side: Side): Side {
    return this.#sides[this.#sides[0] === side ? 1 : 0];
  }

  #put(side: Side, parcel: Parcel): void {
    if (side.isClosed) return;
    const { parcels } = side;
    const delay = this.#network.delay(side.process.host, this.#other(side).process.host);
    const at = Math.max(this.#world.now + delay, parcels.at(-1)?.at ?? 0);
    parcels.push({ parcel, at });
    if (parcels.length > MAX_FRAMES) this.#checkBound(side);
    if (parcel.kind === 'frame') this.#checkSums(side);
    this.#pump(side);
  }

  #checkBound({ process, parcels }: Side): void {
    const frames = parcels.filter(({ parcel }) => parcel.kind === 'frame').length;
    if (frames > MAX_FRAMES || parcels.length - frames > MAX_CONTROLS) {
      this.#world.fail(
        `queues: ${frames} frames and ${parcels.length - frames} messages of ${process.name} are on their way at once`,
      );
    }
  }

  #checkSums({ process, parcels, sumLimit }: Side): void {
    const bytes = parcels.reduce((sum, { parcel }) => {
      const isSum = parcel.kind === 'frame' && /partial|sum/.test(parcel.header.kind);
      return sum + (isSum ? parcel.bytes.length : 0);
    }, 0);
    if (bytes > sumLimit) {
      this.#world.fail(
        `queues: ${bytes} bytes of sums of ${process.name} are on their way at once, limit ${sumLimit}`,
      );
    }
  }

  #pump(side: Side): void {
    const first = side.parcels[0];
    if (side.isPumping || !first) return;
    side.isPumping = true;
    this.#world.clock.at(first.at, () => {
      side.isPumping = false;
      const other = this.#other(side);
      if (!this.#network.isOpen(side.process.host, other.process.host)) return;
      const next = side.parcels.shift();
      if (!next) return;
      this.#pump(side);
      const parcel = this.#arrived(next.parcel, side);
      const left = parcel.kind === 'frame' ? parcel.left : undefined;
      if (left) {
        side.process.post(() => {
          if (!side.isClosed) left();
        });
      }
      return other.process.post(() => this.#deliver(parcel, other));
    });
  }

  /** A frame's memory is read on its way: it may be used again only by a sender that has given the connection up. */
  #arrived(parcel: Parcel, from: Side): Parcel {
    if (parcel.kind !== 'frame') return parcel;
    const { header, payload, bytes } = parcel;
    if (isEqual(joined(payload), bytes)) return { ...parcel, payload: [bytes] };
    if (from.isClosed) return { kind: 'broken' };
    return this.#world.fail(
      `a ${header.kind} of step ${header.step} from ${from.process.name} changed on its way: its memory was used again`,
    );
  }

  #deliver(parcel: Parcel, to: Side): void {
    if (to.isClosed) return;
    const { handlers, process } = to;
    switch (parcel.kind) {
      case 'open':
        to.onOpen!();
        return;
      case 'control':
        handlers.control(parcel.message);
        return;
      case 'frame':
        handlers.frame(parcel.header, parcel.payload);
        return;
      case 'broken':
        this.close(process, 'crc');
        return;
      case 'end':
        this.#end(to, parcel.reason);
        return;
    }
  }

  #end(side: Side, reason: string): void {
    side.isClosed = true;
    this.#forgetIfGone();
    this.#world.clock.after(0, () => side.process.post(() => side.handlers.closed(reason)));
  }

  #forgetIfGone(): void {
    if (this.#sides.every(({ isClosed }) => isClosed)) this.#onGone();
  }

  #beatSoon(): void {
    this.#world.clock.after(this.#network.heartbeatMs / 4, () => this.#beat());
  }

  #beat(): void {
    const { now } = this.#world;
    for (const side of this.#sides) {
      const other = this.#other(side);
      const isHeard =
        other.process.isUp &&
        !other.process.isFrozen &&
        !other.isClosed &&
        this.#network.isOpen(other.process.host, side.process.host);
      if (isHeard) side.heard = now;
      else if (!side.isClosed && side.process.isUp && !side.process.isFrozen) {
        const silentMs = now - side.heard;
        if (silentMs > this.#network.heartbeatMs)
          this.close(side.process, `silent for ${silentMs} ms`);
      }
    }
    if (this.#sides.some(({ isClosed, process }) => !isClosed && process.isUp)) this.#beatSoon();
  }
}

function joined(payload: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(payload.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of payload) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
