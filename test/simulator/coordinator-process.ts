// The coordinator's process in the simulation: its real decisions, with a simulated disk and network around it. It carries
// effects out as the real shell does: in order, and nothing after a journal entry before that is durable.
import { UNJUDGED } from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';
import type { Judging } from '@lockstep/trainer';
import {
  type FrameHeader,
  MAX_PIECE_BYTES,
  type RunMessage,
  type WorkerMessage,
} from '@lockstep/wire';
import { Journal, JournalError, parseJournal } from '../../apps/coordinator/src/carry/journal.js';
import type {
  CoordinatorEffect,
  CoordinatorInput,
} from '../../apps/coordinator/src/decide/border.js';
import { Coordinator } from '../../apps/coordinator/src/decide/coordinator.js';
import { givesUpUnsaved } from '../../apps/coordinator/src/decide/membership/mutants.fixture.js';
import type {
  Durable,
  EvaluatedStep,
  JournalRecord,
} from '../../apps/coordinator/src/decide/membership/state/durable.js';
import type { MemberId } from '../../apps/coordinator/src/decide/membership/state/member.js';
import type { Outcome } from '../../apps/coordinator/src/decide/membership/state/phase.js';
import type { Disk } from './disk.js';
import type { Connection, Handlers, Network } from './network.js';
import type { Truth } from './oracle.js';
import { Process } from './process.js';
import { PIECE_BYTES, type Scenario } from './scenario.js';
import type { Witness } from './witness.js';
import type { Heard, World } from './world.js';

const TICK_MS = 50;

type Record = JournalRecord | { readonly type: 'incarnation'; readonly incarnation: number };

export interface CoordinatorSetting {
  readonly world: World;
  readonly network: Network;
  readonly disk: Disk;
  readonly witness: Witness;
  readonly truth: Truth;
  readonly scenario: Scenario;
  /** @param hosts of its members, as far as they are connected */
  readonly onGivenUp: (code: string, hosts: readonly number[]) => void;
  readonly onOver: (outcome: Outcome) => void;
}

export class CoordinatorProcess extends Process {
  readonly #setting: CoordinatorSetting;
  readonly #journal: Journal<Record>;
  readonly #incarnation: number;
  readonly #links = new Map<MemberId, Connection>();
  readonly #hosts = new Map<MemberId, number>();
  readonly #limits = new Map<MemberId, number>();
  readonly #queueBases = new Map<MemberId, number>();
  readonly #effects: CoordinatorEffect[] = [];
  readonly #told: number[] = [];
  #isCarrying = false;
  #isTelling = false;
  #nextId = 0;
  #outcome: Outcome | undefined;
  #coordinator: Coordinator | undefined;
  isOver = false;

