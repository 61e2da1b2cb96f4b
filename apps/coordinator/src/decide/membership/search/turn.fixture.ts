// One action in the model under way: what the coordinator is told and asks for, and what workers do about it.
import type { HeldState } from '@lockstep/wire';
import { workingRanks } from '../holding/catch-up.js';
import { isSame } from '../holding/copies.js';
import type { Durable } from '../state/durable.js';
import type { Effect } from '../state/effect.js';
import type { Event } from '../state/event.js';
import type { MemberId } from '../state/member.js';
import type { Outcome } from '../state/phase.js';
import type { State } from '../state/state.js';
import { initialState, step } from '../step.js';
import { check } from './check.fixture.js';
import {
  digestOf,
  FRESH,
  hold,
  type Model,
  type ModelTeam,
  type ModelWorker,
  messageOf,
  type Order,
  type Report,
  Violation,
  type World,
} from './world.fixture.js';

/** One action under way: a mutable copy of the world. */
export class Turn {
  readonly #model: Model;
  readonly #before: World;
  #state: State;
  #durable: Durable;
  readonly #workers: ModelWorker[];
  #teams: readonly ModelTeam[];
  #closing: World['closing'];
  #nextId: MemberId;
  #loading: HeldState | null;
  #told: number;
  #crashes: number;
  #restarts: number;
  #asked: number | null;
  #asks: number;
  #mayLose = false;
  /** A checkpoint is on the disk, and the journal does not say so. */
  #isUnjournalled = false;

  constructor(model: Model, world: World) {
    this.#model = model;
    this.#before = world;
    this.#state = world.state;
    this.#durable = world.durable;
    this.#workers = [...world.workers];
    this.#teams = world.teams;
    this.#closing = world.closing;
    this.#nextId = world.nextId;
    this.#loading = world.loading;
    this.#told = world.told;
    this.#crashes = world.crashes;
    this.#restarts = world.restarts;
    this.#asked = world.asked;
    this.#asks = world.asks;
  }

  done(): World {
    this.#settle();
    const world: World = {
      state: this.#state,
      durable: this.#durable,
      workers: this.#workers,
      teams: this.#teams,
      closing: this.#closing,
      nextId: this.#nextId,
      loading: this.#loading,
      told: this.#told,
      crashes: this.#crashes,
      restarts: this.#restarts,
      asked: this.#asked,
      asks: this.#asks,
    };
    check(this.#before, world, this.#mayLose);
    return world;
  }

  tell(event: Event, now = 0): this {
    const { state, effects } = (this.#model.step ?? step)(this.#state, event, now);
    hold(
      state.generation >= this.#state.generation && state.saved.step >= this.#state.saved.step,
      'the generation or the saved step went down',
    );
    hold(state.committed >= this.#state.committed, 'the committed step went down');
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    return this;
  }

  join(index: number): void {
    const { held, isFaulty } = this.#workers[index]!;
    const id = this.#nextId++;
    this.#workers[index] = { ...FRESH, id, held, isFaulty };
    this.tell({ type: 'connected', id });
    const message = { type: 'join', name: 'w', threads: 1, url: 'ws://w', held } as const;
    this.tell({ type: 'message', id, message });
  }

  order(index: number): void {
    const worker = this.#workers[index]!;
    const [order, ...orders] = worker.orders;
    this.#workers[index] = this.#obey({ ...worker, orders }, order!);
  }

  report(index: number): void {
    const worker = this.#workers[index]!;
    const [report, ...reports] = worker.reports;
    this.#workers[index] = { ...worker, reports };
    this.#hear(worker.id!, report!);
  }

  closed(index: number): void {
    const { id, reports } = this.#closing[index]!;
    const others = this.#closing.filter((_, other) => other !== index);
    const [report, ...rest] = reports;
    this.#closing = report ? [...others, { id, reports: rest }] : others;
    if (report) this.#hear(id, report);
    else this.tell({ type: 'lost', id, why: { code: 'closed', message: 'closed' } });
  }

  commit(index: number): void {
    const worker = this.#workers[index]!;
    const { generation, until } = worker;
    const team = this.#teamOf(generation);
    const next = this.#next(worker, team);
    const stepped = { ...worker, held: next };
    if (next.step === until) this.#workers[index] = this.#reach(stepped);
    else {
      const offered = this.#offer(stepped, team);
      this.#workers[index] = this.#model.digests
        ? say(offered, { type: 'digest', generation, held: next })
        : offered;
    }
  }

  /** It takes a step with the others' sum. */
  follow(index: number): void {
    const worker = this.#workers[index]!;
    const held = this.#next(worker, this.#teamOf(worker.generation));
    this.#workers[index] = { ...worker, held };
  }

  #next({ held }: ModelWorker, team: ModelTeam): HeldState {
    const counted = this.#counted(team, held!.step);
    const { shards } = this.#model.config;
    const isWhole = counted.length === shards && new Set(counted).size === shards;
    const isRight = !this.#workers.some(
      ({ id, isFaulty }) =>
        isFaulty && team.ids.includes(id!) && held!.step === this.#model.faultyStep,
    );
    const step = held!.step + 1;
    const digest =
      isWhole && isRight ? digestOf(step) : `state ${step} of shards ${counted.join()}`;
    return { step, digest };
  }

  /** Its sums of the step are there: they are handed over, or said to be before. */
  #offer(worker: ModelWorker, team: ModelTeam): ModelWorker {
    const { generation, rank, isFaulty } = worker;
    const { step } = worker.held!;
    const working = team.handed.filter(Number.isFinite).length;
    if (!this.#model.config.audit || working === 1) {
      this.#handOver(team, rank, step);
      return worker;
    }
    const own = isFaulty && step === this.#model.faultyStep ? 'wrong' : 'right';
    return say(worker, { type: 'audit-report', generation, step, own, other: 'right' });
  }

