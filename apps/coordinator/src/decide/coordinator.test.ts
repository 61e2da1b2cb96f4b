import { createHash } from 'node:crypto';
import { UNJUDGED } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import { alignedBlocks } from '@lockstep/tree';
import {
  type CoordinatorMessage,
  type DatasetDescription,
  encodeControl,
  type FrameHeader,
  type HeldState,
  MAX_QUEUED_BYTES,
  type RunMessage,
  type WorkerMessage,
} from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import type { CoordinatorEffect, CoordinatorInput } from './border.js';
import { Coordinator } from './coordinator.js';
import { SUMS } from './membership/scenario.fixture.js';
import type { Config } from './membership/state/state.js';

/** More than two pieces. */
const STATE_BYTES = 2 * 1024 * 1024 + 12;
const PIECE = 1024 * 1024;
const FLOATS = 20;
const COORDINATOR = 0xffff;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const states = new Map<number, Uint8Array>();

function stateBytes(step: number): Uint8Array {
  const bytes =
    states.get(step) ?? Uint8Array.from({ length: STATE_BYTES }, (_, at) => at * 7 + step);
  states.set(step, bytes);
  return bytes;
}

const helds = new Map<number, HeldState>();

function heldAt(step: number): HeldState {
  const held = helds.get(step) ?? { step, digest: sha256(stateBytes(step)) };
  helds.set(step, held);
  return held;
}

const INPUTS = { sha256: 'a'.repeat(64), bytes: 5000, type: 'uint8' } as const;
const TRAIN: DatasetDescription = {
  as: 'train',
  name: 'tiny',
  samples: 50,
  inputShape: [100],
  inputDivisor: 1,
  vocabulary: null,
  targetShape: [],
  classes: 2,
  inputs: INPUTS,
  targets: { sha256: 'b'.repeat(64), bytes: 200, type: 'int32' },
};
const RUN: RunMessage = {
  type: 'run',
  run: '0'.repeat(32),
  name: 'a run',
  config: '{}',
  datasets: [TRAIN],
  digestEvery: 10,
  heartbeatTimeoutMs: 5000,
  audit: null,
};
const CONFIG: Config = {
  shards: 4,
  batchSize: 64,
  evaluated: [],
  sums: SUMS,
  stepsPerEpoch: 10,
  steps: 10,
  checkpointEvery: 10,
  topology: 'star',
  takesPages: false,
  audit: null,
  minWorkers: 2,
  takesOver: false,
  maxWorkers: 8,
  resumeGraceMs: 2000,
  judge: null,
  keepsBest: false,
  savesEpochs: false,
};

type SendState = Extract<CoordinatorMessage, { type: 'send-state' }>;

/** What a member is asked for. */
function asks(effects: readonly CoordinatorEffect[], to: number): SendState[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === to && effect.message.type === 'send-state'
      ? [effect.message]
      : [],
  );
}

const REACHED = {
  type: 'reached',
  ...heldAt(10),
  weightsHash: 'w',
  epochLoss: 1,
  chunkSums: new Uint8Array(0),
} as const;

class Host {
  readonly coordinator: Coordinator;
  readonly effects: CoordinatorEffect[] = [];
  /** Whether pieces leave as soon as they are sent. */
  reads = true;

  constructor(config: Partial<Config> = {}, pieceBytes?: number) {
    let drawn = 0;
    this.coordinator = new Coordinator({
      config: { ...CONFIG, ...config },
      durable: {
        generation: 0,
        members: [],
        saved: heldAt(0),
        evaluated: null,
        judgement: UNJUDGED,
        best: null,
      },
      run: RUN,
      stateBytes: STATE_BYTES,
      ...(pieceBytes === undefined ? {} : { pieceBytes }),
      vectorFloats: FLOATS,
      backend: wasm,
      drawKey: () => new Uint8Array(32).fill(++drawn),
    });
    this.handle({ type: 'start' });
  }