  constructor(setting: CoordinatorSetting) {
    super(setting.world, 0, 'c');
    this.#setting = setting;
    const { disk, world } = setting;
    const { records, length } = read(disk, world);
    this.#journal = Journal.over(disk.openJournal(length, () => this.isUp));
    this.#incarnation = 1 + records.filter(({ type }) => type === 'incarnation').length;
    const { step, digest } = disk.newest;
    const generation = records.findLast((record) => record.type === 'generation');
    const evaluated = records.findLast((record) => record.type === 'evaluated') ?? null;
    const durable: Durable = {
      generation: generation?.generation ?? 0,
      members: generation?.members ?? [],
      saved: { step, digest },
      evaluated,
      ...judged(
        setting.truth.judging,
        records.filter((record) => record.type === 'evaluated'),
      ),
    };
    this.note(() => `starts: ${JSON.stringify(durable)}`);
    setting.witness.found({
      generation: durable.generation,
      saved: step,
      evaluated: evaluated?.step ?? 0,
    });
    this.#append({ type: 'incarnation', incarnation: this.#incarnation }, () => {
      setting.witness.started(this.#incarnation);
      disk.openMetrics();
      // What the journal knows of and nobody was told.
      for (const record of records) {
        const isEpoch =
          record.type === 'evaluated' && record.step % setting.truth.stepsPerEpoch === 0;
        if (isEpoch && !disk.metrics.includes(`[${record.step}]`)) this.#tell(record.step);
      }
      this.#begin(durable);
    });
  }

  get coordinator(): Coordinator | undefined {
    return this.#coordinator;
  }

  get isListening(): boolean {
    return this.isUp && this.#coordinator !== undefined && !this.isOver;
  }

  #begin(durable: Durable): void {
    const { truth, scenario } = this.#setting;
    this.#coordinator = new Coordinator({
      config: {
        shards: truth.config.shards,
        batchSize: truth.config.batchSize,
        evaluated: truth.evaluated,
        sums: truth.sums,
        stepsPerEpoch: truth.stepsPerEpoch,
        steps: truth.plannedSteps,
        judge: (before, evaluation) => truth.judging.judge(before, evaluation),
        keepsBest: truth.judging.rule.keep === 'best',
        savesEpochs: false,
        checkpointEvery: scenario.checkpointEvery,
        topology: scenario.topology,
        takesPages: false,
        minWorkers: scenario.minWorkers,
        takesOver: false,
        maxWorkers: 256,
        resumeGraceMs: scenario.resumeGraceMs,
        audit: scenario.audit,
      },
      durable,
      run: this.#runMessage(),
      stateBytes: truth.stateBytes,
      pieceBytes: PIECE_BYTES,
      vectorFloats: truth.vectorFloats,
      backend: wasm,
      drawKey: () => new Uint8Array(32),
      ...(this.world.defect === 'gives-up-unsaved' && { decide: givesUpUnsaved }),
    });
    this.handle({ type: 'start' });
    this.#tickSoon();
  }

  #runMessage(): RunMessage {
    const { truth, scenario } = this.#setting;
    return {
      type: 'run',
      run: 'a'.repeat(32),
      name: 'simulated',
      config: '{}',
      datasets: truth.shelf.descriptions,
      digestEvery: scenario.digestEvery,
      heartbeatTimeoutMs: scenario.heartbeatMs,
      audit: scenario.audit,
    };
  }

  #tickSoon(): void {
    this.world.clock.after(TICK_MS, () => {
      if (!this.isUp || this.isOver) return;
      this.#tickSoon();
      return this.post(() => this.handle({ type: 'tick' }));
    });
  }

  /** A worker dials. @returns its new connection */
  accept(dialler: Process): Connection {
    const { network, witness } = this.#setting;
    const id = this.#nextId++;
    const handlers: Handlers = {
      control: (message) => this.handle({ type: 'control', id, message: message as WorkerMessage }),
      frame: (header, payload) => {
        if (header.bytes > this.#limits.get(id)!) {
          this.world.fail(
            `a frame of ${header.bytes} bytes from ${dialler.name}, beyond its limit`,
          );
        }
        const isCurrent = header.generation === this.#coordinator!.membership.generation;
        if (isCurrent && header.kind === 'partial') {
          witness.partial(header, 'hub', header.rank, Buffer.concat(payload));
        }
        this.handle({ type: 'frame', id, header, payload });
      },
      closed: (reason) => {
        this.#links.delete(id);
        this.#hosts.delete(id);
        this.handle({ type: 'lost', id, why: { code: 'lost', message: reason } });
      },
    };
    const connection = network.connect(dialler, this, handlers);
    this.#links.set(id, connection);
    this.#hosts.set(id, dialler.host);
    this.note(() => `accepts ${dialler.name} as ${id}`);
    this.world.clock.after(0, () => this.post(() => this.handle({ type: 'connected', id })));
    return connection;
  }

  handle(event: CoordinatorInput): void {
    if (!this.isUp || this.isOver) return;
    this.#setting.world.mark(event.type.length);
    if (event.type !== 'tick') this.note(() => `<- ${brief(event)}`);
    const { world } = this;
    if (event.type === 'frame') world.hear(0, { ...event, from: event.header.rank });
    if (event.type === 'control' && 'generation' in event.message) {
      world.hear(0, { type: 'control', message: event.message });
    }
    const taken = world.defect === 'generation-unchecked' ? this.#asCurrent(event) : event;
    this.#effects.push(...this.#coordinator!.handle(taken, world.now));
    if (this.#effects.length > 400)
      this.world.fail('the coordinator has more effects waiting than it should');
    if (!this.#isCarrying) this.#carry();
  }

  /** Hears something again. @returns whether it is of an older generation; then it must change nothing */
  hearAgain(heard: Heard): boolean {
    if (!this.isListening) return false;
    this.handle({ type: 'tick' });
    const { generation, members } = this.#coordinator!.membership;
    const about = heard.type === 'frame' ? heard.header.generation : heard.message.generation;
    if (about >= generation || members.length === 0) return false;
    const { id } = this.world.random.pick(members);
    const event: CoordinatorInput =
      heard.type === 'frame'
        ? { type: 'frame', id, header: heard.header, payload: heard.payload }
        : { type: 'control', id, message: heard.message as WorkerMessage };
    if (this.world.defect === 'generation-unchecked') {
      this.handle(event);
      return true;
    }
    const before = this.#coordinator!.membership;
    const effects = this.#coordinator!.handle(event, this.world.now);
    if (effects.length > 0 || this.#coordinator!.membership !== before) {
      this.world.fail(`a stale ${heard.type} changed something: ${brief(event)}`);
    }
    return true;
  }

  /** As a coordinator that does not look at generations would take it. */
  #asCurrent(event: CoordinatorInput): CoordinatorInput {
    const { generation } = this.#coordinator!.membership;
    if (event.type === 'frame') return { ...event, header: { ...event.header, generation } };
    if (event.type !== 'control' || !('generation' in event.message)) return event;
    return { ...event, message: { ...event.message, generation } };
  }

  #carry(): void {
    this.#isCarrying = true;
    for (;;) {
      const effect = this.#effects.shift();
      if (!effect || !this.isUp) break;
      if (effect.type === 'journal') {
        const { record } = effect;
        this.note(() => `journals ${JSON.stringify(record)}`);
        this.#append(record, () => {
          this.#setting.witness.journalled(record);
          this.#carry();
        });
        this.world.onEffect(0, 'journal');
        return;
      }
      this.#carryOut(effect);
      this.world.onEffect(0, effect.type === 'send' ? effect.message.type : effect.type);
    }
    this.#isCarrying = false;
  }

  #append(record: Record, done: () => void): void {
    this.world.isUnsettled = true;
    this.#journal.append(record).then(
      () => this.isUp && this.post(() => this.#guarded(done)),
      (error) => {
        this.world.failure ??= error;
      },
    );
  }

  /** In a promise nobody catches what is thrown. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.world.failure ??= error;
    }
  }

  #carryOut(effect: Exclude<CoordinatorEffect, { type: 'journal' }>): void {
    const { witness, disk, truth } = this.#setting;
    switch (effect.type) {
      case 'send':
        this.note(() => `-> ${effect.to}: ${JSON.stringify(effect.message).slice(0, 160)}`);
        witness.told(this.#incarnation, effect.message);
        this.#links.get(effect.to)?.sendControl(this, effect.message);
        return;
      case 'send-frame': {
        const { header, payload, to } = effect;
        if (header.kind === 'sum') witness.summed(header, 'hub', Buffer.concat(payload));
        const left = (): void => this.handle({ type: 'piece-left', id: to });
        const isSum = header.kind === 'sum';
        this.#links.get(to)?.sendFrame(this, header, payload, isSum ? undefined : left);
        return;
      }
      case 'limit': {
        const { to, maxFrameBytes, maxQueuedBytes } = effect;
        this.#limits.set(to, maxFrameBytes);
        // The first limit of a link allows no sums.
        const base = this.#queueBases.get(to) ?? maxQueuedBytes;
        this.#queueBases.set(to, base);
        this.#links.get(to)?.limitSums(this, maxQueuedBytes - base);
        return;
      }
      case 'close':
        if (effect.code === 'protocol')
          this.world.fail(`an honest worker is refused: ${effect.message}`);
        this.#links.get(effect.id)?.close(this, `${effect.code}: ${effect.message}`);
        return;
      case 'load-state': {
        const { step, bytes } = disk.newest;
        this.handle({ type: 'state-loaded', step, bytes });
        return;
      }
      case 'save-state':
        this.#save(effect);
        return;
      case 'read-piece': {
        const { to, sha256, offset, length } = effect;
        const bytes = truth.shelf.piece(sha256, offset, Math.min(length, MAX_PIECE_BYTES));
        this.handle({ type: 'piece', id: to, offset, bytes });
        return;
      }
      case 'checkpoint-kept':
        witness.kept(effect.held);
        return;
      case 'checkpoint-refused':
        return;
      case 'emit':
        this.note(() => `tells ${JSON.stringify(effect.notice)}`);
        if (effect.notice.event === 'epoch-end') {
          witness.evaluated(effect.notice.evaluation);
          this.#tell(effect.notice.evaluation.step);
        }
        return;
      case 'over':
        this.#end(effect.outcome);
        return;
    }
  }

  #save({ held, bytes }: Extract<CoordinatorEffect, { type: 'save-state' }>): void {
    const { disk, witness } = this.#setting;
    disk.beginCheckpoint({ ...held, bytes });
    this.after(this.world.random.magnitude(0.5, 40), () => {
      disk.endCheckpoint();
      witness.saved(held);
      this.handle({ type: 'saved', held, path: `step-${held.step}` });
    });
  }

  /** Lines of metrics.jsonl are written one after the other. */
  #tell(step: number): void {
    this.#told.push(step);
    if (!this.#isTelling) this.#writeLines();
  }

  #writeLines(): void {
    const { disk } = this.#setting;
    const step = this.#told.shift();
    this.#isTelling = step !== undefined;
    if (step === undefined) {
      if (this.isOver) this.#leave();
      return;
    }
    disk.beginLine(`${step}`);
    // Whoever iterates the run takes its time now and then.
    const { random } = this.world;
    const takesMs = random.chance(0.1) ? random.between(20, 1000) : random.magnitude(0.05, 10);
    this.after(takesMs, () => {
      disk.endLine();
      this.#writeLines();
    });
  }

  #end(outcome: Outcome): void {
    this.isOver = true;
    this.note(() => `is over: ${JSON.stringify(outcome)}`);
    const members = this.#coordinator!.membership.members.map(({ id }) => id);
    if (outcome.type === 'failed') {
      this.#setting.onGivenUp(outcome.code, this.#hostsOf(members));
    }
    this.#outcome = outcome;
    if (!this.#isTelling) this.#leave();
  }

  #hostsOf(ids: readonly MemberId[]): number[] {
    return ids.flatMap((id) => this.#hosts.get(id) ?? []);
  }

  #leave(): void {
    for (const link of this.#links.values()) link.close(this, 'over: the coordinator is gone');
    this.#setting.onOver(this.#outcome!);
  }
}

function read(disk: Disk, world: World): { records: Record[]; length: number } {
  try {
    return parseJournal<Record>(disk.journal, 'the journal');
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return world.fail(error.message);
  }
}

function brief(event: CoordinatorInput): string {
  if (event.type === 'frame') return `${event.id} frame ${describeFrame(event.header)}`;
  if (event.type === 'piece' || event.type === 'state-loaded') return event.type;
  return JSON.stringify(event).slice(0, 160);
}

function describeFrame({ kind, generation, step, rank, offset }: FrameHeader): string {
  return `${kind} of rank ${rank}, generation ${generation}, step ${step}, offset ${offset}`;
}

/** What a coordinator that starts makes of the epochs in its journal. */
function judged(
  judging: Judging,
  evaluations: readonly EvaluatedStep[],
): Pick<Durable, 'judgement' | 'best'> {
  const judgement = evaluations.reduce((before, one) => judging.judge(before, one), UNJUDGED);
  return { judgement, best: evaluations.find(({ step }) => step === judgement.best?.step) ?? null };
}
