// Events for people: the course of a run on stderr, its result on stdout.
// It remembers of the events only what later lines repeat; nothing is computed here.
import type { MetricValue, MetricValues } from '@lockstep/core';
import type {
  ClusterEvent,
  EpochEndEvent,
  RunEndEvent,
  RunStartEvent,
  WorkerLostEvent,
} from '@lockstep/trainer';
import { type CommandLine, shortPath } from './command-line.js';
import { diffLines } from './diff/lines.js';
import { findingLines, summaryLine } from './doctor/lines.js';
import { inspectionLines } from './inspection-lines.js';
import { replayLines } from './replay/lines.js';
import type { CommandEvent, EvaluationEvent, ExportEvent, Reporter } from './reporter.js';
import type { Screen } from './screen.js';
import { type CurvePoint, curveLines, curvePoint } from './sparkline.js';
import {
  describeThreadChange,
  formatBytes,
  formatCount,
  formatLoss,
  formatPercent,
  formatSeconds,
  plural,
} from './wording.js';

export interface TextReporterOptions {
  readonly commandLine: CommandLine;
  /** The working folder, from which paths are shown. */
  readonly cwd: string;
}

export class TextReporter implements Reporter {
  readonly #screen: Screen;
  readonly #options: TextReporterOptions;
  #epochs = 0;
  #lastEpoch = 0;
  #startStep = 0;
  /** Since the run last went on. */
  #hasLost = false;
  /** The epochs that were told, by their numbers, for the curves at the end; one that is trained again is told again. */
  readonly #told = new Map<number, CurvePoint>();

  constructor(screen: Screen, options: TextReporterOptions) {
    this.#screen = screen;
    this.#options = options;
  }

  report(event: CommandEvent): void {
    const screen = this.#screen;
    switch (event.event) {
      case 'run-start':
        this.#epochs = event.epochs;
        this.#startStep = event.step;
        screen.err(describeStart(event));
        break;
      case 'epoch-end':
        this.#keep(event);
        screen.err(describeEpoch(event, this.#epochs));
        break;
      case 'warning':
        screen.warn(event.message);
        break;
      case 'worker-lost':
        this.#workerLost(event);
        break;
      case 'threads':
        screen.note(describeThreadChange(event));
        break;
      case 'worker-joined':
        screen.note(`worker ${event.name} joined with ${plural(event.threads, 'thread')}`);
        break;
      case 'generation':
        screen.note(
          `generation ${event.generation}: ${event.members.join(', ')} (${event.topology}), from step ${formatCount(event.step)}`,
        );
        break;
      case 'listening':
        screen.err(`listening on ${event.urls.join(', ')}`);
        break;
      case 'fallback':
        screen.warn(`a star instead of a mesh: ${event.reason}`);
        break;
      case 'redeal':
        screen.note(`dealing the shards anew: ${event.reason}`);
        break;
      case 'without-shards':
        screen.note(`note: ${event.reason}`);
        break;
      case 'recovered':
        screen.note(
          `${this.#hasLost ? 'recovered' : 'going on'} at step ${event.step} after ${formatSeconds(event.ms / 1000)}`,
        );
        this.#hasLost = false;
        break;
      case 'run-end':
        this.#runEnd(event);
        break;
      case 'evaluation':
        this.#evaluation(event);
        break;
      case 'inspected':
        for (const line of inspectionLines(event, screen.outColors)) screen.out(line);
        break;
      case 'exported':
        this.#exported(event);
        break;
      case 'check':
        for (const line of findingLines(event, screen.outColors)) screen.out(line);
        break;
      case 'doctor':
        screen.out(summaryLine(event));
        break;
      case 'report':
        this.#screen.result('file', this.#fileWords(event));
        break;
      case 'error':
        screen.error(event.message);
        break;
      case 'replayed':
        for (const line of replayLines(event, this.#options.cwd, screen.outColors))
          screen.out(line);
        break;
      case 'compared':
        for (const line of diffLines(event, screen.outColors)) screen.out(line);
        break;
      case 'checkpoint':
      case 'digest':
      case 'interrupted':
        break;
    }
  }

  /** Who goes on purpose is no trouble. */
  #workerLost({ name, step, reason, left }: WorkerLostEvent): void {
    if (left) {
      this.#screen.note(
        `worker ${name} has left at step ${step}: ${reason.replace(/^left: /, '')}`,
      );
      return;
    }
    this.#hasLost = true;
    this.#screen.warn(`worker ${name} is lost at step ${step}: ${reason}`);
  }

  recall(events: readonly ClusterEvent[]): void {
    for (const event of events) if (event.event === 'epoch-end') this.#keep(event);
  }

  #keep(event: EpochEndEvent): void {
    this.#lastEpoch = event.epoch;
    if (this.#screen.isLive) this.#told.set(event.epoch, curvePoint(event));
  }

  #runEnd(event: RunEndEvent): void {
    this.#curves();
    const { testAccuracy, testLoss, out } = event;
    if (testAccuracy !== null) {
      const loss = testLoss === null ? '' : ` (test loss ${formatLoss(testLoss)})`;
      this.#screen.result(
        'accuracy',
        this.#screen.outColors.bold(formatPercent(testAccuracy)) + loss,
      );
    } else if (testLoss !== null) {
      this.#screen.result('test loss', formatLoss(testLoss));
    }
    this.#others(event.metrics);
    this.#ending(event);
    this.#screen.result('trained', this.#trained(event));
    this.#screen.result('weights', `sha256 ${event.weightsHash}`);
    if (out === null) return;
    const { commandLine, cwd } = this.#options;
    const folder = shortPath(out, cwd);
    this.#screen.result('folder', folder);
    this.#screen.result('evaluate', commandLine('evaluate', folder));
  }