  handle(event: CoordinatorInput): CoordinatorEffect[] {
    const effects = this.coordinator.handle(event, 0);
    this.effects.push(...effects);
    for (const effect of effects) {
      const isPiece = effect.type === 'send-frame' && effect.header.kind !== 'sum';
      if (isPiece && this.reads) this.coordinator.handle({ type: 'piece-left', id: effect.to }, 0);
    }
    return effects;
  }

  say(id: number, message: WorkerMessage): CoordinatorEffect[] {
    return this.handle({ type: 'control', id, message });
  }

  join(id: number, step: number | null = null): CoordinatorEffect[] {
    this.handle({ type: 'connected', id });
    const held = step === null ? null : heldAt(step);
    return this.say(id, { type: 'join', name: `w${id}`, threads: 1, url: null, held });
  }

  paused(id: number, step: number | null = null): CoordinatorEffect[] {
    const { generation } = this.coordinator.membership;
    return this.say(id, { type: 'paused', generation, held: step === null ? null : heldAt(step) });
  }

  /** Null: it is behind. */
  prepared(id: number, step: number | null): CoordinatorEffect[] {
    const { generation } = this.coordinator.membership;
    const held = step === null ? null : heldAt(step);
    return this.say(id, { type: 'prepared', generation, held });
  }

  frame(
    id: number,
    header: Partial<FrameHeader>,
    payload: readonly Uint8Array[],
  ): CoordinatorEffect[] {
    const { generation } = this.coordinator.membership;
    const bytes = payload.reduce((sum, piece) => sum + piece.length, 0);
    return this.handle({
      type: 'frame',
      id,
      header: { kind: 'state', generation, step: 0, rank: 0, offset: 0, bytes, ...header },
      payload,
    });
  }

  /** The piece of a state that a member was asked for last. */
  sendPiece(id: number, step: number, bytes = stateBytes(step)): CoordinatorEffect[] {
    const asked = asks(this.effects, id).findLast((message) => message.step === step)!;
    const { offset, length } = asked;
    return this.frame(id, { step, offset }, [bytes.subarray(offset, offset + length)]);
  }

  /** Pieces of a state, as long as the member is asked for one. */
  sendState(id: number, step: number, bytes = stateBytes(step)): CoordinatorEffect[] {
    const all = this.sendPiece(id, step, bytes);
    for (let last = all; asks(last, id).some((message) => message.step === step); ) {
      last = this.sendPiece(id, step, bytes);
      all.push(...last);
    }
    return all;
  }

  fetch(
    id: number,
    step: number,
    offset: number,
    length: number,
    change = {},
  ): CoordinatorEffect[] {
    const { generation } = this.coordinator.membership;
    return this.say(id, { type: 'fetch-state', generation, step, offset, length, ...change });
  }

  /** Asks for all pieces of a state, as a worker does. */
  fetchState(id: number, step: number): CoordinatorEffect[] {
    const effects: CoordinatorEffect[] = [];
    for (let offset = 0; offset < STATE_BYTES; offset += PIECE) {
      effects.push(...this.fetch(id, step, offset, Math.min(PIECE, STATE_BYTES - offset)));
    }
    return effects;
  }

  /** Two workers at step 0, prepared. */
  begin(): void {
    this.join(1);
    this.join(2);
    this.paused(1);
    this.paused(2);
    this.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(0) });
    for (const id of [1, 2]) this.fetchState(id, 0);
    for (const id of [1, 2]) this.prepared(id, 0);
  }

  /** The second of two workers is at step 7 and asked for it; the first is behind. */
  beginBehind(): CoordinatorEffect[] {
    this.join(1);
    this.join(2, 7);
    this.paused(1);
    this.paused(2, 7);
    this.prepared(1, null);
    return this.prepared(2, 7);
  }
}

function closes(effects: readonly CoordinatorEffect[]) {
  return effects.filter((effect) => effect.type === 'close');
}

function frames(effects: readonly CoordinatorEffect[], to: number) {
  return effects.flatMap((effect) =>
    effect.type === 'send-frame' && effect.to === to ? [effect] : [],
  );
}

