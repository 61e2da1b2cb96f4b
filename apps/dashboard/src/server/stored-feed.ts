// A run that lies in a folder, or goes on in another process: what its files say. Nothing is written.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { LockstepError, type RunData } from '@lockstep/core';
import { type Datasets, namedDatasets } from '@lockstep/core/internal';
import { type ClusterEvent, loadModel, type RunRecord, readRun } from '@lockstep/trainer';
import type { DatasetInfo, RunInfo, Sample } from '../contract.js';
import { datasetInfo, modelBytes, sampleBytes } from './encode.js';
import type { AtStep, Feed } from './feed.js';
import { flatConfig } from './flat-config.js';
import { History } from './history.js';

/** Samples of a run's way, in its folder. */
export const SAMPLES_FILE = 'samples.jsonl';
const EVENTS_FILE = 'metrics.jsonl';

export interface StoredOptions {
  readonly id: string;
  /** Loads the data that the run began with, for who wants to see samples of it. */
  readonly loadData: () => Promise<RunData>;
}

export class StoredFeed implements Feed {
  readonly history: History;
  readonly info: RunInfo;
  readonly #folder: string;
  readonly #loadData: () => Promise<Datasets>;
  #data: Promise<Datasets> | undefined;

  private constructor(
    folder: string,
    info: RunInfo,
    history: History,
    loadData: () => Promise<Datasets>,
  ) {
    this.#folder = folder;
    this.info = info;
    this.history = history;
    this.#loadData = loadData;
  }

  /** @throws ConfigError if there is no run in the folder */
  static async open(folder: string, { id, loadData }: StoredOptions): Promise<StoredFeed> {
    const record = await readRun(folder);
    const history = await readHistory(folder);
    const info = infoOf(record, folder, id, history.events);
    const load = async (): Promise<Datasets> => namedDatasets('the data', await loadData());
    return new StoredFeed(folder, info, history, load);
  }

  async model(): Promise<AtStep | undefined> {
    const trained = await loadModel(this.#folder);
    return { step: this.#lastStep(), bytes: modelBytes(trained) };
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

  listen(): () => void {
    return () => {};
  }

  #lastStep(): number {
    const steps = this.history.events.flatMap((event) => ('step' in event ? [event.step] : []));
    return Math.max(0, ...steps);
  }
}

/** What a run's folder tells of its way; of lines that are none of ours, or cut, nothing. */
export async function readHistory(folder: string): Promise<History> {
  const history = new History();
  for await (const event of jsonLines<ClusterEvent>(join(folder, EVENTS_FILE))) {
    if (typeof event.event === 'string') history.events.push(event);
  }
  for await (const sample of jsonLines<Sample>(join(folder, SAMPLES_FILE))) {
    const { step, ms, lanes, workers } = sample;
    const isOne = [step, ms].every(Number.isFinite) && [lanes, workers].every(Array.isArray);
    if (isOne) history.add(sample);
  }
  return history;
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

/** Lines that are no JSON are passed over: a process that was killed may have left half of one. */
async function* jsonLines<T>(file: string): AsyncGenerator<T> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) return;
  const lines = createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === 'object' && value !== null) yield value as T;
    } catch {}
  }
}
