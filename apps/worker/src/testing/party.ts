// Workers' nodes with fake engines and a network in memory, and a coordinator that says what the test tells it to.
// Everything is delivered in order of sending, until nothing is left; what a test holds back waits for `release`.
import { allReduceFor, COORDINATOR, type Hub } from '@lockstep/collective';
import { wasm } from '@lockstep/kernels';
import type { Range } from '@lockstep/tree';
import type {
  CoordinatorMessage,
  FetchStateMessage,
  FrameHeader,
  GenerationMessage,
  RunMessage,
  Topology,
  WorkerMessage,
} from '@lockstep/wire';
import type { Operation, WorkerEffect, WorkerInput } from '../decide/border.js';
import type { WorkerBounds } from '../decide/generation-role.js';
import { Worker } from '../decide/worker.js';
import { digestAt, FakeEngine, FLOATS, stateAt } from './fake-engine.js';

export const RUN: RunMessage = {
  type: 'run',
  run: 'a'.repeat(32),
  name: 'test',
  config: '{}',
  datasets: [dataset('train'), dataset('test')],
  digestEvery: 3,
  heartbeatTimeoutMs: 5000,
  audit: null,
};

function dataset(as: string): RunMessage['datasets'][number] {
  const array = { sha256: '0'.repeat(64), bytes: 4, type: 'uint8' } as const;
  const targets = { ...array, type: 'int32' } as const;
  const shape = { inputShape: [4], inputDivisor: 1, vocabulary: null, targetShape: [], classes: 2 };
  return { as, name: as, samples: 1, ...shape, inputs: array, targets };
}

/** A state of 800 bytes comes in three pieces, the last one shorter. */
export const PIECE_BYTES = 300;

interface SentFrame {
  readonly from: number;
  readonly to: number;
  readonly header: FrameHeader;
  readonly payload: readonly Uint8Array[];
}

class Member {
  readonly worker: Worker;
  engine = new FakeEngine();
  readonly inbox: WorkerInput[] = [];
  readonly said: WorkerMessage[] = [];
  readonly effects: WorkerEffect[] = [];
  /** Ends of operations, and of the opening of links, that the test holds back. */
  readonly pending: WorkerInput[] = [];
  readonly holds = new Set<string>();

  constructor(name: string, bounds: WorkerBounds) {
    const identity = { name, threads: 1, url: `ws://${name}` };
    this.worker = new Worker(identity, { pieceBytes: PIECE_BYTES, ...bounds });
  }

  says<T extends WorkerMessage['type']>(type: T): Extract<WorkerMessage, { type: T }>[] {
    return this.said.filter((message) => message.type === type) as never;
  }

  did<T extends WorkerEffect['type']>(type: T): Extract<WorkerEffect, { type: T }>[] {
    return this.effects.filter((effect) => effect.type === type) as never;
  }
}

const OPERATIONS: ReadonlySet<string> = new Set<Operation['type']>([
  'assign',
  'compute',
  'advance',
  'evaluate',
  'load-state',
  'replay',
  'recompute',
]);

export class Party {
  readonly members: readonly Member[];
  now = 0;
  readonly frames: SentFrame[] = [];
  /** What comes when a piece of a state is asked for; undefined if the test holds it back. */
  answer: (asked: FetchStateMessage) => WorkerInput | undefined = (asked) => statePiece(asked);
  /** Frames that the test holds back. */
  holdsFrame: (frame: SentFrame) => boolean = () => false;
  readonly heldFrames: SentFrame[] = [];
  #hub: Hub | undefined;
  /** Member of each rank. */
  #ranks: readonly number[] = [];

  constructor(count: number, bounds: WorkerBounds = {}) {
    this.members = Array.from({ length: count }, (_, i) => new Member(`w${i}`, bounds));
  }

  /** Members connect, are told the run and join. */
  static joined(count: number, run = RUN, bounds: WorkerBounds = {}): Party {
    const party = new Party(count, bounds);
    for (let i = 0; i < count; i++) {
      party.give(i, { type: 'connected' });
      party.tell(i, run);
    }
    party.settle();
    return party;
  }

  give(member: number, ...events: WorkerInput[]): void {
    this.members[member]!.inbox.push(...events);
  }

  tell(member: number, message: CoordinatorMessage): void {
    this.give(member, { type: 'control', message });
  }

  /** All are told, and everything that follows happens. */
  tellAll(message: CoordinatorMessage, members: readonly number[] = this.all): void {
    for (const member of members) this.tell(member, message);
    this.settle();
  }

  get all(): number[] {
    return this.members.map((_, i) => i);
  }

  /** Announces a state; its pieces come when they are asked for. */
  takeState(member: number, generation: number, step: number): void {
    const bytes = 4 * FLOATS;
    this.tell(member, { type: 'take-state', generation, step, digest: digestAt(step), bytes });
  }

  plan(
    generation: number,
    step: number,
    topology: Topology,
    ranges: readonly Range[],
    rank: number,
    members: readonly number[] = this.all,
    behind: readonly number[] = [],
  ): GenerationMessage {
    return {
      type: 'generation',
      generation,
      step,
      digest: digestAt(step),
      rank,
      topology,
      members: ranges.map(({ first, end }, i) => {
        const name = `w${members[i]}`;
        return { name, url: topology === 'mesh' ? `ws://${name}` : null, first, end };
      }),
      behind,
      key: new Uint8Array(32),
    };
  }

