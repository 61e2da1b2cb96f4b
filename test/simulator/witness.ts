// Sees everything that is said and done in a simulation, and says which rule was broken. It knows the truth of one
// thread, so "the same everywhere" is "what it must be".
import { chunksOf } from '@lockstep/collective';
import { metricNamed, reportEvaluation } from '@lockstep/core/internal';
import { alignedBlocks } from '@lockstep/tree';
import type {
  AdvanceMessage,
  CoordinatorMessage,
  FrameHeader,
  GenerationMessage,
  HeldState,
  ReachedMessage,
  WorkerMessage,
} from '@lockstep/wire';
import type {
  EvaluatedStep,
  JournalRecord,
} from '../../apps/coordinator/src/decide/membership/state/durable.js';
import type { Outcome } from '../../apps/coordinator/src/decide/membership/state/phase.js';
import type { State } from '../../apps/coordinator/src/decide/membership/state/state.js';
import type { EngineView } from '../../apps/worker/src/decide/border.js';
import type { Truth } from './oracle.js';
import type { World } from './world.js';

/** Without a word it may last so long until something comes of it, in heartbeats. */
const SILENT_HEARTBEATS = 3;

export interface Rules {
  readonly checkpointEvery: number;
  readonly heartbeatMs: number;
  /** The longest that a step takes without faults. */
  readonly stepMs: number;
}

export class Witness {
  readonly #world: World;
  readonly #truth: Truth;
  readonly #rules: Rules;
  /** What a coordinator was told is durable. */
  readonly #durable = { generation: 0, saved: 0, evaluated: 0 };
  readonly #plans = new Map<number, GenerationMessage>();
  /** Coordinator that gave each generation its number. */
  readonly #givers = new Map<number, number>();
  readonly #partials = new Map<string, Set<number>>();
  /** Of each rank in a reduction: how many of its blocks went into it. */
  readonly #blocks = new Map<string, number>();
  /** The newest checkpoint that is journalled too. */
  #checkpointed = 0;
  #committed = 0;
  #incarnation = 0;
  #progress = { mark: '', at: 0 };
  /** What is counted, for whoever wants to know how hard a simulation was. */
  readonly counts = {
    generations: 0,
    steps: 0,
    sums: 0,
    stale: 0,
    faults: 0,
    /** Workers that were behind and came after, and steps that they took with the others' sums. */
    caughtUp: 0,
    replayed: 0,
    /** Buckets that were there before the last one of their step. */
    buckets: 0,
    /** Workers that were connected when a run was given up, or were told so. */
    givenUp: 0,
    /** Checkpoints that somebody asked for and got. */
    kept: 0,
  };

  constructor(world: World, truth: Truth, rules: Rules) {
    this.#world = world;
    this.#truth = truth;
    this.#rules = rules;
  }

