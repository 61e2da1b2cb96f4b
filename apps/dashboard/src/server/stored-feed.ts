// A run that lies in a folder, over or going on in another process: what its files say, and what is added to them while somebody
// looks. Nothing is written, and the process that trains it is asked for nothing.
import { basename } from 'node:path';
import { LockstepError, type RunData } from '@lockstep/core';
import { type Datasets, namedDatasets } from '@lockstep/core/internal';
import {
  ClaimWatch,
  type ClusterEvent,
  loadModel,
  type RunRecord,
  readRun,
} from '@lockstep/trainer';
import type { DatasetInfo, Message, RunInfo } from '../contract.js';
import { datasetInfo, modelBytes, sampleBytes } from './encode.js';
import type { AtStep, Feed, Listener } from './feed.js';
import { flatConfig } from './flat-config.js';
import type { History } from './history.js';
import { type Added, historyOf, RunFiles } from './run-files.js';

/** From one look at the folder to the next: of a run that goes on, and of one that does not. */
const LOOK_MS = { live: 500, still: 3000 } as const;

export interface StoredOptions {
  readonly id: string;
  /** Loads the data that the run began with, for who wants to see samples of it. */
  readonly loadData: () => Promise<RunData>;
}

export class StoredFeed implements Feed {
  readonly #folder: string;
  readonly #loadData: () => Promise<Datasets>;
  readonly #files: RunFiles;
  readonly #claim: ClaimWatch;
  readonly #listeners = new Set<Listener>();
  #info: RunInfo;
  #history: History;
  #data: Promise<Datasets> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    { folder, info, added }: { folder: string; info: RunInfo; added: Added },
    files: RunFiles,
    claim: ClaimWatch,
    loadData: () => Promise<Datasets>,
  ) {
    this.#folder = folder;
    this.#info = info;
    this.#history = historyOf(added);
    this.#files = files;
    this.#claim = claim;
    this.#loadData = loadData;
  }

  /** @throws ConfigError if there is no run in the folder */
  static async open(folder: string, { id, loadData }: StoredOptions): Promise<StoredFeed> {
    const record = await readRun(folder);
    const files = new RunFiles(folder);
    const added = await files.added();
    const claim = new ClaimWatch(folder);
    const isLive = (await claim.look()) !== undefined;
    const info = { ...infoOf(record, folder, id, added.events), isLive };
    const load = async (): Promise<Datasets> => namedDatasets('the data', await loadData());
    return new StoredFeed({ folder, info, added }, files, claim, load);
  }

  get info(): RunInfo {
    return this.#info;
  }

  get history(): History {
    return this.#history;
  }

  /** Gives it another name, where that tells it from others. */
  rename(name: string): void {
    this.#info = { ...this.#info, name };
  }

  async model(): Promise<AtStep | undefined> {
    const step = modelStep(this.#history.events);
    // One that goes on will have one; of one that does not it is told what is missing.
    if (step === undefined && this.#info.isLive) return undefined;
    const trained = await loadModel(this.#folder);
    return { step: step ?? 0, bytes: modelBytes(trained) };
  }

  async gradients(): Promise<undefined> {}

  async samples(name: string, first: number, count: number): Promise<Uint8Array | undefined> {
    this.#data ??= this.#loadData();
    const data = await this.#data;
    const dataset = Object.hasOwn(data, name) ? data[name] : undefined;
    return dataset && sampleBytes(dataset, first, count);
  }

  async act(): Promise<never> {
    throw new LockstepError('refused', 'the run does not go on here: there is nobody to ask');
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#timer ??= this.#lookLater();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Looks at the folder now. What it cannot read now it may read the next time. */
  async look(): Promise<void> {
    const added = await this.#files.added();
    const isLive = (await this.#claim.look()) !== undefined;
    this.#take(added);
    if (isLive === this.#info.isLive) return;
    this.#info = { ...this.#info, isLive };
    for (const { onInfo } of this.#listeners) onInfo();
  }

  #lookLater(): NodeJS.Timeout {
    const ms = this.#info.isLive ? LOOK_MS.live : LOOK_MS.still;
    const timer = setTimeout(async () => {
      await this.look().catch(() => {});
      // Whoever has stopped and begun to listen meanwhile has a timer of its own.
      if (this.#timer === timer) this.#timer = this.#lookLater();
    }, ms);
    return timer.unref();
  }

  #take(added: Added): void {
    const { events, samples, isAnew } = added;
    const run = this.#info.id;
    const before = modelStep(this.#history.events);
    if (isAnew) {
      this.#history = historyOf(added);
      const { events, samples } = this.#history;
      this.#tell({ type: 'history', run, events, samples });
    } else {
      for (const sample of samples) {
        this.#history.add(sample);
        this.#tell({ type: 'sample', run, sample });
      }
      for (const event of events) {
        this.#history.events.push(event);
        this.#tell({ type: 'event', run, event });
      }
    }
    const step = modelStep(this.#history.events);
    if (step !== undefined && step !== before) this.#tell({ type: 'model', run, step });
  }

  #tell(message: Message): void {
    for (const { hear } of this.#listeners) hear(message);
  }
}

/** The step of the newest model that the folder has: the end's, or of the newest checkpoint. */
function modelStep(events: readonly ClusterEvent[]): number | undefined {
  const saved = events.findLast(({ event }) => event === 'checkpoint' || event === 'run-end');
  return saved && 'step' in saved ? saved.step : undefined;
}

function infoOf(
  { run, config, dataset, arithmetic, created }: RunRecord,
  folder: string,
  id: string,
  events: readonly ClusterEvent[],
): RunInfo {
  const isCluster = events.some(({ event }) => event === 'listening');
  const { traits, ...data } = dataset;
  return {
    id,
    name: run || basename(folder),
    folder,
    command: isCluster ? 'coordinator' : 'train',
    isLive: false,
    can: { stop: false, checkpoint: false, dropWorker: false },
    config: flatConfig(config, { dataset: data, arithmetic, created }),
    datasets: traits ? datasetsOf(dataset, traits) : [],
  };
}

/** Of the two that the record tells of; others can be asked for by those who know their names. */
function datasetsOf(
  { train, test }: RunRecord['dataset'],
  traits: NonNullable<RunRecord['dataset']['traits']>,
): DatasetInfo[] {
  const counts = Object.entries({ train, test });
  return counts.flatMap(([name, samples]) =>
    samples > 0 ? [datasetInfo(name, { ...traits, samples })] : [],
  );
}