/** To whom each state was offered. */
function offers(effects: readonly CoordinatorEffect[]): [number, number][] {
  return effects.flatMap((effect): [number, number][] =>
    effect.type === 'send' && effect.message.type === 'take-state'
      ? [[effect.to, effect.message.step]]
      : [],
  );
}

function received(effects: readonly CoordinatorEffect[], to: number): string {
  return sha256(Buffer.concat(frames(effects, to).flatMap(({ payload }) => payload)));
}

describe('Coordinator', () => {
  it('sends the run first, and sets limits to what may come and what may be queued', () => {
    const host = new Host();
    const maxQueuedBytes = MAX_QUEUED_BYTES + encodeControl(RUN).length;
    expect(host.handle({ type: 'connected', id: 1 })).toEqual([
      { type: 'limit', to: 1, maxFrameBytes: PIECE, maxQueuedBytes },
      { type: 'send', to: 1, message: RUN },
    ]);
    host.handle({ type: 'connected', id: 2 });
    host.begin();
    const limits = host.effects.filter((effect) => effect.type === 'limit' && effect.to === 2);
    // In a star two sums besides: one on its way, and the next.
    expect(limits.at(-1)).toMatchObject({ maxQueuedBytes: maxQueuedBytes + 2 * 4 * FLOATS });
  });

  it('offers its own state to those who lack it, then the generation with a key', () => {
    const host = new Host();
    host.begin();
    const told = host.effects.flatMap((effect) =>
      effect.type === 'send' && effect.to === 2 ? [effect.message.type] : [],
    );
    expect(told).toEqual(['run', 'pause', 'take-state', 'generation', 'advance']);
    expect(received(host.effects, 2)).toBe(heldAt(0).digest);
    expect(host.effects).toContainEqual({
      type: 'send',
      to: 2,
      message: { type: 'take-state', generation: 1, ...heldAt(0), bytes: STATE_BYTES },
    });
    expect(host.effects).toContainEqual({
      type: 'send',
      to: 2,
      message: {
        type: 'generation',
        generation: 1,
        ...heldAt(0),
        rank: 1,
        topology: 'star',
        members: [
          { name: 'w1', url: null, first: 0, end: 2 },
          { name: 'w2', url: null, first: 2, end: 4 },
        ],
        behind: [],
        key: new Uint8Array(32).fill(1),
      },
    });
  });

  it('fetches a newer state from its holder, verifies it, and offers it to who is behind', () => {
    const host = new Host();
    const begun = host.beginBehind();
    const told = begun.flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []));
    expect(told).toEqual(['send-state', 'advance']);
    const plans = host.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'generation' ? [effect.message] : [],
    );
    for (const plan of plans) {
      expect(plan).toMatchObject({ step: 7, behind: [0] });
      expect(plan.members.map(({ first, end }) => [first, end])).toEqual([
        [0, 0],
        [0, 4],
      ]);
    }
    expect(offers(host.sendState(2, 7))).toEqual([[1, 7]]);
    expect(received(host.fetchState(1, 7), 1)).toBe(heldAt(7).digest);
  });

  it('reads a state that is saved, for those who are behind', () => {
    const host = new Host();
    host.begin();
    host.join(3);
    for (const id of [1, 2]) host.paused(id, 0);
    host.paused(3);
    for (const id of [1, 2]) host.prepared(id, 0);
    expect(host.prepared(3, null)).toContainEqual({ type: 'load-state', held: heldAt(0) });
    const loaded = { type: 'state-loaded', step: 0, bytes: stateBytes(0) } as const;
    expect(offers(host.handle(loaded))).toEqual([[3, 0]]);
  });

  it('takes no state that was read for a generation that is over', () => {
    const host = new Host();
    for (const id of [1, 2]) host.join(id);
    for (const id of [1, 2]) host.paused(id);
    host.join(3);
    expect(host.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(0) })).toEqual([]);
  });

  it('closes the link of a worker whose state is not what it said, and goes on without it', () => {
    const wrong = stateBytes(7).slice();
    wrong[PIECE]! ^= 1;
    const host = new Host();
    host.beginBehind();
    const effects = host.sendState(2, 7, wrong);
    expect(closes(effects)).toMatchObject([{ id: 2, code: 'protocol' }]);
    expect(offers(effects)).toEqual([]);
    expect(host.coordinator.membership.members.map(({ id }) => id)).toEqual([1]);
  });

  it('stops taking a state when a new generation forms', () => {
    const host = new Host();
    host.beginBehind();
    host.sendPiece(2, 7);
    host.join(3);
    const rest = stateBytes(7).subarray(PIECE, 2 * PIECE);
    expect(host.frame(2, { generation: 1, step: 7, offset: PIECE }, [rest])).toEqual([]);
    expect(asks(host.effects, 2)).toHaveLength(2);
    host.paused(1);
    host.paused(3);
    host.paused(2, 7);
    host.prepared(1, null);
    host.prepared(3, null);
    const [asked] = asks(host.prepared(2, 7), 2);
    expect(asked).toMatchObject({ generation: 2, step: 7, offset: 0 });
    expect(offers(host.sendState(2, 7))).toEqual([
      [1, 7],
      [3, 7],
    ]);
  });

  it('ends the run if its own checkpoint has other bytes than it was saved with', () => {
    const host = new Host();
    host.join(1);
    host.join(2);
    host.paused(1);
    host.paused(2);
    const effects = host.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(1) });
    expect(effects.at(-1)).toMatchObject({ type: 'over', outcome: { code: 'disk' } });
  });

  it('saves the state of a stop point from a member that stands there', () => {
    const host = new Host();
    host.begin();
    for (const id of [1, 2]) host.say(id, { ...REACHED, generation: 1 });
    const save = host.sendState(1, 10).at(-1);
    expect(save).toMatchObject({ type: 'save-state', held: { step: 10 } });
    expect(save?.type === 'save-state' && sha256(save.bytes)).toBe(heldAt(10).digest);
    const end = host.handle({ type: 'saved', held: heldAt(10), path: 'p' });
    expect(end.at(-1)).toMatchObject({ type: 'over', outcome: { type: 'finished' } });
  });
});