  #fail(rule: string): never {
    return this.#world.fail(rule);
  }

  /** A coordinator reads its disk: what is durable is there, and may be more than anyone was told. */
  found(found: { generation: number; saved: number; evaluated: number }): void {
    this.#committed = 0;
    for (const key of ['generation', 'saved', 'evaluated'] as const) {
      if (found[key] < this.#durable[key]) {
        this.#fail(`durable: ${key} ${this.#durable[key]} was flushed, ${found[key]} was found`);
      }
      this.#durable[key] = found[key];
    }
    this.#checkpointed = found.saved;
  }

  /** A coordinator is about to speak. */
  started(incarnation: number): void {
    if (incarnation <= this.#incarnation) {
      this.#fail(`incarnation ${incarnation} after ${this.#incarnation}: it must grow`);
    }
    this.#incarnation = incarnation;
  }

  journalled(record: JournalRecord): void {
    if (record.type === 'generation') this.#durable.generation = record.generation;
    if (record.type === 'evaluated') this.#durable.evaluated = record.step;
    if (record.type === 'checkpoint') this.#checkpointed = record.step;
  }

  saved({ step, digest }: HeldState): void {
    this.#isTrue('the checkpoint', step, digest);
    this.#durable.saved = step;
  }

  evaluated({ step, weightsHash, epochLoss, sums }: EvaluatedStep): void {
    const truth = this.#truth.epochs.find((epoch) => epoch.step === step);
    if (!truth) this.#fail(`epoch-end: step ${step} ends no epoch`);
    const samples = this.#truth.samplesAt(this.#truth.stepsPerEpoch);
    const { testLoss, testAccuracy } = reportEvaluation(this.#truth.evaluated, sums, [
      metricNamed('accuracy')!,
    ]);
    const told = [epochLoss / samples, testLoss, testAccuracy];
    const expected = [truth.trainLoss, truth.testLoss, truth.testAccuracy];
    if (told.some((value, i) => value !== expected[i])) {
      this.#fail(`metrics of step ${step} are ${told}, fit says ${expected}`);
    }
    if (weightsHash !== this.#truth.weightsHashes[step]) {
      this.#fail(`the weights hash of step ${step} is wrong: ${weightsHash}`);
    }
  }

  #isTrue(who: string, step: number, digest: string): void {
    if (this.#truth.digests[step] !== digest) {
      this.#fail(
        `two digests for step ${step}: ${digest} (${who}), ${this.#truth.digests[step]} (fit)`,
      );
    }
  }

  /** Whatever a worker's engine holds, it holds rightly; and nobody passes a stop point that is not dealt with. */
  holds(who: string, engine: EngineView): void {
    const step = engine.step!;
    this.#isTrue(who, step, engine.digest());
    this.counts.steps++;
    const { stepsPerEpoch, steps } = this.#truth;
    const before = step - 1;
    const { saved, evaluated } = this.#durable;
    if (before > 0 && before % stepsPerEpoch === 0 && evaluated < before) {
      this.#fail(`${who} is at step ${step}, and step ${before} was not evaluated`);
    }
    if (
      before > 0 &&
      before < steps &&
      before % this.#rules.checkpointEvery === 0 &&
      saved < before
    ) {
      this.#fail(`${who} is at step ${step}, and step ${before} was not saved`);
    }
  }

  said(who: string, message: WorkerMessage): void {
    const held =
      'held' in message ? message.held : 'digest' in message && 'step' in message ? message : null;
    if (held && message.type !== 'audit-vote') {
      this.#isTrue(`${who}, ${message.type}`, held.step, held.digest);
    }
    if (message.type === 'caught-up') this.counts.caughtUp++;
    if (message.type === 'reached') this.#reached(who, message);
    if (message.type === 'link-lost' && !message.reason.startsWith('net: ')) {
      this.#fail(`${who} blames an honest worker: ${message.reason}`);
    }
    if (message.type === 'failed' && message.code !== 'thread-lost') {
      this.#fail(`${who} fails: ${message.code}: ${message.message}`);
    }
  }

  #reached(who: string, { step, weightsHash, epochLoss }: ReachedMessage): void {
    if (
      weightsHash !== this.#truth.weightsHashes[step] ||
      epochLoss !== this.#truth.epochLosses[step]
    ) {
      this.#fail(
        `${who} reached step ${step} with the weights ${weightsHash} and the loss ${epochLoss}`,
      );
    }
  }

  told(incarnation: number, message: CoordinatorMessage): void {
    switch (message.type) {
      case 'pause': {
        const giver = this.#givers.get(message.generation);
        if (giver !== undefined && giver !== incarnation) {
          this.#fail(
            `generation ${message.generation} was given out by the coordinators ${giver} and ${incarnation}`,
          );
        }
        if (message.generation > this.#durable.generation) {
          this.#fail(`generation ${message.generation} was told before it was journalled`);
        }
        this.#givers.set(message.generation, incarnation);
        return;
      }
      case 'generation':
        this.#dealt(message);
        return;
      case 'take-state':
        this.#isTrue('take-state', message.step, message.digest);
        return;
      case 'advance':
        this.#advancing(message);
        return;
      case 'finish':
        if (message.weightsHash !== this.#truth.finalHash || message.step !== this.#truth.steps) {
          this.#fail(`finished at step ${message.step} with ${message.weightsHash}`);
        }
        return;
      case 'refused':
        if (message.code !== 'run-failed')
          this.#fail(`refused: ${message.code}: ${message.message}`);
        return;
    }
  }

  #dealt(plan: GenerationMessage): void {
    this.#isTrue('generation', plan.step, plan.digest);
    let next = 0;
    for (const rank of plan.behind) {
      const { first, end } = plan.members[rank]!;
      if (first !== end) this.#fail(`generation ${plan.generation}: rank ${rank} is behind`);
    }
    for (const { first, end } of plan.members) {
      if (first !== next || end < first)
        this.#fail(`generation ${plan.generation}: shard ${next} is nobody's, or two's`);
      next = end;
    }
    if (next !== this.#truth.config.shards)
      this.#fail(`generation ${plan.generation}: ${next} shards were dealt`);
    if (plan.step < this.#durable.saved)
      this.#fail(`generation ${plan.generation} goes back behind a checkpoint`);
    if (!this.#plans.has(plan.generation)) this.counts.generations++;
    this.#plans.set(plan.generation, plan);
  }

  #advancing({ until }: AdvanceMessage): void {
    const { saved, evaluated } = this.#durable;
    const { stepsPerEpoch, steps } = this.#truth;
    for (let step = saved + 1; step < until; step++) {
      if (step % this.#rules.checkpointEvery === 0 && step < steps && saved < step) {
        this.#fail(`advance until ${until}, and step ${step} is not saved`);
      }
      if (step % stepsPerEpoch === 0 && evaluated < step) {
        this.#fail(`advance until ${until}, and step ${step} is not evaluated`);
      }
    }
  }

  /** A worker takes a plan: it loses no step that it has. */
  planned(who: string, held: number | undefined, plan: GenerationMessage): void {
    if (held !== undefined && held > plan.step) {
      this.#fail(
        `${who} holds step ${held}, generation ${plan.generation} goes back to ${plan.step}`,
      );
    }
  }

  /** A partial goes into a reduction. @param reducer a rank of a mesh, or `hub` */
  partial(header: FrameHeader, reducer: number | 'hub', from: number, bytes: Buffer): void {
    const { generation, step, offset } = header;
    const { members } = this.#plans.get(generation)!;
    const blocks = alignedBlocks(members[from]!);
    const floats = this.#chunkFloats(members, reducer);
    const key = `${generation}:${step}:${reducer}:${from}`;
    const before = this.#blocks.get(key) ?? 0;
    const after = before + bytes.length / 4 / floats;
    this.#blocks.set(key, after);
    const handed = blocks.slice(before, after);
    const shards = { first: handed[0]?.first ?? 0, end: handed[0]?.first ?? 0 };
    for (const { size } of handed) shards.end += size;
    const expected = this.#truth.blockSums(step, shards, { first: offset, end: offset + floats });
    if (!bytes.equals(expected)) {
      this.#fail(
        `the partial of rank ${from} for step ${step} is not the sum of its shards ` +
          `(generation ${generation}); floats ${differing(bytes, expected)} differ`,
      );
    }
    const arrived = this.#arrived(generation, step, reducer);
    if (arrived.has(from)) {
      this.#fail(`rank ${from} is counted twice in step ${step} (generation ${generation})`);
    }
    if (after === blocks.length) arrived.add(from);
  }

  /** Floats of a block that a reducer gets. */
  #chunkFloats(members: GenerationMessage['members'], reducer: number | 'hub'): number {
    const { vectorFloats } = this.#truth;
    if (reducer === 'hub') return vectorFloats;
    const swaps = members.length === 2 && members.every((own) => alignedBlocks(own).length === 1);
    if (swaps) return vectorFloats;
    const { first, end } = chunksOf(vectorFloats, members.length)[reducer]!;
    return end - first;
  }

  #arrived(generation: number, step: number, reducer: number | 'hub'): Set<number> {
    const key = `${generation}:${step}:${reducer}`;
    let arrived = this.#partials.get(key);
    if (!arrived) {
      arrived = new Set();
      this.#partials.set(key, arrived);
    }
    return arrived;
  }

  /** A reducer has all that it needs: nobody is missing. */
  gathered(generation: number, step: number, reducer: number | 'hub'): void {
    const { size } = this.#arrived(generation, step, reducer);
    const count = this.#plans.get(generation)!.members.length;
    const others = reducer === 'hub' ? count : count - 1;
    if (size !== others) {
      this.#fail(
        `step ${step} was summed from ${size} of ${others} partials (generation ${generation})`,
      );
    }
  }

  /** A reduction gave its sum. */
  summed(header: FrameHeader, reducer: number | 'hub', bytes: Buffer): void {
    const { generation, step, offset } = header;
    this.gathered(generation, step, reducer);
    const all = { first: 0, end: this.#truth.config.shards };
    const floats = { first: offset, end: offset + bytes.length / 4 };
    const expected = this.#truth.blockSums(step, all, floats);
    if (!bytes.equals(expected)) {
      this.#fail(
        `the sum of step ${step} is not that of all shards (generation ${generation}); ` +
          `floats ${differing(bytes, expected)} differ`,
      );
    }
    this.counts.sums++;
  }

  /** After every event: what is committed only grows, and who waits can say for what. */
  look(state: State, waitReason: string | undefined): void {
    if (state.committed < this.#committed) {
      this.#fail(`committed: ${this.#committed} steps became ${state.committed}`);
    }
    this.#committed = state.committed;
    const { phase, generation } = state;
    const { now } = this.#world;
    const mark = `${generation}/${phase.name}/${state.committed}/${state.members.length}/${state.arriving.length}`;
    if (mark !== this.#progress.mark || waitReason !== undefined) {
      if (waitReason?.trim() === '') this.#fail('it waits, and its reason is empty');
      this.#progress = { mark, at: now };
    } else if (phase.name !== 'over') {
      const { heartbeatMs, stepMs } = this.#rules;
      const silentMs = now - this.#progress.at;
      if (silentMs > SILENT_HEARTBEATS * heartbeatMs + 10 * stepMs) {
        this.#fail(
          `nothing has happened for ${silentMs.toFixed(0)} ms, and no reason is given (${mark})`,
        );
      }
    }
  }

  /** Whoever asked for a checkpoint is told that it is there. */
  kept({ step, digest }: HeldState): void {
    this.#isTrue('the checkpoint that was asked for', step, digest);
    const saved = Math.min(this.#durable.saved, this.#checkpointed);
    if (step !== saved) this.#fail(`step ${step} is told to be saved, and step ${saved} is`);
    this.counts.kept++;
  }

  /** A run is given up, with a worker that holds this step. */
  givenUp(code: string, who: string, step: number): void {
    this.counts.givenUp++;
    const saved = Math.min(this.#durable.saved, this.#checkpointed);
    if (step > saved) {
      this.#fail(`given up (${code}): ${who} holds step ${step}, and step ${saved} is saved`);
    }
  }

  /** A run says that it has ended. @param isSaved whether the best epoch's checkpoint is on the disk */
  ended(
    { step, stopped }: Extract<Outcome, { type: 'finished' }>,
    best: EvaluatedStep | null,
    isSaved: boolean,
  ): void {
    const { steps, plannedSteps, bestEpoch, resultHash, stepsPerEpoch, judging } = this.#truth;
    const expected = steps < plannedSteps ? 'patience' : 'epochs';
    if (step !== steps || stopped !== expected) {
      this.#fail(`the run ends at step ${step} (${stopped}), expected ${steps} (${expected})`);
    }
    if ((best && best.step / stepsPerEpoch) !== bestEpoch) {
      this.#fail(`the best epoch is that of step ${best?.step}, expected epoch ${bestEpoch}`);
    }
    if (judging.rule.keep === 'last') return;
    if (best?.weightsHash !== resultHash || !isSaved) {
      this.#fail(`the best epoch is not what the run gives, or not saved: ${best?.weightsHash}`);
    }
  }

  /** @param lines of metrics.jsonl: the step of each epoch's end @param newest checkpoint */
  finished(lines: readonly string[], newest: HeldState): void {
    this.#isTrue('the last checkpoint', newest.step, newest.digest);
    if (newest.step !== this.#truth.steps) {
      this.#fail(`the run has finished, and its newest checkpoint is that of step ${newest.step}`);
    }
    const told = lines.map((line) => Number(line.slice(1, -1))).sort((a, b) => a - b);
    const expected = this.#truth.epochs.map(({ step }) => step);
    if (String(told) !== String(expected)) {
      this.#fail(
        `the epochs' ends that were told are those of the steps ${told}, expected ${expected}`,
      );
    }
  }
}

function differing(a: Buffer, b: Buffer): string {
  const places: number[] = [];
  for (let at = 0; at < b.length; at += 4) {
    if (a.length !== b.length || a.readUInt32LE(at) !== b.readUInt32LE(at)) places.push(at / 4);
  }
  return `${places.slice(0, 8)} of ${b.length / 4}`;
}
