// A worker's process in the simulation: its real decisions and its real engine, with the shell's part played here. What it
// computes takes simulated time; some operations are done at once and told later, some are done when they are told.
import { allReduceFor, COORDINATOR } from '@lockstep/collective';
import type { ControlMessage, FrameHeader, RunMessage } from '@lockstep/wire';
import type {
  Exit,
  Operation,
  WorkerEffect,
  WorkerInput,
} from '../../apps/worker/src/decide/border.js';
import { Worker } from '../../apps/worker/src/decide/worker.js';
import type { CoordinatorProcess } from './coordinator-process.js';
import type { Connection, Handlers, Network } from './network.js';
import { PeerSession } from './peer-session.js';
import { Process } from './process.js';
import { PIECE_BYTES, type Scenario, type WorkerPlan } from './scenario.js';
import { SimEngine } from './sim-engine.js';
import { WatchedExchange } from './watched-exchange.js';
import type { Witness } from './witness.js';
import type { Heard, World } from './world.js';

/** What leads to another state in the engine. */
const STATE_CHANGES: ReadonlySet<string> = new Set(['advanced', 'replayed', 'state-loaded']);
const HANDSHAKE_MS = 1500;

export interface WorkerSetting {
  readonly world: World;
  readonly network: Network;
  readonly witness: Witness;
  readonly scenario: Scenario;
  readonly plan: WorkerPlan;
  readonly host: number;
  coordinator(): CoordinatorProcess | undefined;
  worker(host: number): WorkerProcess | undefined;
  readonly onExit: (worker: WorkerProcess, exit: Exit) => void;
}

type Fetch = { readonly sha256: string; readonly offset: number; readonly length: number };

export class WorkerProcess extends Process {
  readonly worker: Worker;
  readonly setting: WorkerSetting;
  #link: Connection | undefined;
  #engine: SimEngine | undefined;
  #peers: PeerSession | undefined;
  #isDialling = false;
  #lastStep = 0;
  /** Pieces of the data that are still to come; the first was asked for. */
  #fetches: Fetch[] = [];
  #attempts = 0;
  /** The next operation fails so. */
  failsNext = false;

  constructor(setting: WorkerSetting) {
    super(setting.world, setting.host, setting.plan.name);
    this.setting = setting;
    this.slowness = setting.plan.slowness;
    const { name, threads, hasUrl, keptBytes } = setting.plan;
    const url = hasUrl ? `ws://${setting.host}` : null;
    this.worker = new Worker({ name, threads, url }, { pieceBytes: PIECE_BYTES, keptBytes });
    this.note(() => 'starts');
    this.#dialSoon();
  }

  /** That it holds, or held when it ended. */
  get step(): number {
    return this.#engine?.step ?? this.#lastStep;
  }

  get link(): Connection | undefined {
    return this.#link;
  }

  /** It is gone; its engine is somebody else's. */
  release(): void {
    this.isUp = false;
    this.#lastStep = this.step;
    this.#engine?.release();
    this.#engine = undefined;
  }

  #dialSoon(): void {
    if (this.#isDialling) return;
    this.#isDialling = true;
    const pauseMs = Math.min(400, 10 * 2 ** this.#attempts++) * this.world.random.between(0.5, 1);
    this.after(pauseMs, () => this.#dial(this.world.now + HANDSHAKE_MS));
  }

  /** The handshake takes three ways; while something is in between, it waits a while. */
  #dial(until: number): void {
    const { network, coordinator } = this.setting;
    const there = network.delay(this.host, 0) + network.delay(0, this.host);
    this.after(there, () => {
      const target = coordinator();
      const isReached = network.isOpen(this.host, 0) && network.isOpen(0, this.host);
      if (isReached && target?.isListening && !target.isFrozen) return this.#connect(target);
      if (isReached && !target?.isFrozen) return this.#dialAgain();
      if (this.world.now > until) return this.#dialAgain();
      this.#dial(until);
    });
  }

  #dialAgain(): void {
    this.#isDialling = false;
    this.#dialSoon();
  }