  /** How many steps, and how long it took: of a run that was over before, nothing now. */
  #trained({ step, seconds, samplesPerSecond }: RunEndEvent): string {
    const steps = plural(step, 'step');
    if (step > 0 && (seconds === 0 || step === this.#startStep))
      return `${steps}, all of them before`;
    const news =
      this.#startStep === 0 ? '' : `, the last ${formatCount(step - this.#startStep)} of them`;
    const speed = samplesPerSecond > 0 ? `, ${formatCount(samplesPerSecond)} samples/s` : '';
    return `${steps}${news} in ${formatSeconds(seconds)}${speed}`;
  }

  /** How its numbers went, where somebody looks. */
  #curves(): void {
    const screen = this.#screen;
    if (!screen.isLive || !screen.hasUnicode) return;
    const epochs = [...this.#told].sort(([a], [b]) => a - b).map(([, point]) => point);
    for (const line of curveLines(epochs, screen.columns, screen.errColors)) screen.err(line);
  }

  /** Why a run ended before its last epoch, and which was the best if that was not the one it ended with. */
  #ending({ stopped, bestEpoch }: RunEndEvent): void {
    if (bestEpoch !== null && bestEpoch !== this.#lastEpoch)
      this.#screen.result('best', `epoch ${formatCount(bestEpoch)}`);
    if (stopped !== 'epochs') this.#screen.result('ended', ENDED[stopped]);
  }

  #evaluation({ loss, accuracy, metrics, samples }: EvaluationEvent): void {
    if (accuracy !== null) {
      this.#screen.result('accuracy', this.#screen.outColors.bold(formatPercent(accuracy)));
    }
    this.#screen.result('loss', formatLoss(loss));
    this.#others(metrics);
    this.#screen.result('samples', formatCount(samples));
  }

  #exported(event: ExportEvent): void {
    this.#screen.result('file', this.#fileWords(event));
    this.#screen.result('weights', `sha256 ${event.weightsHash}`);
  }

  #fileWords({ path, bytes }: { readonly path: string; readonly bytes: number }): string {
    return `${shortPath(path, this.#options.cwd)} (${formatBytes(bytes)})`;
  }

  #others(metrics: MetricValues): void {
    for (const [name, value] of Object.entries(metrics)) {
      if (name === 'loss' || name === 'accuracy') continue;
      for (const [i, line] of describeMetric(value).entries()) {
        this.#screen.result(i === 0 ? name : ' '.repeat(name.length), line);
      }
    }
  }
}

const ENDED: Readonly<Record<Exclude<RunEndEvent['stopped'], 'epochs'>, string>> = {
  patience: 'early: no epoch was better for as long as --patience waits',
  target: 'early: its target is reached',
  asked: 'early: it was asked to',
  time: 'early: its time is over; --resume goes on with it',
};

function describeStart(event: RunStartEvent): string {
  const { dataset, step } = event;
  const test = dataset.test > 0 ? ` + ${formatCount(dataset.test)} for testing` : '';
  return [
    `${step > 0 ? `going on with ${event.run} at step ${formatCount(step)}` : event.run}: ${dataset.name}`,
    `${plural(dataset.train, 'sample')}${test}`,
    plural(event.parameters, 'parameter'),
    `batches of ${formatCount(event.batchSize)} in ${plural(event.shards, 'shard')}`,
    `${plural(event.workers, 'thread')}`,
    `${event.kernels} kernels`,
    `seed ${event.seed}`,
  ].join(', ');
}

function describeEpoch(event: EpochEndEvent, epochs: number): string {
  const width = String(epochs).length;
  const { testLoss, testAccuracy } = event;
  return [
    `epoch ${String(event.epoch).padStart(width)}/${epochs}`,
    `train loss ${formatLoss(event.trainLoss)}`,
    ...(testLoss === null ? [] : [`test loss ${formatLoss(testLoss)}`]),
    ...(testAccuracy === null ? [] : [`test accuracy ${formatPercent(testAccuracy)}`]),
    ...otherNumbers(event.metrics).map(([name, value]) => `${name} ${formatLoss(value)}`),
    formatSeconds(event.seconds),
    `${formatCount(event.samplesPerSecond)} samples/s`,
  ].join('  ');
}

/** A number or a list of them is one line; of a matrix, which holds counts, each row is one. */
function describeMetric(value: MetricValue): string[] {
  if (typeof value === 'number') return [formatLoss(value)];
  if (!isList(value)) return [JSON.stringify(value)];
  if (!value.some(isList)) return [value.flatMap(describeMetric).join('  ')];
  const width = Math.max(...value.flat().map((count) => String(count).length));
  return value.map((row) =>
    [row]
      .flat()
      .map((count) => String(count).padStart(width))
      .join('  '),
  );
}

function isList(value: MetricValue): value is readonly MetricValue[] {
  return Array.isArray(value);
}

/** The metrics that are single numbers, besides the test data's loss and accuracy, which are told by themselves. */
function otherNumbers(metrics: MetricValues): [name: string, value: number][] {
  return Object.entries(metrics).flatMap(([name, value]): [string, number][] =>
    typeof value === 'number' && name !== 'loss' && name !== 'accuracy' ? [[name, value]] : [],
  );
}
