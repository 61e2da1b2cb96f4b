// A run that goes on in this process, as the server sees it: samples of where it stands by a clock, events as they are told, and
// its newest state when somebody asks. It looks at the run and changes nothing of it.
// Invariant: looking at the state, which steps wait for, takes at most half a hundredth of the time, and 10 ms, after the first; nobody looks where there is no page.
import { learningRateAt, type Parameters } from '@lockstep/core';
import type { Datasets, RunConfig } from '@lockstep/core/internal';
import type { ClusterEvent, Progress, RunView } from '@lockstep/trainer';
import type { Action, LaneSample, Message, RunInfo, Sample, WorkerSample } from '../contract.js';
import { gradientBytes, modelBytes, sampleBytes } from './encode.js';
import type { AtStep, Feed, Listener } from './feed.js';
import { History } from './history.js';

const SAMPLE_MS = 100;
/** The first come sooner, each after twice the time of the one before: a page has something to show as soon as there is something. */
const FIRST_SAMPLE_MS = 25;
/** Between two looks at the state: so much of the time so far, within these bounds. So a run of seconds has curves of norms, too. */
const LOOKS = { share: 0.02, leastMs: SAMPLE_MS, mostMs: 1000 } as const;
/** Of the time, that looking takes, and what it may take before there is any time to speak of. */
const LOOK_SHARE = 0.005;
const LOOK_ALLOWANCE_MS = 10;

/** That threads take to stop for a look and to go on after it, about: they sleep meanwhile, and are woken. */
const STOP_MS = 0.5;

/** Steps before the first look: a look at a run whose threads are still starting would take as long as they do. */
const FIRST_STEPS = 2;

/** What looks have cost: that steps waited, and that was computed here, in milliseconds. */
export interface LookCosts {
  readonly all: number;
  readonly last: number;
}

/** @returns milliseconds from now, so long after the run's begin, to the next look, if it costs what the last one did */
export function untilNextLook(elapsedMs: number, { all, last }: LookCosts): number {
  const wantedMs = Math.min(Math.max(LOOKS.share * elapsedMs, LOOKS.leastMs), LOOKS.mostMs);
  return Math.max(wantedMs, (all + last - LOOK_ALLOWANCE_MS) / LOOK_SHARE - elapsedMs);
}

/** What is needed of a run. */
export interface LiveRun {
  readonly config: RunConfig;
  readonly data: Datasets;
  progress(): Progress | undefined;
  view(): Promise<RunView | undefined>;
}

export interface LiveOptions {
  readonly run: LiveRun;
  readonly info: RunInfo;
  /** What threads and workers have done in the last `ms`. */
  readonly lanes: (ms: number) => readonly LaneSample[];
  /** Of a cluster. */
  readonly workers: () => readonly WorkerSample[];
  readonly act: (action: Action) => Promise<void>;
  /** What was before, of a run that goes on. */
  readonly history?: History | undefined;
  /** Hears every sample. */
  readonly onSample?: ((sample: Sample) => void) | undefined;
}