describe('a state on its way in', () => {
  it('is asked for one piece at a time, each when the one before has come', () => {
    for (const pieceBytes of [undefined, 700_000]) {
      const host = new Host({}, pieceBytes);
      const length = pieceBytes ?? PIECE;
      expect(asks(host.beginBehind(), 2)).toEqual([
        { type: 'send-state', generation: 1, step: 7, offset: 0, length },
      ]);
      expect(asks(host.sendPiece(2, 7), 2)).toMatchObject([{ step: 7, offset: length, length }]);
      const last = { offset: 2 * length, length: STATE_BYTES - 2 * length };
      expect(asks(host.sendPiece(2, 7), 2)).toMatchObject([{ step: 7, ...last }]);
      expect(host.sendPiece(2, 7).map(({ type }) => type)).toEqual(['send']);
      expect(asks(host.effects, 2)).toHaveLength(3);
    }
  });

  it.each<[string, Partial<FrameHeader>, number, number]>([
    ['out of place', { step: 7, offset: 8 }, PIECE, 2],
    ['too long', { step: 7 }, PIECE + 1, 2],
    ['too short', { step: 7 }, PIECE - 1, 2],
    ['empty', { step: 7 }, 0, 2],
    ['of another step', { step: 6 }, PIECE, 2],
    ['not asked for', { step: 7 }, PIECE, 1],
  ])('has no piece that is %s', (_, header, bytes, from) => {
    const host = new Host();
    host.beginBehind();
    const effects = host.frame(from, header, [new Uint8Array(bytes)]);
    expect(closes(effects)).toMatchObject([{ id: from, code: 'protocol' }]);
  });

  it('has no piece twice, and none after the last', () => {
    for (const pieces of [1, 3]) {
      const host = new Host();
      host.beginBehind();
      for (let piece = 0; piece < pieces; piece++) host.sendPiece(2, 7);
      const again = stateBytes(7).subarray(0, PIECE);
      expect(closes(host.frame(2, { step: 7 }, [again]))).toMatchObject([{ id: 2 }]);
    }
  });

  it('has no piece that was asked for in the generation before', () => {
    const host = new Host();
    host.beginBehind();
    host.join(3);
    const effects = host.frame(2, { step: 7 }, [stateBytes(7).subarray(0, PIECE)]);
    expect(closes(effects)).toMatchObject([{ id: 2, code: 'protocol' }]);
  });

  it('may come from a member that is asked for another one at the same time, to be saved', () => {
    const host = new Host();
    host.beginBehind();
    host.sendPiece(2, 7);
    const asked = asks(host.say(2, { ...REACHED, generation: 1 }), 2);
    expect(asked).toMatchObject([{ step: 10, offset: 0, length: PIECE }]);
    const effects = [10, 7, 10, 7, 10].flatMap((step) => host.sendPiece(2, step));
    expect(closes(effects)).toEqual([]);
    expect(offers(effects)).toEqual([[1, 7]]);
    const save = effects.at(-1);
    expect(save?.type === 'save-state' && sha256(save.bytes)).toBe(heldAt(10).digest);
    expect(received(host.fetchState(1, 7), 1)).toBe(heldAt(7).digest);
  });
});

