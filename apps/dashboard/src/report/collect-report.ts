// What a report says of runs: all that a server would tell of them, and of what a page would ask for as much as a file has room
// for. What is left out is said in the report itself.
import { LockstepError } from '@lockstep/errors';
import { decodeSafetensors } from '@lockstep/formats';
import type { ClusterEvent } from '@lockstep/trainer';
import type { DatasetInfo, Message, RunInfo, Sample } from '../contract.js';
import type { Feed } from '../server/feed.js';
import { forOthers, hostsOf, textForOthers } from './for-others.js';
import type { ReportData } from './render-report.js';

/** Of weights, a run. */
const MOST_MODEL_BYTES = 2 ** 25;
/** Of samples, a dataset: all test pictures of MNIST, and a third of CIFAR's. */
const MOST_SAMPLE_BYTES = 2 ** 23;

/** What is needed of a run. */
export type ReportedRun = Pick<Feed, 'info' | 'model' | 'samples'> & {
  readonly history: {
    readonly events: readonly ClusterEvent[];
    readonly samples: readonly Sample[];
  };
};

/** What inputs are called that lie in a file as these. */
const TYPES: Readonly<Record<string, DatasetInfo['inputType']>> = {
  U8: 'uint8',
  I32: 'int32',
  F32: 'float32',
};

export interface ReportOptions {
  /** ISO 8601. */
  readonly time: string;
  /** Whether weights and samples are in it; without them there are curves, lanes and configuration. */
  readonly withModels: boolean;
}

/** @param feeds of runs with different ids, in the order in which they are shown */
export async function collectReport(
  feeds: readonly ReportedRun[],
  { time, withModels }: ReportOptions,
): Promise<ReportData> {
  const notes: string[] = [];
  const models: ReportData['models'][number][] = [];
  const samples: Collected[] = [];
  for (const feed of withModels ? feeds : []) {
    const { name } = feed.info;
    await orNote(notes, `The model of ${name}`, async () => {
      const model = await modelOf(feed);
      models.push(model);
    });
    const dataset = usualDataset(feed.info);
    if (dataset === undefined) continue;
    await orNote(notes, `Samples that ${name} is examined with`, async () => {
      await addSamples(samples, feed, dataset, notes);
    });
  }
  return {
    ...{ time, notes, models },
    messages: messagesOf(feeds, models, samples),
    samples: samples.map(({ runs, dataset, bytes }) => ({ runs, dataset, bytes })),
  };
}

type Collected = ReportData['samples'][number] & {
  /** Tells the data apart from others'. */
  readonly data: string;
  readonly runs: string[];
  readonly inputType: DatasetInfo['inputType'];
};

function messagesOf(
  feeds: readonly ReportedRun[],
  models: ReportData['models'],
  samples: readonly Collected[],
): Message[] {
  const runs = feeds.map(({ info }) => asItWas(info, samples));
  const histories = feeds.map(
    ({ info, history: { events, samples } }): Message => ({
      type: 'history',
      run: info.id,
      events: eventsForOthers(events),
      samples: samples.map((sample) => forOthers(sample)),
    }),
  );
  const newest = models.map(({ run, step }): Message => ({ type: 'model', run, step }));
  return [{ type: 'runs', runs }, ...histories, ...newest];
}

/** Nobody can be told anything by a file, whether the run goes on or not; where it lies is of this machine alone. */
function asItWas(info: RunInfo, samples: readonly Collected[]): RunInfo {
  const can = { stop: false, checkpoint: false, dropWorker: false };
  // A record may not say what only a look at the data does.
  const datasets = info.datasets.map((dataset) => {
    const found = samples.find(
      (part) => part.runs.includes(info.id) && part.dataset === dataset.name,
    );
    return { ...dataset, inputType: found?.inputType ?? dataset.inputType };
  });
  return { ...forOthers(info), folder: null, again: null, isLive: false, can, datasets };
}

/** Who gets a report has not these folders, and is to know nothing of these machines. */
function eventsForOthers(events: readonly ClusterEvent[]): ClusterEvent[] {
  const hosts = events.flatMap((event) => (event.event === 'listening' ? hostsOf(event.urls) : []));
  return events.map((event) => forOthers(withoutPath(event), hosts));
}

function withoutPath(event: ClusterEvent): ClusterEvent {
  if (event.event === 'run-end') return { ...event, out: null };
  if (event.event !== 'checkpoint') return event;
  return { ...event, path: event.path.split(/[\\/]/).at(-1)! };
}

async function modelOf(feed: ReportedRun): Promise<ReportData['models'][number]> {
  const model = await feed.model();
  if (model === undefined) throw new LockstepError('config', 'it has none yet');
  if (model.bytes.length > MOST_MODEL_BYTES) {
    throw new LockstepError('config', `it has ${megabytes(model.bytes.length)}`);
  }
  return { run: feed.info.id, ...model };
}

/** Runs with the same data share it. */
async function addSamples(
  collected: Collected[],
  feed: ReportedRun,
  dataset: DatasetInfo,
  notes: string[],
): Promise<void> {
  const { id, name, config } = feed.info;
  const data = String(config['dataset.sha256'] ?? id);
  const shared = collected.find((other) => other.data === data && other.dataset === dataset.name);
  if (shared !== undefined) {
    shared.runs.push(id);
    return;
  }
  const one = await feed.samples(dataset.name, 0, 1);
  if (one === undefined) throw new LockstepError('data', 'nobody has them');
  const { tensors } = decodeSafetensors(one);
  const size = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const most = Math.max(1, Math.floor(MOST_SAMPLE_BYTES / size));
  const count = Math.min(dataset.samples, most);
  const bytes = (await feed.samples(dataset.name, 0, count))!;
  const inputType = TYPES[tensors.get('inputs')!.dtype] ?? null;
  collected.push({ data, runs: [id], dataset: dataset.name, inputType, bytes });
  if (count < dataset.samples) {
    notes.push(
      `Of the ${dataset.samples} samples of "${dataset.name}" of ${name} the first ${count} are in this report.`,
    );
  }
}

/** As the page chooses: what is not learnt from, if there is such a one. */
function usualDataset({ datasets }: RunInfo): DatasetInfo | undefined {
  return datasets.find(({ name }) => name !== 'train') ?? datasets[0];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

async function orNote(notes: string[], what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    notes.push(`${what} cannot be shown here: ${textForOthers(reason)}`);
  }
}
