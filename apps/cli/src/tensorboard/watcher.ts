// `--tensorboard`: what a run tells, and its weights, become events in a file of its own. One that is resumed begins another
// file in the same folder, and TensorBoard draws them as one run.
// Invariant: a watcher's: a disk that is full, or whatever else goes wrong here, is one warning, and the end of the file.
import type { EpochView, Graph, Parameters } from '@lockstep/core';
import { weightPictures } from '@lockstep/core/internal';
import { encodePicture, type Picture } from '@lockstep/data';
import {
  type EventProto,
  type HparamValue,
  histogramOf,
  hparamsValue,
  type ImageProto,
  type SummaryValueProto,
} from '@lockstep/formats/tensorboard';
import {
  type ClusterEvent,
  type EpochEndEvent,
  loadRunWeights,
  type RunRecord,
  type RunStartEvent,
  readRun,
} from '@lockstep/trainer';
import { shortPath } from '../command-line.js';
import type { Session } from '../session.js';
import { eventFilesIn } from '../tensorboard-option.js';
import type { Watched, Watcher } from '../watcher.js';
import { drawTable, drawWeights } from './draw.js';
import { EventFile, type OpenFile } from './event-file.js';
import { experimentOf, hyperParameters } from './hyper-parameters.js';
import { networkGraph } from './network-graph.js';
import { learningRates, metricScalars, type Scalar, tablesOf } from './scalars.js';

/** Within an epoch the loss is looked at so often. */
const LOOK_EVERY_MS = 1000;

export interface TensorboardPlace {
  readonly folder: string;
  /** The run's folder. */
  readonly out: string;
  /** For tests that break it. */
  readonly openFile?: OpenFile;
}

/** What is known from the run's first event on. */
interface Begun {
  readonly file: EventFile;
  readonly record: RunRecord;
  readonly hparams: Readonly<Record<string, HparamValue>>;
}

export class TensorboardWatcher implements Watcher {
  readonly name = '--tensorboard';
  readonly #place: TensorboardPlace;
  readonly #session: Pick<Session, 'screen' | 'now' | 'cwd'>;
  #run: Pick<Watched, 'progress'> | undefined;
  #begun: Begun | undefined;
  #hasFailed = false;
  #hasExperiment = false;
  #timer: NodeJS.Timeout | undefined;
  /** The last step whose loss was told. */
  #lookedAt = 0;

  constructor(place: TensorboardPlace, session: Pick<Session, 'screen' | 'now' | 'cwd'>) {
    this.#place = place;
    this.#session = session;
  }

  begin(run: Pick<Watched, 'progress'>): void {
    this.#run = run;
  }

  async onEvent(event: ClusterEvent): Promise<void> {
    if (event.event === 'run-start') await this.#attempt(() => this.#start(event));
    if (event.event === 'epoch-end') await this.#told((begun) => this.#endEpoch(event, begun));
    if (event.event === 'run-end') {
      const endTimeSecs = secondsAt(event.time);
      const value = hparamsValue({ sessionEndInfo: { status: 'success', endTimeSecs } });
      await this.#told(() => [{ wallTime: endTimeSecs, step: event.step, summary: [value] }]);
    }
  }

  async onEpoch({ step, parameters }: EpochView): Promise<void> {
    await this.#told(async ({ record }) => [await this.#weights(step, parameters, record)]);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const closing = this.#begun?.file.close();
    if (closing) await this.#attempt(() => closing);
    // Of a file that could not be written nothing more is expected.
    await closing?.catch(() => {});
  }