export class LiveFeed implements Feed {
  readonly history: History;
  readonly #options: LiveOptions;
  readonly #listeners = new Set<Listener>();
  #info: RunInfo;
  #timer: NodeJS.Timeout | undefined;
  #begunAt = 0;
  #sampledAt = 0;
  #nextLook = 0;
  #lookMs = 0;
  /** Where it stood first, and stands; undefined before. */
  #firstStep: number | undefined;
  #step = 0;
  #norms: Pick<Sample, 'gradientNorm' | 'weightNorm'> | undefined;
  #seenStep = -1;
  #lastView: RunView | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#info = options.info;
    this.history = options.history ?? new History();
  }

  get info(): RunInfo {
    return this.#info;
  }

  /** From the first event on the run has begun, and where it stands is looked at. */
  hear(event: ClusterEvent): void {
    if (this.#timer === undefined) {
      this.#begunAt = performance.now();
      this.#sampledAt = this.#begunAt;
      this.#tickAfter(FIRST_SAMPLE_MS);
    }
    this.history.events.push(event);
    this.#tell({ type: 'event', run: this.#info.id, event });
  }

  /** The run is over here; what it came to can still be asked for. @param again the command that goes on with it, if it can */
  async end(again: string | null = null): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#timer) this.#sample();
    this.#lastView = await this.#options.run.view().catch(() => this.#lastView);
    const can = { stop: false, checkpoint: false, dropWorker: false };
    this.#info = { ...this.#info, isLive: false, again, can };
    for (const { onInfo } of this.#listeners) onInfo();
  }

  async model(): Promise<AtStep | undefined> {
    const view = await this.#view();
    return view && { step: view.step, bytes: modelBytes(view.trained) };
  }

  async gradients(): Promise<AtStep | undefined> {
    const view = await this.#view();
    return view?.gradients && { step: view.step, bytes: gradientBytes(view.gradients) };
  }

  async samples(name: string, first: number, count: number): Promise<Uint8Array | undefined> {
    const { data } = this.#options.run;
    const dataset = Object.hasOwn(data, name) ? data[name] : undefined;
    return dataset && sampleBytes(dataset, first, count);
  }

  act(action: Action): Promise<void> {
    return this.#options.act(action);
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(message: Message): void {
    for (const { hear } of this.#listeners) hear(message);
  }

  #tickAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#tickAfter(Math.min(2 * ms, SAMPLE_MS));
      this.#tick();
    }, ms);
  }

  #tick(): void {
    this.#sample();
    const isUnderWay = this.#step - (this.#firstStep ?? this.#step) >= FIRST_STEPS;
    if (isUnderWay && this.#listeners.size > 0 && performance.now() >= this.#nextLook) {
      void this.#look();
    }
  }

  #sample(): void {
    const { run, lanes, workers } = this.#options;
    const now = performance.now();
    const ms = now - this.#sampledAt;
    this.#sampledAt = now;
    const spent = lanes(ms);
    const progress = run.progress();
    if (!progress) return;
    const { step, steps, epoch, loss, samplesPerSecond, secondsLeft, waitsFor } = progress;
    this.#firstStep ??= step;
    this.#step = step;
    const { schedule, learningRate } = run.config.optimizer;
    const sample: Sample = {
      at: Date.now(),
      ms,
      ...{ step, steps, epoch, samplesPerSecond },
      loss: loss ?? null,
      learningRate: learningRateAt(schedule, learningRate, Math.max(step - 1, 0)),
      gradientNorm: this.#norms?.gradientNorm ?? null,
      weightNorm: this.#norms?.weightNorm ?? null,
      secondsLeft: secondsLeft ?? null,
      waitsFor: waitsFor ?? null,
      lanes: spent,
      workers: workers(),
    };
    this.#norms = undefined;
    this.history.add(sample);
    this.#options.onSample?.(sample);
    this.#tell({ type: 'sample', run: this.#info.id, sample });
  }

  async #look(): Promise<void> {
    this.#nextLook = Number.POSITIVE_INFINITY;
    const view = await this.#view().catch(() => undefined);
    let normMs = 0;
    if (view && view.step !== this.#seenStep) {
      this.#seenStep = view.step;
      const { trained, gradients } = view;
      const begun = performance.now();
      const gradientNorm = gradients ? norm(gradients) : null;
      this.#norms = { gradientNorm, weightNorm: norm(trained.parameters) };
      normMs = performance.now() - begun;
      this.#tell({ type: 'model', run: this.#info.id, step: view.step });
    }
    const now = performance.now();
    const costMs = (view ? view.pausedMs + STOP_MS : 0) + normMs;
    // The first one, before anything is compiled for it, says nothing of the others.
    const isFirst = this.#lookMs === 0;
    const last = isFirst ? 0 : costMs;
    this.#lookMs += isFirst ? Math.min(costMs, LOOK_ALLOWANCE_MS) : costMs;
    this.#nextLook = now + untilNextLook(now - this.#begunAt, { all: this.#lookMs, last });
  }

  async #view(): Promise<RunView | undefined> {
    if (!this.#info.isLive) return this.#lastView;
    this.#lastView = (await this.#options.run.view()) ?? this.#lastView;
    return this.#lastView;
  }
}

/** L2, over all of them. */
function norm(parameters: Parameters): number {
  let squares = 0;
  for (const { data } of parameters.values()) {
    for (let i = 0; i < data.length; i++) squares += data[i]! * data[i]!;
  }
  return Math.sqrt(squares);
}
