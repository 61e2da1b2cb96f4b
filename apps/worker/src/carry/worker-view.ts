// What a worker does or waits for, in words: for a line on a terminal at once, and as an event once it has lasted. It looks
// at the decisions and at what is carried out, and changes neither.

import type { WorkerPhase } from '../decide/standing.js';
import type { Worker } from '../decide/worker.js';
import type { FetchProgress } from './dataset-cache.js';
import { type Activity, StatusTeller } from './status-teller.js';
import type { WorkerStatus } from './worker-event.js';

export interface WorkerViewOptions {
  /** The coordinator, for people. */
  readonly where: string;
  /** Hears of every other standing. */
  readonly onStatus: ((status: WorkerStatus) => void) | undefined;
  /** Hears of what it does once that has lasted. */
  readonly onDoing: (doing: string) => void;
}

const WAITING: Partial<Record<WorkerPhase, string>> = {
  idle: 'waiting for the coordinator to form a generation',
  pausing: 'stopping for a new generation',
  paused: 'waiting for the other workers to stop',
  preparing: 'preparing the generation',
  standing: 'waiting for the coordinator',
  following: 'coming after the others, without shards yet',
  evaluating: 'evaluating',
  stuck: 'waiting for the next generation',
};

export class WorkerView {
  readonly #options: WorkerViewOptions;
  readonly #teller: StatusTeller;
  #worker: Worker | undefined;
  #fetching: FetchProgress | undefined;
  #trouble: string | undefined;
  #pace: WorkerStatus['pace'];
  #toldDoing = '';
  /** Why it has ended. */
  #ended: string | undefined;

  constructor(options: WorkerViewOptions) {
    this.#options = options;
    this.#teller = new StatusTeller(options.onDoing);
  }

  get status(): WorkerStatus {
    const worker = this.#worker?.status;
    return {
      doing: this.#doing(),
      run: worker?.run,
      generation: worker?.generation ?? 0,
      members: worker?.members ?? 0,
      step: worker?.step,
      steps: worker?.steps,
      pace: this.#pace,
    };
  }

  watch(worker: Worker): void {
    this.#worker = worker;
  }

  fetching(progress: FetchProgress): void {
    this.#fetching = progress;
    this.tell();
  }

  forgetFetching(): void {
    this.#fetching = undefined;
  }

  /** @param reason why there is no link; undefined when there is one */
  trouble(reason: string | undefined): void {
    this.#trouble = reason;
  }

  pace({ computeMs, sendMs, waitMs, loss }: NonNullable<WorkerStatus['pace']>): void {
    this.#pace = { computeMs, sendMs, waitMs, loss };
    this.#toldDoing = '';
  }

  /** What it did is told once more, should it do so again. */
  forgetDoing(): void {
    this.#teller.forget();
  }

  end(reason: string): void {
    this.#ended = reason;
    this.#teller.take(undefined);
  }

  tell(): void {
    this.#teller.take(this.#ended === undefined ? this.#activity() : undefined);
    const { onStatus } = this.#options;
    if (!onStatus) return;
    const { status } = this;
    if (status.doing === this.#toldDoing) return;
    this.#toldDoing = status.doing;
    onStatus(status);
  }

  #doing(): string {
    if (this.#ended !== undefined) return this.#ended;
    const activity = this.#activity();
    if (activity) return [activity.doing, activity.detail].filter((text) => text !== '').join(': ');
    return this.#trouble
      ? `not connected: ${this.#trouble}`
      : `connecting to ${this.#options.where}`;
  }

  /** What it does for a coordinator; undefined without one. */
  #activity(): Activity | undefined {
    const worker = this.#worker?.status;
    if (!worker?.isConnected) return undefined;
    const plain = (doing: string): Activity => ({ doing, detail: '' });
    if (this.#worker!.isLeaving)
      return plain('leaving: the coordinator takes what only this worker holds');
    if (worker.run === undefined) return plain('waiting for the coordinator to describe the run');
    if (!worker.isReady) {
      const { name, bytes, totalBytes } = this.#fetching ?? { name: '', bytes: 0, totalBytes: 0 };
      if (bytes === totalBytes) return plain('preparing data and threads');
      return { doing: `fetching ${name}`, detail: `${Math.floor((100 * bytes) / totalBytes)}%` };
    }
    return plain(WAITING[worker.phase] ?? 'training');
  }
}