describe('a state on its way out', () => {
  /** The first worker is behind and was offered the state of step 7. */
  function offering(): Host {
    const host = new Host();
    host.beginBehind();
    host.sendState(2, 7);
    return host;
  }

  it('goes out by the piece, when it is asked for', () => {
    const host = offering();
    expect(frames(host.effects, 1)).toEqual([]);
    for (const offset of [0, PIECE, 2 * PIECE]) {
      const bytes = Math.min(PIECE, STATE_BYTES - offset);
      const effects = host.fetch(1, 7, offset, bytes);
      const header = { kind: 'state', generation: 1, step: 7, rank: COORDINATOR, offset, bytes };
      expect(effects).toMatchObject([{ type: 'send-frame', to: 1, header }]);
      const piece = stateBytes(7).subarray(offset, offset + bytes);
      expect(received(effects, 1)).toBe(sha256(piece));
    }
  });

  it.each<[string, [step: number, offset: number, length: number][], number]>([
    ['out of order', [[7, PIECE, PIECE]], 1],
    [
      'twice',
      [
        [7, 0, PIECE],
        [7, 0, PIECE],
      ],
      1,
    ],
    ['in pieces above the limit', [[7, 0, PIECE + 1]], 1],
    [
      'beyond its end',
      [
        [7, 0, PIECE],
        [7, PIECE, PIECE],
        [7, 2 * PIECE, 13],
      ],
      1,
    ],
    ['in pieces of no length', [[7, 0, 0]], 1],
    ['by another step', [[6, 0, PIECE]], 1],
    ['by who was not offered it', [[7, 0, PIECE]], 2],
    ['by who has not joined', [[7, 0, PIECE]], 3],
  ])('is not to be had %s', (_, pieces, id) => {
    const host = offering();
    host.handle({ type: 'connected', id: 3 });
    const effects = pieces.flatMap(([step, offset, length]) =>
      host.fetch(id, step, offset, length),
    );
    expect(frames(effects, id)).toHaveLength(pieces.length - 1);
    expect(closes(effects)).toMatchObject([{ id, code: 'protocol' }]);
  });

  it('is not to be had once more', () => {
    const host = offering();
    host.fetchState(1, 7);
    expect(closes(host.fetch(1, 7, 0, PIECE))).toMatchObject([{ id: 1, code: 'protocol' }]);
  });

  it('may be one that is to be saved, while an older one is let go of', () => {
    const host = offering();
    host.say(2, { ...REACHED, generation: 1 });
    host.sendState(2, 10);
    host.join(3);
    for (const id of [1, 3]) host.paused(id);
    host.paused(2, 10);
    for (const id of [1, 3]) host.prepared(id, null);
    host.prepared(2, 10);
    expect(offers(host.effects).slice(1)).toEqual([
      [1, 10],
      [3, 10],
    ]);
    expect(asks(host.effects, 2).filter(({ generation }) => generation === 2)).toEqual([]);
    const sent = received(host.fetchState(3, 10), 3);
    expect(sent).toBe(heldAt(10).digest);
  });

  it('stays where it is if it is asked for in another generation, or by who is gone', () => {
    const host = offering();
    expect(host.fetch(9, 7, 0, PIECE)).toEqual([]);
    for (const generation of [0, 2]) {
      expect(host.fetch(1, 7, 0, PIECE, { generation })).toEqual([]);
    }
    host.join(3);
    expect(host.fetch(1, 7, 0, PIECE, { generation: 1 })).toEqual([]);
    expect(closes(host.fetch(1, 7, 0, PIECE))).toMatchObject([{ id: 1 }]);
  });
});

