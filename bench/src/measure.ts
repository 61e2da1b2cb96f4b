// Measures one case of training: all contenders are started, warmed up and kept, and then take turns, slice by
// slice, round by round. Ratios are of slices of the same round.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contender, ContenderError } from './contender.js';
import type { LeftOut } from './contenders.js';
import { writeData } from './data-files.js';
import type { Floors } from './floors/floors.js';
import { type StepFloor, stepFloor } from './floors/step-floor.js';
import { coresBusyWithOthers } from './others.js';
import type { Learned, Prepared } from './protocol.js';
import type { Settings } from './settings.js';
import { learnsTheSame, pairedRatio, type Summary, summarize } from './statistics.js';
import type { Comparison, Entry, TrainingCase } from './training-case.js';
import type { Assignment, Work } from './work.js';

export interface ContenderResult {
  readonly name: string;
  readonly about: string;
  readonly threads: number;
  /** What computed, as the run names it; undefined for a peer. */
  readonly kernels: string | undefined;
  /** By round. */
  readonly samplesPerSecond: readonly number[];
  readonly summary: Summary;
  /** Mean loss over the steps that all took from the same weights. */
  readonly loss: number;
  readonly peakBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly arenaBytes: number | undefined;
  /** Ours: the least time of a step, and the share of the time that it is. */
  readonly floor: (StepFloor & { readonly share: number }) | undefined;
}

export interface ComparisonResult extends Comparison {
  /** What computed ours, as the run names it. */
  readonly computedBy: string;
  /** The one of `theirs` that was the fastest. */
  readonly against: string;
  readonly ratio: Summary;
  readonly sameLoss: boolean;
}

export interface TrainingResult {
  readonly name: string;
  readonly title: string;
  readonly work: Work;
  readonly samples: number;
  /** The share of the inputs that is not zero. */
  readonly density: number;
  readonly learnSteps: number;
  readonly contenders: readonly ContenderResult[];
  readonly comparisons: readonly ComparisonResult[];
  readonly leftOut: readonly LeftOut[];
  /** Cores that something else kept busy, looked at once a round; undefined where nothing is measured. */
  readonly othersBusy: Summary | undefined;
}

interface Ready {
  readonly entry: Entry;
  readonly contender: Contender;
  readonly prepared: Prepared;
  readonly learned: Learned;
  readonly sliceSteps: number;
  readonly rates: number[];
}

/** Starts a contender and brings it to its full speed. */
async function makeReady(
  entry: Entry,
  assignment: Assignment,
  learnSteps: number,
  settings: Settings,
): Promise<Ready> {
  const contender = new Contender(entry.name, entry.launch);
  try {
    const prepared = await contender.ask({ do: 'prepare', assignment });
    const learned = await contender.ask({ do: 'learn', steps: learnSteps });
    let ran = await contender.ask({ do: 'run', steps: settings.probeSteps });
    let warm = 0;
    while (warm < settings.warmSeconds) {
      const steps = stepsFor(settings.sliceSeconds / 2, ran);
      ran = await contender.ask({ do: 'run', steps });
      warm += ran.seconds;
    }
    const sliceSteps = stepsFor(settings.sliceSeconds, ran);
    return { entry, contender, prepared, learned, sliceSteps, rates: [] };
  } catch (error) {
    await contender.close();
    throw error;
  }
}

function stepsFor(seconds: number, ran: { steps: number; seconds: number }): number {
  return Math.max(1, Math.round((seconds * ran.steps) / ran.seconds));
}

export async function measureTraining(
  training: TrainingCase,
  settings: Settings,
  floors: Floors,
  folder: string,
  progress: (line: string) => void,
): Promise<TrainingResult> {
  const { work, learnSteps } = training;
  const place = join(folder, training.name);
  const { data, density } = await writeData(place, training.data, work, training.samples);
  const ready: Ready[] = [];
  const leftOut: LeftOut[] = [];
  const admit = async (entry: Entry): Promise<void> => {
    progress(`${training.name}: ${entry.name} gets ready`);
    try {
      const assignment = { work, data, threads: entry.threads };
      ready.push(await makeReady(entry, assignment, learnSteps, settings));
    } catch (error) {
      if (!(error instanceof ContenderError)) throw error;
      leftOut.push({ name: entry.name, reason: error.message });
    }
  };
  // Warming up is measuring too, so one at a time, unless nothing is measured.
  if (settings.smoke) await Promise.all(training.entries.map(admit));
  else for (const entry of training.entries) await admit(entry);
  const contenders: ContenderResult[] = [];
  const busy: number[] = [];
  try {
    for (let round = 0; round < settings.rounds; round++) {
      progress(`${training.name}: round ${round + 1} of ${settings.rounds}`);
      if (!settings.smoke) busy.push(await coresBusyWithOthers());
      for (const { contender, sliceSteps, rates } of ready) {
        const { steps, seconds } = await contender.ask({ do: 'run', steps: sliceSteps });
        rates.push((steps * work.batchSize) / seconds);
        await sleep(settings.pauseMs);
      }
    }
  } finally {
    for (const { entry, contender, prepared, learned, rates } of ready) {
      const peakBytes = await contender.close();
      if (rates.length === 0) continue;
      const summary = summarize(rates);
      const inputBytes = data.inputs === 'u8' ? 1 : 4;
      const { loss, kernels } = learned;
      const floor =
        kernels === undefined
          ? undefined
          : stepFloor(work, density, inputBytes, entry.threads, kernels, floors);
      const stepSeconds = work.batchSize / summary.median;
      contenders.push({
        name: entry.name,
        about: prepared.about,
        threads: entry.threads,
        kernels,
        samplesPerSecond: rates,
        summary,
        loss,
        peakBytes,
        memoryBytes: prepared.memoryBytes,
        arenaBytes: prepared.arenaBytes,
        floor: floor && { ...floor, share: floor.seconds / stepSeconds },
      });
    }
  }
  const { name, title, samples } = training;
  const comparisons = training.comparisons.flatMap((comparison) => compare(comparison, contenders));
  const othersBusy = busy.length > 0 ? summarize(busy) : undefined;
  return {
    ...{ name, title, work, samples, density, learnSteps },
    ...{ contenders, comparisons, leftOut, othersBusy },
  };
}

/** @returns nothing if a side is missing */
function compare(
  comparison: Comparison,
  contenders: readonly ContenderResult[],
): ComparisonResult[] {
  const ours = contenders.find(({ name }) => name === comparison.ours);
  const theirs = contenders.filter(({ name }) => comparison.theirs.includes(name));
  if (!ours || theirs.length === 0) return [];
  const best = theirs.reduce((a, b) => (b.summary.median > a.summary.median ? b : a));
  return [
    {
      ...comparison,
      computedBy: ours.kernels!,
      against: best.name,
      ratio: pairedRatio(ours.samplesPerSecond, best.samplesPerSecond),
      sameLoss: learnsTheSame(ours.loss, best.loss),
    },
  ];
}
