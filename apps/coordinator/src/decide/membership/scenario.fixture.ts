// A cluster in a few words for tests: membership with workers that answer as they should, unless a test says
// otherwise. It goes on until nothing is left to be answered.
import { type SumLayout, UNJUDGED } from '@lockstep/core/internal';
import type { CoordinatorMessage, HeldState, WorkerMessage } from '@lockstep/wire';
import type { Durable, JournalRecord } from './state/durable.js';
import type { Effect, Notice } from './state/effect.js';
import type { Event } from './state/event.js';
import type { MemberId } from './state/member.js';
import type { Config, State } from './state/state.js';
import { initialState, step } from './step.js';
import { waitReason } from './wait-reason.js';

/** What a chunk of test data leaves. */
export const SUMS: SumLayout = {
  gradientFloats: 0,
  sections: ['loss', 'metric.accuracy.correct', 'samples'].map((name, offset) => ({
    ...{ name, offset, length: 1 },
  })),
  floats: 4,
};
export const CHUNK_BYTES = 4 * SUMS.floats;

export const CONFIG: Config = {
  shards: 8,
  batchSize: 64,
  evaluated: [{ name: 'test', samples: 600, firstChunk: 0, endChunk: 5 }],
  sums: SUMS,
  stepsPerEpoch: 10,
  steps: 20,
  checkpointEvery: 10,
  topology: 'auto',
  takesPages: false,
  audit: null,
  minWorkers: 1,
  takesOver: false,
  maxWorkers: 8,
  resumeGraceMs: 2000,
  judge: null,
  keepsBest: false,
  savesEpochs: false,
};

export function digestOf(step: number): string {
  return step.toString(16).padStart(64, '0');
}

export function stateOf(step: number): HeldState {
  return { step, digest: digestOf(step) };
}

export const NEW_RUN: Durable = {
  generation: 0,
  members: [],
  saved: stateOf(0),
  evaluated: null,
  judgement: UNJUDGED,
  best: null,
};

function withoutType({ type: _, ...rest }: Extract<JournalRecord, { type: 'evaluated' }>) {
  return rest;
}

interface Worker {
  readonly name: string;
  held: HeldState | null;
  generation: number;
  /** Null: it was not told to go on. */
  until: number | null;
  chunks: number;
  /** Answers nothing. */
  isFrozen: boolean;
  /** It gets a state that others have gone on from only when the test says so. */
  isHeldBack: boolean;
  /** In its generation. Who was behind and has the state takes the steps of those who work. */
  duty: 'working' | 'behind' | 'following';
}

export interface ScenarioOptions {
  readonly config?: Partial<Config>;
  readonly durable?: Partial<Durable>;
  /** Chunk sums of each chunk; ones by default. */
  readonly chunkSum?: (chunk: number) => readonly [number, number];
  /** Workers go no further than this step by themselves, however far they are told to. */
  readonly haltAt?: number;
  /** A state is on the disk only when the test says so. */
  readonly isDiskSlow?: boolean;
  /** A member's state is in memory only when the test says so. */
  readonly isFetchSlow?: boolean;
}

export class Scenario {
  now = 1000;
  state: State;
  haltAt: number;
  readonly workers = new Map<MemberId, Worker>();
  readonly effects: Effect[] = [];
  readonly journal: JournalRecord[] = [];
  readonly notices: Notice[] = [];
  readonly sent: { readonly to: MemberId; readonly message: CoordinatorMessage }[] = [];
  readonly #options: ScenarioOptions;
  #nextId = 0;
  #pending: (() => void)[] = [];

  constructor(options: ScenarioOptions = {}) {
    this.#options = options;
    this.haltAt = options.haltAt ?? Infinity;
    this.state = initialState({ ...CONFIG, ...options.config }, { ...NEW_RUN, ...options.durable });
    this.tell({ type: 'start' });
  }