describe('the star', () => {
  const ones = (blocks: number, value: number): Uint8Array =>
    new Uint8Array(new Float32Array(blocks * FLOATS).fill(value).buffer);

  it('adds one message of each rank up, and sends one to each: as many as ranks, both ways', () => {
    const host = new Host();
    host.begin();
    const { phase } = host.coordinator.membership;
    const ranks = phase.name === 'running' ? phase.team.ranks : [];
    expect(ranks.map((range) => alignedBlocks(range).length)).toEqual([1, 1]);
    for (const step of [0, 1]) {
      expect(host.frame(1, { kind: 'partial', step, rank: 0 }, [ones(1, 1)])).toEqual([]);
      const sums = host.frame(2, { kind: 'partial', step, rank: 1 }, [ones(1, 2)]);
      expect(sums).toHaveLength(2);
      for (const [index, sum] of sums.entries()) {
        if (sum.type !== 'send-frame') throw new Error(sum.type);
        expect(sum.to).toBe(index + 1);
        expect(sum.header).toEqual({
          kind: 'sum',
          generation: 1,
          step,
          rank: COORDINATOR,
          offset: 0,
          bytes: 4 * FLOATS,
        });
        const floats = new Float32Array(sum.payload[0]!.slice().buffer);
        expect(floats).toEqual(new Float32Array(FLOATS).fill(3));
      }
    }
  });

  it('takes an empty message of a rank that is behind, and sends it the sum', () => {
    const host = new Host();
    host.beginBehind();
    host.frame(1, { kind: 'partial', step: 7, rank: 0 }, []);
    const sums = host.frame(2, { kind: 'partial', step: 7, rank: 1 }, [ones(1, 2)]);
    for (const to of [1, 2]) {
      const [sum] = frames(sums, to);
      const floats = new Float32Array(sum!.payload[0]!.slice().buffer);
      expect(floats).toEqual(new Float32Array(FLOATS).fill(2));
    }
  });

  it('closes the link of a rank that sends twice, for another step, as another rank, or too much', () => {
    const wrongs: [string, Partial<FrameHeader>, number][] = [
      ['another step', { step: 1 }, 1],
      ['as another rank', { rank: 0 }, 1],
      ['too much', {}, 2],
    ];
    for (const [what, header, blocks] of wrongs) {
      const host = new Host();
      host.begin();
      const effects = host.frame(2, { kind: 'partial', rank: 1, ...header }, [ones(blocks, 1)]);
      expect(closes(effects), what).toMatchObject([{ id: 2, code: 'protocol' }]);
    }
    const twice = new Host();
    twice.begin();
    twice.frame(2, { kind: 'partial', rank: 1 }, [ones(1, 1)]);
    expect(closes(twice.frame(2, { kind: 'partial', rank: 1 }, [ones(1, 1)]))).toHaveLength(1);
  });

  it('gives no sum of a generation that is over', () => {
    const host = new Host();
    host.begin();
    host.frame(1, { kind: 'partial', rank: 0 }, [ones(1, 1)]);
    host.join(3);
    const late = { kind: 'partial', generation: 1, rank: 1 } as const;
    expect(host.frame(2, late, [ones(1, 1)])).toEqual([]);
  });
});