  #connect(coordinator: CoordinatorProcess): void {
    const link = coordinator.accept(this);
    let isOpen = false;
    const handlers: Handlers = {
      control: (message) => this.handle({ type: 'control', message }),
      frame: (header, payload) => {
        if (header.kind === 'dataset') return this.#takePiece(header);
        this.handle({ type: 'frame', from: COORDINATOR, header, payload });
      },
      closed: (reason) => {
        this.#link = undefined;
        if (isOpen) this.handle({ type: 'disconnected', code: 'lost', reason });
        else this.#dialAgain();
      },
    };
    link.welcome(handlers, () => {
      isOpen = true;
      this.#isDialling = false;
      this.#link = link;
      this.handle({ type: 'connected' });
    });
  }

  handle(event: WorkerInput): void {
    if (!this.isUp) return;
    const { world } = this;
    world.mark(event.type.length + 64 * this.host);
    this.note(() => `<- ${brief(event)}`);
    const taken = world.defect === 'generation-unchecked' ? this.#asCurrent(event) : event;
    if (event.type === 'frame') world.hear(this.host, event);
    if (event.type === 'control' && 'generation' in event.message) {
      world.hear(this.host, { type: 'control', message: event.message });
    }
    if (taken.type === 'control' && taken.message.type === 'generation') {
      this.setting.witness.planned(this.name, this.#engine?.step, taken.message);
    }
    for (const effect of this.worker.handle(taken, world.now)) {
      if (!this.isUp) return;
      this.#carryOut(effect);
      world.onEffect(this.host, labelOf(effect));
    }
    // After a reconnection the data that was on its way is asked for again.
    if (taken.type === 'control' && taken.message.type === 'run') this.#fetchNext();
  }

  /** Hears something again. @returns whether it is of an older generation; then it must change nothing */
  hearAgain(heard: Heard): boolean {
    const { generation } = this.worker.status;
    const about = heard.type === 'frame' ? heard.header.generation : heard.message.generation;
    if (about >= generation) return false;
    if (this.world.defect === 'generation-unchecked') {
      this.handle(heard);
      return true;
    }
    const before = JSON.stringify(this.worker.status);
    const effects = this.worker.handle(heard, this.world.now);
    if (effects.length > 0 || JSON.stringify(this.worker.status) !== before) {
      this.world.fail(`${this.name}: a stale ${heard.type} changed something: ${brief(heard)}`);
    }
    return true;
  }

  /** As a worker that does not look at generations would take it. */
  #asCurrent(event: WorkerInput): WorkerInput {
    const { generation } = this.worker.status;
    if (event.type === 'frame') return { ...event, header: { ...event.header, generation } };
    if (event.type !== 'control' || !('generation' in event.message)) return event;
    if (event.message.type === 'pause' || event.message.type === 'generation') return event;
    return { type: 'control', message: { ...event.message, generation } as ControlMessage };
  }

  #carryOut(effect: WorkerEffect): void {
    const { witness, onExit, network } = this.setting;
    switch (effect.type) {
      case 'send':
        this.note(() => `-> ${JSON.stringify(effect.message).slice(0, 160)}`);
        witness.said(this.name, effect.message);
        this.#link?.sendControl(this, effect.message);
        return;
      case 'send-frame':
        this.#sendFrame(effect);
        return;
      case 'prepare':
        this.#prepare(effect.run);
        return;
      case 'open-links': {
        this.#peers?.close();
        this.#peers = new PeerSession(this, network, effect);
        this.#peers.open();
        return;
      }
      case 'close-links':
        this.#peers?.close();
        this.#peers = undefined;
        return;
      case 'disconnect':
        if (effect.code === 'protocol') this.world.fail(`${this.name}: ${effect.message}`);
        this.#link?.close(this, `${effect.code}: ${effect.message}`);
        return;
      case 'reconnect':
        this.#dialSoon();
        return;
      case 'emit':
        if (effect.event.event === 'generation') this.#attempts = 0;
        return;
      case 'exit':
        this.note(() => `exits: ${JSON.stringify(effect.exit)}`);
        this.#peers?.close();
        this.#link?.close(this, effect.exit.code);
        this.release();
        onExit(this, effect.exit);
        return;
      case 'assign': {
        const shape = { ...effect.assignment, floats: this.setting.scenario.truth.vectorFloats };
        this.#link?.limitSums(this, 2 * allReduceFor(shape).sentBytes(shape, COORDINATOR));
      }
    }
    this.#operate(effect);
  }

  #sendFrame({ to, header, payload }: Extract<WorkerEffect, { type: 'send-frame' }>): void {
    const isTampered = this.world.defect === 'shard-twice' && this.host === 1;
    if (isTampered && header.kind === 'partial') countTwice(payload);
    if (to === COORDINATOR) this.#link?.sendFrame(this, header, payload);
    else this.#peers?.send(to, header, payload);
  }

  /** Fetches some of the data, as far as it is not in its cache, and makes an engine. */
  #prepare(run: RunMessage): void {
    const { random } = this.world;
    const arrays = run.datasets.flatMap(({ inputs, targets }) => [inputs, targets]);
    this.#fetches = arrays
      .filter(() => random.chance(0.3))
      .flatMap(({ sha256, bytes }) => {
        const half = bytes >> 1;
        return [
          { sha256, offset: 0, length: half },
          { sha256, offset: half, length: bytes - half },
        ];
      });
    if (this.#fetches.length === 0) this.#makeEngine();
  }

  #fetchNext(): void {
    const [fetch] = this.#fetches;
    if (fetch) this.#link?.sendControl(this, { type: 'fetch', ...fetch });
  }

  #takePiece({ offset, bytes }: FrameHeader): void {
    const fetch = this.#fetches.shift();
    if (fetch?.offset !== offset || fetch.length !== bytes) this.world.fail('another piece came');
    if (this.#fetches.length > 0) this.#fetchNext();
    else this.#makeEngine();
  }

  #makeEngine(): void {
    this.after(this.world.random.magnitude(1, 60), () => {
      const { truth } = this.setting.scenario;
      const isSkewed = this.world.defect === 'tree-order' && this.host === 1;
      this.#engine = new SimEngine(truth, isSkewed);
      this.handle({ type: 'engine-ready', run: 'a'.repeat(32), engine: this.#engine });
    });
  }

  #operate(operation: Operation): void {
    const { random } = this.world;
    const engine = this.#engine!;
    if (this.failsNext) {
      this.failsNext = false;
      this.after(random.between(1, 20), () =>
        this.handle({ type: 'engine-failed', code: 'thread-lost', message: 'thread 0 died' }),
      );
      return;
    }
    const isEarly = random.chance(0.5);
    const blocks: WorkerInput[] = [];
    const tellBlocks = (): void => {
      for (const event of blocks.splice(0)) this.handle(event);
    };
    const early = isEarly ? this.#run(engine, operation, blocks) : undefined;
    const ms = this.#msOf(operation);
    if (early) {
      this.after(ms * random.float(), async () => {
        await early;
        tellBlocks();
      });
    }
    this.after(ms, async () => {
      const event = await (early ?? this.#run(engine, operation, blocks));
      tellBlocks();
      if (STATE_CHANGES.has(event.type)) {
        this.setting.witness.holds(this.name, engine);
      }
      this.handle(event);
    });
  }

  #msOf(operation: Operation): number {
    const { random } = this.world;
    const { computeMs } = this.setting.scenario;
    switch (operation.type) {
      case 'compute':
      case 'advance':
      case 'evaluate':
        return computeMs * random.between(0.5, 1.5);
      default:
        return random.magnitude(0.1, 10);
    }
  }

  /** @param found where it puts what it has to tell before its end */
  async #run(engine: SimEngine, operation: Operation, found: WorkerInput[]): Promise<WorkerInput> {
    const onBlocks = (blocks: number): void => {
      this.setting.witness.counts.buckets++;
      const { generation } = operation as Extract<Operation, { generation: number }>;
      found.push({ type: 'blocks-computed', generation, step: engine.step!, blocks });
    };
    switch (operation.type) {
      case 'assign': {
        const { generation, assignment } = operation;
        const { rank, topology } = assignment;
        const real = await engine.assign(assignment);
        const exchange = new WatchedExchange(
          real,
          generation,
          rank,
          topology,
          this.setting.witness,
        );
        return { type: 'assigned', generation, exchange };
      }
      case 'compute':
        await engine.compute(onBlocks);
        return { type: 'computed', generation: operation.generation };
      case 'advance': {
        const { loss } = await engine.advance(operation.compute, onBlocks);
        const { generation } = operation;
        return { type: 'advanced', generation, step: engine.step!, loss, sendMs: 0 };
      }
      case 'evaluate': {
        const sums = await engine.evaluate(operation);
        return { type: 'evaluated', generation: operation.generation, sums };
      }
      case 'load-state':
        engine.load(operation.step, operation.bytes);
        return { type: 'state-loaded' };
      case 'replay':
        await engine.replay(operation.sum);
        this.setting.witness.counts.replayed++;
        return { type: 'replayed', generation: operation.generation, step: engine.step! };
      case 'recompute': {
        const { generation, range } = operation;
        return { type: 'recomputed', generation, digest: await engine.recompute(range) };
      }
    }
  }

  /** Another worker dials. @returns its connection if it is let in */
  acceptPeer(generation: number, rank: number, dialler: Process): Connection | undefined {
    return this.#peers?.accept(generation, rank, dialler);
  }

  /** @returns whether it was let in; only a session that is the present one reports. */
  isPresent(session: PeerSession): boolean {
    return this.isUp && this.#peers === session;
  }
}

function countTwice(payload: readonly Uint8Array[]): void {
  const [block] = payload;
  if (!block) return;
  const floats = new Float32Array(block.buffer, block.byteOffset, block.length / 4);
  for (const [i, value] of floats.entries()) floats[i] = 2 * value;
}

function labelOf(effect: WorkerEffect): string {
  return effect.type === 'send' ? effect.message.type : effect.type;
}

function brief(event: WorkerInput): string {
  switch (event.type) {
    case 'frame': {
      const { kind, generation, step, offset } = event.header;
      return `${kind} from ${event.from}, generation ${generation}, step ${step}, offset ${offset}`;
    }
    case 'engine-ready':
    case 'assigned':
      return event.type;
    default:
      return JSON.stringify(event).slice(0, 160);
  }
}