  /** The shards that are in a sum; a rank that takes stale partials may take others than were dealt. */
  #counted(team: ModelTeam, step: number): number[] {
    return team.ranges.flatMap((dealt, rank) => {
      const stale = this.#teams.find(({ handed }) => (handed[rank] ?? -1) >= step);
      const { first, end } = team.handed[rank]! >= step || !stale ? dealt : stale.ranges[rank]!;
      return Array.from({ length: end - first }, (_, at) => first + at);
    });
  }

  crash(index: number, kept: number): void {
    this.#disconnect(index, kept);
    this.#workers[index] = FRESH;
    this.#mayLose = true;
    this.#crashes++;
  }

  /** It goes on with what it does until it notices and joins anew. */
  cut(index: number, kept: number): void {
    this.#disconnect(index, kept);
    this.#crashes++;
  }

  #disconnect(index: number, kept: number): void {
    const worker = this.#workers[index]!;
    const reports = worker.reports.slice(0, kept);
    // What it held may be lost with it.
    if (this.#asked !== null) this.#asked = 0;
    if (worker.id !== null) this.#closing = [...this.#closing, { id: worker.id, reports }];
    this.#workers[index] = { ...worker, id: null, orders: [], reports: [] };
  }

  miss(index: number, rank: number): void {
    const worker = this.#workers[index]!;
    const { generation } = worker;
    this.#workers[index] = say(worker, { type: 'link-lost', generation, rank });
  }

  separate(index: number, rank: number): void {
    this.miss(index, rank);
    this.#crashes++;
  }

  leave(index: number): void {
    this.#crashes++;
    const { id } = this.#workers[index]!;
    this.tell({ type: 'message', id: id!, message: { type: 'leave', reason: 'told to' } });
  }

  stop(): void {
    this.tell({ type: 'stop', message: 'told to' });
  }

  end(): void {
    this.tell({ type: 'end', why: 'asked' });
  }

  ask(): void {
    this.#asks++;
    const steps = this.#state.members.map(({ id }) => this.#workers.find((one) => one.id === id));
    this.#asked = Math.max(0, ...steps.map((worker) => worker?.held?.step ?? 0));
    this.tell({ type: 'checkpoint' });
  }

  loaded(): void {
    const held = this.#loading!;
    this.#loading = null;
    this.tell({ type: 'state-held', held });
  }

  saved(): void {
    const held = this.#state.writing!;
    this.#durable = { ...this.#durable, saved: held };
    this.#isUnjournalled = true;
    this.tell({ type: 'saved', held, path: null });
  }

  grace(): void {
    this.tell({ type: 'tick' }, this.#model.config.resumeGraceMs);
  }

  restart(isWritten: boolean): void {
    const { writing } = this.#state;
    if (isWritten) this.#durable = { ...this.#durable, saved: writing! };
    this.#restarts++;
    this.#closing = [];
    this.#loading = null;
    this.#asked = null;
    for (const [index, worker] of this.#workers.entries()) {
      this.#workers[index] = { ...worker, id: null, orders: [], reports: [] };
    }
    this.#state = initialState(this.#model.config, this.#durable);
    this.tell({ type: 'start' });
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'send': {
        const { message } = effect;
        if (message.type === 'pause') this.#send(effect.to, message);
        if (message.type === 'advance') {
          const { type, generation, until, firstChunk, endChunk } = message;
          const chunks = endChunk - firstChunk;
          this.#send(effect.to, { type, generation, until, chunks });
        }
        if (message.type === 'audit-passed' || message.type === 'audit-range') {
          const { type, generation, step } = message;
          this.#send(effect.to, { type, generation, step });
        }
        return;
      }
      case 'close':
        this.#expel(effect);
        return;
      case 'journal': {
        const { record } = effect;
        if (record.type === 'generation') {
          const { generation, members } = record;
          hold(generation > this.#durable.generation, 'a generation is used twice');
          this.#durable = { ...this.#durable, generation, members };
        }
        if (record.type === 'checkpoint') this.#isUnjournalled = false;
        if (record.type === 'evaluated') {
          const { type: _, ...evaluated } = record;
          const { judgement: before, best } = this.#durable;
          const judgement = this.#model.config.judge?.(before, evaluated) ?? before;
          const isBest = judgement.best?.step === evaluated.step;
          this.#durable = {
            ...this.#durable,
            evaluated,
            judgement,
            best: isBest ? evaluated : best,
          };
        }
        return;
      }
      case 'fetch-state': {
        const { from, generation, held } = effect;
        this.#send(from, { type: 'send-state', generation, held });
        return;
      }
      case 'load-state':
        this.#loading = effect.held;
        return;
      case 'hub-off':
        this.#loading = null;
        return;
      case 'offer-state':
        for (const to of effect.to) {
          const { generation, held } = effect;
          this.#send(to, { type: 'take-state', generation, held });
        }
        return;
      case 'deal':
        this.#deal(effect);
        return;
      case 'emit':
        if (effect.notice.event === 'epoch-end') {
          const { epoch } = effect.notice;
          hold(epoch === this.#told + 1, `epoch ${epoch} is told after epoch ${this.#told}`);
          this.#told = epoch;
        }
        return;
      case 'checkpoint-kept':
        this.#answer(effect.held);
        return;
      case 'checkpoint-refused':
        this.#asked = null;
        return;
      case 'over':
        if (effect.outcome.type === 'failed') this.#endEarly(effect.outcome);
        else this.#finish(effect.outcome);
        return;
      case 'send-run':
      case 'drop-state':
      case 'save-state':
        return;
    }
  }

  #answer({ step }: HeldState): void {
    hold(this.#asked !== null, 'a checkpoint is told that nobody asked for');
    hold(!this.#isUnjournalled, `the checkpoint of step ${step} is told before it is journalled`);
    const saved = this.#durable.saved.step;
    hold(step === saved, `the checkpoint of step ${step} is told, and step ${saved} is saved`);
    hold(step >= this.#asked, `step ${this.#asked} was held, and step ${step} is the checkpoint`);
    this.#asked = null;
  }

  /** It is given up only for what the model lets happen, and after the newest step that a member holds is saved. */
  #endEarly({ code, message }: Extract<Outcome, { type: 'failed' }>): void {
    const { apart, stops, ends } = this.#model;
    hold((code === 'mesh' && apart) || (code === 'stopped' && (stops || ends)) || false, message);
    hold(!this.#isUnjournalled, `${code}: a checkpoint is not journalled`);
    const saved = this.#durable.saved.step;
    for (const { id } of this.#state.members) {
      const step = this.#workers.find((worker) => worker.id === id)?.held?.step ?? 0;
      hold(step <= saved, `given up (${code}): step ${step} is held, and step ${saved} is saved`);
    }
  }

  /** What it gives is evaluated, journalled and saved, and it is where its rule ends it, or its last step, or it was asked to. */
  #finish({ step, evaluation, stopped }: Extract<Outcome, { type: 'finished' }>): void {
    const { config, ends } = this.#model;
    const { saved, evaluated, judgement, best } = this.#durable;
    const last =
      judgement.stopped === null ? config.steps : judgement.epochs * config.stepsPerEpoch;
    hold(step === last || (ends && stopped === 'asked') || false, `it ends at step ${step}`);
    hold(evaluation.step === step && evaluated?.step === step, `step ${step} is not evaluated`);
    hold(saved.step === step, `it ends at step ${step}, and step ${saved.step} is saved`);
    hold(!config.judge || best?.step === judgement.best?.step, 'the best epoch is not known');
  }

  #expel({ id, code, message }: Extract<Effect, { type: 'close' }>): void {
    const index = this.#workers.findIndex((worker) => worker.id === id);
    // It may have crashed already, and its reports have come all the same.
    const isFaulty = this.#workers[index]?.isFaulty ?? this.#model.faultyStep !== undefined;
    if (code !== 'left' && (code !== 'audit' || !isFaulty)) {
      throw new Violation(`a worker that keeps to the protocol is refused: ${message}`);
    }
    if (index >= 0) this.#workers[index] = FRESH;
    // Whoever was to keep what it held may have crashed, unnoticed.
    if (code === 'left' && this.#closing.length > 0) this.#mayLose = true;
  }

  #deal({ generation, held, members }: Extract<Effect, { type: 'deal' }>): void {
    let next = 0;
    for (const { first, end } of members) {
      hold(first === next && end >= first, `shards are dealt twice or not at all at ${next}`);
      next = end;
    }
    hold(next === this.#model.config.shards, `only ${next} shards are dealt`);
    const ids = members.map(({ id }) => id);
    const handed = members.map(({ isBehind }) => (isBehind ? Number.POSITIVE_INFINITY : -1));
    this.#teams = [...this.#teams, { generation, ids, ranges: members, handed }];
    for (const { id, isBehind } of members) {
      this.#send(id, { type: 'generation', generation, held, isBehind });
    }
  }

  #send(to: MemberId, order: Order): void {
    const index = this.#workers.findIndex(({ id }) => id === to);
    const worker = this.#workers[index];
    if (worker) this.#workers[index] = { ...worker, orders: [...worker.orders, order] };
  }

  /** A message of the generation, as the coordinator hands it to membership. */
  #hear(id: MemberId, report: Report): void {
    if (report.type === 'state') {
      const { phase, generation, catchUp } = this.#state;
      const isToBeSaved = phase.name === 'saving' && phase.from === id;
      const isForOthers = catchUp?.from === id && isSame(catchUp.held, report.held);
      const isAsked = report.generation === generation && (isToBeSaved || isForOthers);
      if (isAsked) this.tell({ type: 'state-held', held: report.held });
      return;
    }
    this.tell({ type: 'message', id, message: messageOf(report) });
  }

  #teamOf(generation: number): ModelTeam {
    return this.#teams.find((team) => team.generation === generation)!;
  }

  #handOver(team: ModelTeam, rank: number, step: number): void {
    const handed = team.handed.map((before, other) => (other === rank ? step : before));
    this.#teams = this.#teams.map((other) =>
      other.generation === team.generation ? { ...other, handed } : other,
    );
  }

  #obey(worker: ModelWorker, order: Order): ModelWorker {
    const { generation } = order;
    if (order.type === 'pause') {
      if (generation <= worker.generation) return worker;
      const idle = { rank: -1, until: 0, chunks: 0 };
      const stopped = { ...worker, ...idle, generation, phase: 'paused' } as const;
      return say(stopped, { type: 'paused', generation, held: worker.held });
    }
    if (generation !== worker.generation) return worker;
    switch (order.type) {
      case 'take-state': {
        const { phase } = worker;
        hold(phase === 'paused' || phase === 'following', `take-state while ${phase}`);
        const before = worker.held?.step ?? -1;
        hold(order.held.step >= before, `step ${before} is replaced by ${order.held.step}`);
        if (phase === 'paused') return { ...worker, held: order.held };
        return say(
          { ...worker, held: order.held, phase: 'caught-up' },
          { type: 'caught-up', generation, held: order.held },
        );
      }
      case 'generation': {
        hold(worker.phase === 'paused', `generation while ${worker.phase}`);
        const { held } = worker;
        const isThere = held?.step === order.held.step;
        hold(isThere !== order.isBehind, `generation at ${order.held.step}, held ${held?.step}`);
        const rank = this.#teamOf(generation).ids.indexOf(worker.id!);
        if (order.isBehind) {
          const following = { ...worker, rank, phase: 'following' } as const;
          return say(following, { type: 'prepared', generation, held: null });
        }
        return say(
          { ...worker, rank, phase: 'prepared' },
          { type: 'prepared', generation, held: order.held },
        );
      }
      case 'advance': {
        hold(
          worker.phase === 'prepared' || worker.phase === 'running',
          `advance while ${worker.phase}`,
        );
        const { until, chunks } = order;
        const { step } = worker.held!;
        hold(step <= until, `advance to ${until} at ${step}`);
        const running = { ...worker, phase: 'running', until, chunks } as const;
        if (step === until) return this.#reach(running);
        return this.#offer(running, this.#teamOf(generation));
      }
      case 'audit-passed':
        hold(order.step === worker.held!.step, `audit of ${order.step} at ${worker.held!.step}`);
        this.#handOver(this.#teamOf(generation), worker.rank, order.step);
        return worker;
      case 'audit-range':
        return say(worker, { type: 'audit-vote', generation, step: order.step, digest: 'right' });
      case 'send-state':
        hold(worker.held?.step === order.held.step, 'a state is fetched from who lacks it');
        hold(
          worker.phase === 'prepared' ||
            worker.phase === 'paused' ||
            worker.held.step === worker.until,
          'a state is asked for when its holder has gone on',
        );
        return say(worker, { type: 'state', generation, held: worker.held! });
    }
  }

  #reach(worker: ModelWorker): ModelWorker {
    const { generation, held, chunks } = worker;
    return say(worker, { type: 'reached', generation, held: held!, chunks });
  }

  /** Does what needs no choice: orders that are obeyed at once, stale reports, teams that nobody runs any more. */
  #settle(): void {
    for (let index = 0; index < this.#workers.length; index++) {
      for (;;) {
        const worker = this.#workers[index]!;
        const [order, ...orders] = worker.orders;
        const { phase } = worker;
        if (!order || (order.type === 'take-state' && phase !== 'following')) break;
        if (order.type === 'pause' && (phase === 'running' || phase === 'caught-up')) break;
        this.#workers[index] = this.#obey({ ...worker, orders }, order);
      }
      const worker = this.#workers[index]!;
      const reports = this.#withoutStale(worker.id, worker.reports);
      if (reports !== worker.reports) this.#workers[index] = { ...worker, reports };
    }
    this.#hearCounted();
    this.#closing = this.#closing.map((link) => {
      const reports = this.#withoutStale(link.id, link.reports);
      return reports === link.reports ? link : { ...link, reports };
    });
    this.#teams = this.#teams.filter(({ generation }) => {
      const isPresent = generation === this.#state.generation;
      return isPresent || this.#workers.some((worker) => worker.generation === generation);
    });
  }

  /** Hears answers that are counted, but for the last one. */
  #hearCounted(): void {
    if (this.#model.keepsStale) return;
    for (const [index, { id, reports }] of this.#workers.entries()) {
      const [report, ...rest] = reports;
      if (!report || !this.#isCounted(report)) continue;
      this.#workers[index] = { ...this.#workers[index]!, reports: rest };
      this.#hear(id!, report);
    }
    for (const { id, reports } of this.#closing) {
      const [report, ...rest] = reports;
      if (!report || !this.#isCounted(report)) continue;
      this.#closing = this.#closing.map((link) => (link.id === id ? { id, reports: rest } : link));
      this.#hear(id, report);
    }
  }

  #isCounted({ type, generation }: Report): boolean {
    const { phase, members } = this.#state;
    if (generation !== this.#state.generation) return false;
    if (type === 'caught-up') return !this.#model.slowCatchUp;
    const most = members.length - 1;
    if (phase.name === 'pausing') return type === 'paused' && phase.answered.length < most;
    if (phase.name === 'preparing') return type === 'prepared' && phase.prepared.length < most;
    if (phase.name !== 'running') return false;
    const working = workingRanks(this.#state, phase.team).length;
    if (type === 'audit-report') return phase.audits!.reported.length < working - 1;
    return type === 'reached' && phase.reached.length < working - 1;
  }

  #withoutStale(id: MemberId | null, reports: readonly Report[]): readonly Report[] {
    const { generation } = this.#state;
    if (id === null || reports.every((report) => report.generation === generation)) return reports;
    if (this.#model.keepsStale) return reports;
    return reports.filter((report) => {
      if (report.generation === generation) return true;
      if (report.type !== 'state') {
        const message = messageOf(report);
        const after = step(this.#state, { type: 'message', id, message }, 0);
        const isUnchanged = after.state === this.#state && after.effects.length === 0;
        hold(isUnchanged, `a stale ${report.type} changed something`);
      }
      return false;
    });
  }
}

function say(worker: ModelWorker, report: Report): ModelWorker {
  // Nobody hears one that is not connected.
  return worker.id === null ? worker : { ...worker, reports: [...worker.reports, report] };
}