  /** What a coordinator that starts anew finds. */
  get durable(): Durable {
    const last = <T extends JournalRecord['type']>(type: T) =>
      this.journal.findLast((record) => record.type === type) as
        | Extract<JournalRecord, { type: T }>
        | undefined;
    const generation = last('generation');
    const record = last('evaluated');
    const evaluated = record && withoutType(record);
    return {
      generation: generation?.generation ?? 0,
      members: generation?.members ?? [],
      saved: this.state.saved,
      evaluated: evaluated ?? null,
      judgement: this.state.judgement,
      best: this.state.best,
    };
  }

  get waiting(): string | undefined {
    return waitReason(this.state, this.now);
  }

  get events(): string[] {
    return this.notices.map(({ event }) => event);
  }

  /** One event, and what it leads to until everyone has answered. */
  tell(event: Event): this {
    const { state, effects } = step(this.state, event, this.now);
    this.state = state;
    if (new Set(state.copies.map(({ step }) => step)).size < state.copies.length) {
      throw new Error('a state is in memory twice');
    }
    if (state.copies.length > 2) throw new Error('more than two states are in memory');
    this.effects.push(...effects);
    for (const effect of effects) this.#carryOut(effect);
    for (let act = this.#pending.shift(); act; act = this.#pending.shift()) act();
    return this;
  }

  say(id: MemberId, message: WorkerMessage): this {
    return this.tell({ type: 'message', id, message });
  }

  /** A worker comes. */
  join(
    name: string,
    {
      held = null,
      threads = 1,
      url = null,
      isHeldBack = false,
    }: {
      held?: HeldState | null;
      threads?: number;
      url?: string | null;
      isHeldBack?: boolean;
    } = {},
  ): MemberId {
    const id = this.connect(name, held);
    this.workers.get(id)!.isHeldBack = isHeldBack;
    this.say(id, { type: 'join', name, threads, url, held });
    return id;
  }

  connect(name: string, held: HeldState | null = null): MemberId {
    const id = ++this.#nextId;
    this.workers.set(id, {
      name,
      held,
      generation: 0,
      until: null,
      chunks: 0,
      isFrozen: false,
      isHeldBack: false,
      duty: 'working',
    });
    this.tell({ type: 'connected', id });
    return id;
  }

  lose(id: MemberId, code = 'closed'): this {
    this.workers.delete(id);
    return this.tell({ type: 'lost', id, why: { code, message: code } });
  }

  /** Workers go on to where they were told to, or to this step. */
  runTo(step = Infinity): this {
    this.haltAt = step;
    for (const id of [...this.workers.keys()]) this.#advance(id);
    return this.tell({ type: 'tick' });
  }

  /** Tells of one step of a member, as workers do. */
  progress(id: MemberId, step: number, computeMs = 10): this {
    this.workers.get(id)!.held = stateOf(step);
    return this.say(id, {
      type: 'progress',
      generation: this.state.generation,
      step,
      computeMs,
      sendMs: 0,
      waitMs: 0,
      loss: 1,
    });
  }

  /** One who is behind has the state, and has taken the steps of the others. */
  catchUp(id: MemberId, change: Partial<HeldState> = {}): this {
    const worker = this.workers.get(id)!;
    worker.duty = 'following';
    worker.held = this.#newest();
    const { generation } = this.state;
    return this.say(id, { type: 'caught-up', generation, ...worker.held!, ...change });
  }

  ranges(): number[][] {
    const { phase } = this.state;
    if (phase.name !== 'running') return [];
    return phase.team.ranks.map(({ first, end }) => [first, end]);
  }

  reached(id: MemberId, change: Partial<Extract<WorkerMessage, { type: 'reached' }>> = {}): void {
    const worker = this.workers.get(id)!;
    const { generation, chunks } = worker;
    const step = worker.until!;
    this.say(id, {
      type: 'reached',
      generation,
      step,
      digest: digestOf(step),
      weightsHash: `weights ${step}`,
      epochLoss: 100,
      chunkSums: new Uint8Array(CHUNK_BYTES * chunks),
      ...change,
    });
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'journal':
        this.journal.push(effect.record);
        return;
      case 'emit':
        this.notices.push(effect.notice);
        return;
      case 'send':
        this.sent.push(effect);
        this.#pending.push(() => this.#answer(effect.to, effect.message));
        return;
      case 'close':
        this.workers.delete(effect.id);
        return;
      case 'fetch-state': {
        const { from, held } = effect;
        if (this.#options.isFetchSlow) return;
        this.#pending.push(() => {
          const worker = this.workers.get(from);
          if (worker && !worker.isFrozen) this.tell({ type: 'state-held', held });
        });
        return;
      }
      case 'load-state':
        this.#pending.push(() => this.tell({ type: 'state-held', held: effect.held }));
        return;
      case 'save-state': {
        const { held } = effect;
        if (this.#options.isDiskSlow) return;
        this.#pending.push(() =>
          this.tell({ type: 'saved', held, path: `checkpoints/step-${held.step}` }),
        );
        return;
      }
      case 'offer-state':
        for (const id of effect.to) this.#pass(id, effect);
        return;
      case 'deal':
        for (const { id, isBehind } of effect.members) {
          const worker = this.workers.get(id);
          if (!worker) continue;
          worker.duty = isBehind ? 'behind' : 'working';
          this.#pending.push(() => {
            const { generation } = effect;
            const held = isBehind ? null : effect.held;
            const isThere = this.workers.has(id) && !worker.isFrozen;
            if (isThere) this.say(id, { type: 'prepared', generation, held });
          });
        }
        return;
      case 'hub-off':
        for (const worker of this.workers.values()) {
          if (worker.duty === 'following') worker.held = this.#newest();
          worker.duty = 'working';
        }
        return;
    }
  }

  /** Who is behind takes it while the others go on; all others wait for it. */
  #pass(id: MemberId, { generation, held }: Extract<Effect, { type: 'offer-state' }>): void {
    const worker = this.workers.get(id);
    if (!worker) return;
    if (worker.duty !== 'behind') {
      worker.held = held;
      return;
    }
    this.#pending.push(() => {
      const isThere = this.workers.has(id) && !worker.isFrozen && !worker.isHeldBack;
      if (isThere && generation === this.state.generation) this.catchUp(id);
    });
  }

  /** What who takes all steps of its generation holds, or will with the next sums. */
  #newest(): HeldState | null {
    let newest: HeldState | null = null;
    for (const { id } of this.state.members) {
      const worker = this.workers.get(id);
      if (!worker?.held || worker.duty === 'behind') continue;
      if (!newest || worker.held.step > newest.step) newest = worker.held;
    }
    return newest;
  }

  #answer(id: MemberId, message: CoordinatorMessage): void {
    const worker = this.workers.get(id);
    if (!worker || worker.isFrozen) return;
    if (message.type === 'pause') {
      worker.generation = message.generation;
      worker.until = null;
      this.say(id, { type: 'paused', generation: message.generation, held: worker.held });
    }
    if (message.type === 'advance') {
      worker.until = message.until;
      worker.chunks = message.endChunk - message.firstChunk;
      this.#advance(id, message.firstChunk);
    }
  }

  #advance(id: MemberId, firstChunk = 0): void {
    const worker = this.workers.get(id);
    const { phase } = this.state;
    if (!worker || worker.isFrozen || worker.until === null || phase.name !== 'running') return;
    const step = Math.min(this.haltAt, worker.until);
    if (step > worker.held!.step) worker.held = stateOf(step);
    if (worker.held!.step < worker.until) return;
    this.reached(id, { chunkSums: this.#sums(firstChunk, worker.chunks) });
  }

  #sums(first: number, count: number): Uint8Array {
    const sums = new DataView(new ArrayBuffer(CHUNK_BYTES * count));
    for (let chunk = 0; chunk < count; chunk++) {
      const [loss, correct] = this.#options.chunkSum?.(first + chunk) ?? [1, 1];
      sums.setFloat32(CHUNK_BYTES * chunk, loss, true);
      sums.setFloat32(CHUNK_BYTES * chunk + 4, correct, true);
    }
    return new Uint8Array(sums.buffer);
  }
}
