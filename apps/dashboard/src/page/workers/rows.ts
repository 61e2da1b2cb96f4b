// Which rows the lanes have: one for each worker, and below an opened one a row for each of its threads.
import type { Frame, Lane } from '../store/lane-history.js';

export interface Row {
  readonly key: string;
  readonly label: string;
  readonly worker: string;
  /** Threads that it can be opened to; null for a thread's row. */
  readonly threads: number | null;
  /** What is drawn in it: the lanes' mean. */
  readonly members: readonly string[];
}

export function laneKey({ worker, thread }: Lane): string {
  return `${thread ?? ''}:${worker}`;
}

/** All lanes of the frames, in the order in which they first came. */
export function lanesIn(frames: readonly Frame[]): Lane[] {
  const known = new Map<string, Lane>();
  for (const lanes of new Set(frames.map((frame) => frame.lanes))) {
    for (const lane of lanes) if (!known.has(laneKey(lane))) known.set(laneKey(lane), lane);
  }
  return [...known.values()];
}

/** @param open workers whose threads are shown */
export function rowsOf(lanes: readonly Lane[], open: ReadonlySet<string>): Row[] {
  const workers = [...new Set(lanes.map(({ worker }) => worker))];
  return workers.flatMap((worker) => {
    const own = lanes.filter((lane) => lane.worker === worker);
    const threads = own
      .filter(({ thread }) => thread !== null)
      .sort((a, b) => a.thread! - b.thread!);
    const whole = own.filter(({ thread }) => thread === null);
    const summary: Row = {
      key: `worker ${worker}`,
      label: worker,
      worker,
      threads: threads.length,
      members: (whole.length > 0 ? whole : threads).map(laneKey),
    };
    if (!open.has(worker)) return [summary];
    const rows = threads.map(
      (lane): Row => ({
        key: laneKey(lane),
        label: `thread ${lane.thread}`,
        worker,
        threads: null,
        members: [laneKey(lane)],
      }),
    );
    return [summary, ...rows];
  });
}

/** With few threads all are shown at first, with many only their workers. */
export function openAtFirst(lanes: readonly Lane[]): Set<string> {
  const MANY = 24;
  return new Set(lanes.length > MANY ? [] : lanes.map(({ worker }) => worker));
}
