// What threads and workers have done between two looks, as the page shows it.
import type { ClusterRun } from '@lockstep/coordinator';
import { type LaneSample, NOTHING, type Spent, type WorkerSample } from '@lockstep/dashboard';
import type { ClusterEvent, ThreadLane, TrainingRun } from '@lockstep/trainer';

/** What is on the lanes of a run on this machine's threads. */
export const THIS_MACHINE = 'this machine';

/** Of threads, which keep account: what came since the last call. */
export function threadLanes(run: Pick<TrainingRun, 'lanes'>): () => LaneSample[] {
  let before: readonly ThreadLane[] = [];
  return () => {
    const now = run.lanes;
    const lanes = now.map((lane) => {
      const last = before[lane.thread];
      const since = (what: Exclude<keyof ThreadLane, 'thread'>): number =>
        Math.max(0, lane[what] - (last?.[what] ?? 0));
      const spent = {
        ...NOTHING,
        computing: since('computing'),
        waiting: since('waiting'),
        resting: since('resting'),
        evaluating: since('evaluating'),
      };
      return { worker: THIS_MACHINE, thread: lane.thread, spent };
    });
    before = now;
    return lanes;
  };
}

/** Of a cluster's workers, which tell what a step takes them on average. */
export class ClusterLanes {
  readonly #run: Pick<ClusterRun, 'workers'>;
  /** Steps that were lost with a generation are computed again. */
  #isRedoing = false;

  constructor(run: Pick<ClusterRun, 'workers'>) {
    this.#run = run;
  }

  hear(event: ClusterEvent): void {
    if (event.event === 'worker-lost' && !event.left) this.#isRedoing = true;
    if (event.event === 'recovered') this.#isRedoing = false;
  }

  since(ms: number): LaneSample[] {
    return this.#run.workers.map(({ name, doing, computeMs, sendMs, waitMs }) => {
      const all = (spent: Partial<Spent>): LaneSample => ({
        ...{ worker: name, thread: null },
        spent: { ...NOTHING, ...spent },
      });
      const stepMs = (computeMs ?? 0) + (sendMs ?? 0) + (waitMs ?? 0);
      const share = (part = 0): number => (ms * part) / stepMs;
      if (doing === 'evaluating') return all({ evaluating: ms });
      if (doing === 'idle') return all({ resting: ms });
      // Of no step there is no mean yet.
      if (doing !== 'training' || !(stepMs > 0)) return all({ waiting: ms });
      const computing = share(computeMs);
      const rest = { sending: share(sendMs), waiting: share(waitMs) };
      return all(this.#isRedoing ? { ...rest, redoing: computing } : { ...rest, computing });
    });
  }

  workers(): WorkerSample[] {
    return this.#run.workers.map((worker) => ({
      name: worker.name,
      threads: worker.threads,
      shards: worker.shards ?? null,
      computeMs: worker.computeMs ?? null,
      sendMs: worker.sendMs ?? null,
      waitMs: worker.waitMs ?? null,
      roundTripMs: worker.roundTripMs ?? null,
      bytes: worker.bytes ?? null,
    }));
  }
}