  /** Forms a generation as a coordinator does; who does not hold the step is given it, but for the ranks `behind`. */
  form(
    generation: number,
    step: number,
    topology: Topology,
    ranges: readonly Range[],
    members: readonly number[] = this.all,
    behind: readonly number[] = [],
  ): void {
    this.#ranks = members;
    this.tellAll({ type: 'pause', generation }, members);
    for (const [rank, member] of members.entries()) {
      if (behind.includes(rank)) continue;
      const held = this.members[member]!.says('paused').at(-1)?.held;
      if (held?.step !== step) this.takeState(member, generation, step);
    }
    const group = { ranges, topology, floats: FLOATS };
    this.#hub = allReduceFor(group).hub?.(group, step, wasm);
    for (const [rank, member] of members.entries()) {
      this.tell(member, this.plan(generation, step, topology, ranges, rank, members, behind));
    }
    this.settle();
  }

  advance(generation: number, until: number, members: readonly number[] = this.all): void {
    this.tellAll({ type: 'advance', generation, until, firstChunk: 0, endChunk: 0 }, members);
  }

  /** Lets go of what is held back of a member; it is all of this kind. */
  release(member: number, type: string): void {
    const { holds, pending } = this.members[member]!;
    holds.delete(type);
    this.give(member, ...pending.splice(0));
    this.settle();
  }

  releaseFrames(): void {
    this.holdsFrame = () => false;
    for (const frame of this.heldFrames.splice(0)) this.#deliver(frame);
    this.settle();
  }

  settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const [i, member] of this.members.entries()) {
        const event = member.inbox.shift();
        if (!event) continue;
        busy = true;
        for (const effect of member.worker.handle(event, this.now)) this.#carryOut(i, effect);
      }
    }
  }

  #carryOut(i: number, effect: WorkerEffect): void {
    const member = this.members[i]!;
    member.effects.push(effect);
    if (OPERATIONS.has(effect.type)) {
      const end = member.engine.operate(effect as Operation);
      if (member.holds.has(effect.type)) member.pending.push(end);
      else member.inbox.push(end);
      return;
    }
    switch (effect.type) {
      case 'prepare':
        member.engine = new FakeEngine();
        this.give(i, { type: 'engine-ready', run: effect.run.run, engine: member.engine });
        return;
      case 'send':
        member.said.push(effect.message);
        if (effect.message.type === 'fetch-state') this.#answer(i, effect.message);
        return;
      case 'send-frame':
        this.#send(i, effect.to, effect.header, effect.payload);
        return;
      case 'open-links': {
        const open = { type: 'links-open', generation: effect.generation } as const;
        if (member.holds.has(effect.type)) member.pending.push(open);
        else this.give(i, open);
        return;
      }
      case 'disconnect':
        this.give(i, { type: 'disconnected', code: 'lost', reason: effect.message });
        return;
    }
  }

  #answer(i: number, asked: FetchStateMessage): void {
    const piece = this.answer(asked);
    if (piece) this.give(i, piece);
  }

  #send(i: number, to: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    const frame = { from: this.#ranks.indexOf(i), to, header, payload };
    this.frames.push(frame);
    if (header.kind === 'state' || !this.#isLinked(i, to)) return;
    if (this.holdsFrame(frame)) this.heldFrames.push(frame);
    else this.#deliver(frame);
  }

  /** What goes to another worker before the links are open is lost. */
  #isLinked(i: number, to: number): boolean {
    const { pending } = this.members[i]!;
    return to === COORDINATOR || !pending.some(({ type }) => type === 'links-open');
  }

  #deliver({ from, to, header, payload }: SentFrame): void {
    const frame = { type: 'frame', header, payload } as const;
    if (to !== COORDINATOR) {
      this.give(this.#ranks[to]!, { ...frame, from });
      return;
    }
    const { generation, step } = header;
    for (const { offset, sum } of this.#hub!.accept(from, step, header.offset, payload)) {
      for (const member of this.#ranks) {
        const down = frameHeader('sum', generation, step, COORDINATOR, offset, sum.length);
        this.frames.push({ from: COORDINATOR, to: member, header: down, payload: [sum] });
        this.give(member, { type: 'frame', from: COORDINATOR, header: down, payload: [sum] });
      }
    }
  }
}

/** The piece of a state that was asked for, as the coordinator sends it. */
export function statePiece(
  { generation, step, offset, length }: Omit<FetchStateMessage, 'type'>,
  bytes = stateAt(step),
): WorkerInput {
  const piece = bytes.subarray(offset, offset + length);
  const header = frameHeader('state', generation, step, COORDINATOR, offset, piece.length);
  return { type: 'frame', from: COORDINATOR, header, payload: [piece] };
}

export function frameHeader(
  kind: FrameHeader['kind'],
  generation: number,
  step: number,
  rank: number,
  offset: number,
  bytes: number,
): FrameHeader {
  return { kind, generation, step, rank, offset, bytes };
}