  async #start(event: RunStartEvent): Promise<void> {
    const { folder, out, openFile } = this.#place;
    const wallTime = secondsAt(event.time);
    const record = await readRun(out);
    const hparams = { ...hyperParameters(record, out), parameters: event.parameters };
    const isFirst = (await eventFilesIn(folder)).length === 0;
    const file = await EventFile.create(folder, wallTime, openFile);
    this.#begun = { file, record, hparams };
    const { step } = event;
    if (isFirst) {
      const session = hparamsValue({ sessionStartInfo: { hparams, startTimeSecs: wallTime } });
      const graphDef = networkGraph(record.config.graph);
      await file.append([
        { wallTime, step, summary: [session] },
        { wallTime, step, graphDef },
      ]);
    } else {
      // The step itself, which is saved, was told of; what came after it comes again.
      await file.append([{ wallTime, step: step + 1, sessionLog: 'start' }]);
    }
    if (isFirst && step === 0) {
      const { parameters } = await loadRunWeights(out);
      await file.append([await this.#weights(0, parameters, record)]);
    }
    this.#lookedAt = step;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    const shown = shortPath(folder, this.#session.cwd);
    this.#session.screen.note(`note: for TensorBoard: tensorboard --logdir ${shown}`);
  }

  /** Tells the loss of the step that the run is at. A clock calls it, so no two runs tell of the same steps. */
  look(): void {
    const progress = this.#run?.progress();
    if (progress?.loss === undefined || progress.step <= this.#lookedAt) return;
    const { step, loss } = progress;
    this.#lookedAt = step;
    void this.#told(({ record: { config } }) => {
      const scalars: Scalar[] = [['loss/batch', loss], ...learningRates(config, step)];
      return [this.#now(step, scalars.map(scalarValue))];
    });
  }

  async #endEpoch(event: EpochEndEvent, { record, hparams }: Begun): Promise<EventProto[]> {
    const { step, time, samplesPerSecond } = event;
    const wallTime = secondsAt(time);
    const metrics = metricScalars(event, record);
    const scalars: Scalar[] = [...metrics];
    if (this.#lookedAt < step) scalars.push(...learningRates(record.config, step));
    this.#lookedAt = step;
    // Of an epoch that an earlier process trained, nobody knows it.
    if (samplesPerSecond > 0) scalars.push(['samples-per-second', samplesPerSecond]);
    const tables = tablesOf(event.metrics, record).map(async ([tag, table]) => ({
      tag,
      image: await imageOf(drawTable(table)),
    }));
    const summary: SummaryValueProto[] = [
      ...scalars.map(scalarValue),
      ...(await Promise.all(tables)),
      // What is compared is known when it is told first.
      ...(this.#hasExperiment ? [] : [experimentValue(hparams, metrics, wallTime)]),
    ];
    this.#hasExperiment = true;
    return [{ wallTime, step, summary }];
  }

  async #weights(
    step: number,
    parameters: Parameters,
    { config: { graph }, dataset: { traits } }: RunRecord,
  ): Promise<EventProto> {
    const drawn = weightPictures(graph, traits?.inputShape ?? []);
    const pictures = drawn.map(async (weights) => ({
      tag: `filters/${weights.parameter}`,
      image: await imageOf(drawWeights(parameters.get(weights.parameter)!.data, weights)),
    }));
    return this.#now(step, [...histogramsOf(graph, parameters), ...(await Promise.all(pictures))]);
  }

  #now(step: number, summary: readonly SummaryValueProto[]): EventProto {
    return { wallTime: this.#session.now().getTime() / 1000, step, summary };
  }

  /** Writes what there is to tell; nothing before the run has begun, or after something went wrong. */
  async #told(
    events: (begun: Begun) => readonly EventProto[] | Promise<readonly EventProto[]>,
  ): Promise<void> {
    const begun = this.#begun;
    if (begun) await this.#attempt(async () => begun.file.append(await events(begun)));
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#hasFailed) return;
    try {
      await work();
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      clearInterval(this.#timer);
      const { message } = error as Error;
      const folder = shortPath(this.#place.folder, this.#session.cwd);
      this.#session.screen.warn(`--tensorboard ${folder}: ${message}; the run goes on without it`);
    }
  }
}

function scalarValue([tag, simpleValue]: Scalar): SummaryValueProto {
  return { tag, simpleValue };
}

function experimentValue(
  hparams: Readonly<Record<string, HparamValue>>,
  metrics: readonly Scalar[],
  wallTime: number,
): SummaryValueProto {
  const tags = metrics.map(([tag]) => tag);
  return hparamsValue({ experiment: experimentOf(hparams, tags, wallTime) });
}

function histogramsOf({ parameters: all }: Graph, values: Parameters): SummaryValueProto[] {
  return all.map(({ name }) => ({
    tag: `parameters/${name}`,
    histo: histogramOf(values.get(name)!.data),
  }));
}

async function imageOf(picture: Picture): Promise<ImageProto> {
  const { width, height, channels: colorspace } = picture;
  return { width, height, colorspace, encodedImageString: await encodePicture(picture) };
}

/** Seconds since 1970. @param time ISO 8601 */
function secondsAt(time: string): number {
  return Date.parse(time) / 1000;
}