const fetch = (change: object = {}): WorkerMessage => ({
  type: 'fetch',
  sha256: INPUTS.sha256,
  offset: 4000,
  length: 1000,
  ...change,
});

describe('a worker that asks and does not read', () => {
  const piece = { type: 'piece', offset: 4000, bytes: new Uint8Array(1000) } as const;

  /** Asks for a piece of the dataset, which is read at once. */
  const ask = (host: Host, id: number): CoordinatorEffect[] => [
    ...host.say(id, fetch()),
    ...host.handle({ ...piece, id }),
  ];

  it('has two pieces queued at most; one more request is an error of protocol, before joining too', () => {
    const host = new Host();
    host.reads = false;
    host.handle({ type: 'connected', id: 1 });
    for (let i = 0; i < 2; i++) expect(frames(ask(host, 1), 1)).toHaveLength(1);
    const effects = host.say(1, fetch());
    expect(closes(effects)).toMatchObject([{ id: 1, code: 'protocol' }]);
    expect(closes(effects)[0]!.message).toMatch(/fetch: it has not taken 2 pieces/);
    expect(ask(host, 1)).toEqual([]);
  });

  it('has the same of states, and of both together, in whatever generation', () => {
    const host = new Host();
    host.begin();
    host.join(3, 0);
    host.reads = false;
    expect(frames(ask(host, 1), 1)).toHaveLength(1);
    for (const id of [1, 2, 3]) host.paused(id, 0);
    expect(frames(ask(host, 1), 1)).toHaveLength(1);
    host.join(4, 0);
    expect(closes(host.fetch(1, 0, 0, PIECE))).toMatchObject([
      {
        id: 1,
        code: 'protocol',
        message: expect.stringMatching(/fetch-state: it has not taken 2/),
      },
    ]);
  });

  it('may ask again when a piece has left, and another worker is served whatever it does', () => {
    const host = new Host();
    host.reads = false;
    for (const id of [1, 2]) host.handle({ type: 'connected', id });
    for (let i = 0; i < 5; i++) {
      expect(frames(ask(host, 1), 1)).toHaveLength(1);
      if (i > 0) host.handle({ type: 'piece-left', id: 1 });
    }
    for (let i = 0; i < 2; i++) ask(host, 2);
    expect(closes(host.say(2, fetch()))).toMatchObject([{ id: 2 }]);
    host.handle({ type: 'piece-left', id: 2 });
    expect(frames(ask(host, 1), 1)).toHaveLength(1);
  });
});

describe('the dataset', () => {
  it('is handed out piece by piece, by the hash of an array of this run, before joining too', () => {
    const host = new Host();
    host.handle({ type: 'connected', id: 1 });
    expect(host.say(1, fetch())).toEqual([
      { type: 'read-piece', to: 1, sha256: INPUTS.sha256, offset: 4000, length: 1000 },
    ]);
    const bytes = new Uint8Array(1000);
    expect(host.handle({ type: 'piece', id: 1, offset: 4000, bytes })).toEqual([
      {
        type: 'send-frame',
        to: 1,
        header: {
          kind: 'dataset',
          generation: 0,
          step: 0,
          rank: COORDINATOR,
          offset: 4000,
          bytes: 1000,
        },
        payload: [bytes],
      },
    ]);
  });

  it('is not read beyond its end, in pieces above the limit, twice at once, or by another hash', () => {
    const wrongs = [
      { offset: 4001 },
      { length: 0 },
      { offset: 0, length: PIECE + 1 },
      { sha256: 'c'.repeat(64) },
    ];
    for (const wrong of wrongs) {
      const host = new Host();
      host.handle({ type: 'connected', id: 1 });
      expect(host.say(1, fetch(wrong))).toMatchObject([{ type: 'close', id: 1 }]);
    }
    const host = new Host();
    host.handle({ type: 'connected', id: 1 });
    host.say(1, fetch());
    expect(host.say(1, fetch())).toMatchObject([{ type: 'close', id: 1 }]);
    expect(
      host.handle({ type: 'piece', id: 1, offset: 4000, bytes: new Uint8Array(1000) }),
    ).toEqual([]);
  });
});
