// A coordinator whose workers are a test: what comes in is handed to it, and what it would do is looked at.
import { createHash } from 'node:crypto';
import { UNJUDGED } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import type {
  CoordinatorMessage,
  DatasetDescription,
  FrameHeader,
  HeldState,
  RunMessage,
  WorkerMessage,
} from '@lockstep/wire';
import type { CoordinatorEffect, CoordinatorInput } from './border.js';
import { Coordinator } from './coordinator.js';
import { SUMS } from './membership/scenario.fixture.js';
import type { Config } from './membership/state/state.js';

/** More than two pieces. */
export const STATE_BYTES = 2 * 1024 * 1024 + 12;
export const PIECE = 1024 * 1024;
export const FLOATS = 20;
export const COORDINATOR = 0xffff;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const states = new Map<number, Uint8Array>();

export function stateBytes(step: number): Uint8Array {
  const bytes =
    states.get(step) ?? Uint8Array.from({ length: STATE_BYTES }, (_, at) => at * 7 + step);
  states.set(step, bytes);
  return bytes;
}

const helds = new Map<number, HeldState>();

export function heldAt(step: number): HeldState {
  const held = helds.get(step) ?? { step, digest: sha256(stateBytes(step)) };
  helds.set(step, held);
  return held;
}

export const INPUTS = { sha256: 'a'.repeat(64), bytes: 5000, type: 'uint8' } as const;

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

export const RUN: RunMessage = {
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
export function asks(effects: readonly CoordinatorEffect[], to: number): SendState[] {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.to === to && effect.message.type === 'send-state'
      ? [effect.message]
      : [],
  );
}

export const REACHED = {
  type: 'reached',
  ...heldAt(10),
  weightsHash: 'w',
  epochLoss: 1,
  chunkSums: new Uint8Array(0),
} as const;

export class Host {
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

export function closes(effects: readonly CoordinatorEffect[]) {
  return effects.filter((effect) => effect.type === 'close');
}

export function frames(effects: readonly CoordinatorEffect[], to: number) {
  return effects.flatMap((effect) =>
    effect.type === 'send-frame' && effect.to === to ? [effect] : [],
  );
}

/** To whom each state was offered. */
export function offers(effects: readonly CoordinatorEffect[]): [number, number][] {
  return effects.flatMap((effect): [number, number][] =>
    effect.type === 'send' && effect.message.type === 'take-state'
      ? [[effect.to, effect.message.step]]
      : [],
  );
}

export function received(effects: readonly CoordinatorEffect[], to: number): string {
  return sha256(Buffer.concat(frames(effects, to).flatMap(({ payload }) => payload)));
}

export const fetch = (change: object = {}): WorkerMessage => ({
  type: 'fetch',
  sha256: INPUTS.sha256,
  offset: 4000,
  length: 1000,
  ...change,
});
