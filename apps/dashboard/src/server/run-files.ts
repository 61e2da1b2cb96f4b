// What a run's folder tells of its way, from one look to the next: events and samples.
// Invariant: what is none of ours, as another version's or somebody else's lines, is passed over.
import { join } from 'node:path';
import type { ClusterEvent } from '@lockstep/trainer';
import type { Sample } from '../contract.js';
import { GrowingLines } from './growing-lines.js';
import { History } from './history.js';

/** Samples of a run's way, in its folder. */
export const SAMPLES_FILE = 'samples.jsonl';
const EVENTS_FILE = 'metrics.jsonl';

export interface Added {
  readonly events: readonly ClusterEvent[];
  readonly samples: readonly Sample[];
  /** Whether what was told before counts no longer: this is all there is. */
  readonly isAnew: boolean;
}

export class RunFiles {
  readonly #folder: string;
  #events: GrowingLines;
  #samples: GrowingLines;

  constructor(folder: string) {
    this.#folder = folder;
    [this.#events, this.#samples] = this.#open();
  }

  /** What was added since the last call. */
  async added(): Promise<Added> {
    const [events, samples] = [await this.#events.read(), await this.#samples.read()];
    if (events.isAnew !== samples.isAnew) {
      // They belong together: the other one is read once more.
      [this.#events, this.#samples] = this.#open();
      return { ...(await this.added()), isAnew: true };
    }
    return {
      events: events.objects.filter(isEvent),
      samples: samples.objects.filter(isSample),
      isAnew: events.isAnew,
    };
  }

  #open(): [events: GrowingLines, samples: GrowingLines] {
    const [events, samples] = [EVENTS_FILE, SAMPLES_FILE].map(
      (name) => new GrowingLines(join(this.#folder, name)),
    );
    return [events!, samples!];
  }
}

/** What a run's folder tells of its way so far. */
export async function readHistory(folder: string): Promise<History> {
  return historyOf(await new RunFiles(folder).added());
}

/** The events alone. */
export async function readEvents(folder: string): Promise<ClusterEvent[]> {
  const { objects } = await new GrowingLines(join(folder, EVENTS_FILE)).read();
  return objects.filter(isEvent);
}

export function historyOf({ events, samples }: Pick<Added, 'events' | 'samples'>): History {
  const history = new History();
  for (const event of events) history.events.push(event);
  for (const sample of samples) history.add(sample);
  return history;
}

/** Digests come many times a second, for whoever computes the run again: nobody who looks on wants them. */
function isEvent(object: object): object is ClusterEvent {
  const { event } = object as Partial<ClusterEvent>;
  return typeof event === 'string' && event !== 'digest';
}

function isSample(object: object): object is Sample {
  const { step, ms, lanes, workers } = object as Partial<Sample>;
  return [step, ms].every(Number.isFinite) && [lanes, workers].every(Array.isArray);
}
