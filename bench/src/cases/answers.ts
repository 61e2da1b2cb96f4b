// A trained network that is asked, on one thread: how long one row takes, and how many rows a second many come to. All
// sides have the same weights, take numbers that lie in memory, and give outputs that lie there; the first row's are compared.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Contender, ContenderError } from '../contender.js';
import type { Contenders, LeftOut } from '../contenders.js';
import { writeData } from '../data-files.js';
import type { Settings } from '../settings.js';
import { pairedRatio, type Summary, summarize } from '../statistics.js';
import { tutorial } from '../work.js';

export interface AnswersRow {
  readonly name: string;
  readonly about: string;
  /** Of one row alone. */
  readonly microseconds: Summary;
  readonly atMostMicroseconds?: number;
  readonly rowsPerSecond: Summary;
  /** Ours over this one's, and what that should come to. */
  readonly ratio?: Summary;
  readonly atLeast?: number;
  /** Whether its outputs are ours, but for the order of sums. */
  readonly sameOutputs: boolean;
}

export interface AnswersResult {
  /** Rows that are asked about at once. */
  readonly rows: number;
  readonly contenders: readonly AnswersRow[];
  readonly leftOut: readonly LeftOut[];
}

const ROWS = 10_000;
const AT_MOST_MICROSECONDS = 100;
/** Float32 sums of 784 products of numbers below 1, in another order. */
const TOLERANCE = 1e-4;

interface Measured {
  readonly about: string;
  readonly microseconds: number[];
  readonly rowsPerSecond: number[];
  outputs: readonly number[];
}

export async function measureAnswers(
  who: Contenders,
  settings: Settings,
  folder: string,
): Promise<AnswersResult> {
  const work = tutorial(64);
  const rows = settings.smoke ? 256 : ROWS;
  const { data } = await writeData(join(folder, 'answers'), 'mnist', work, rows);
  const entries = [
    { entry: who.lockstepAnswers() },
    ...who.torchPlain(1).map((entry) => ({ entry, atLeast: 1 })),
    { entry: who.tensorflow('wasm'), atLeast: 3 },
  ];
  const leftOut: LeftOut[] = [];
  const measured = new Map<string, Measured>();
  const contenders: Contender[] = [];
  for (const { entry } of entries) {
    const contender = new Contender(entry.name, entry.launch);
    contenders.push(contender);
    try {
      const { about } = await contender.ask({
        do: 'prepare',
        assignment: { work, data, threads: 1 },
      });
      const { outputs } = await contender.ask({ do: 'answer', rows, calls: 1 });
      measured.set(entry.name, { about, outputs, microseconds: [], rowsPerSecond: [] });
    } catch (error) {
      if (!(error instanceof ContenderError)) throw error;
      leftOut.push({ name: entry.name, reason: error.message });
    }
  }
  const [calls, many] = settings.smoke ? [2, 1] : [1000, 4];
  for (let round = 0; round < settings.rounds; round++) {
    for (const contender of contenders) {
      const found = measured.get(contender.name);
      if (!found) continue;
      const one = await contender.ask({ do: 'answer', rows: 1, calls });
      const all = await contender.ask({ do: 'answer', rows, calls: many });
      found.microseconds.push((1e6 * one.seconds) / calls);
      found.rowsPerSecond.push((rows * many) / all.seconds);
      await sleep(settings.pauseMs);
    }
  }
  await Promise.all(contenders.map((contender) => contender.close()));
  const ours = measured.get(entries[0]!.entry.name);
  return {
    rows,
    leftOut,
    contenders: entries.flatMap(({ entry: { name }, ...promise }) => {
      const found = measured.get(name);
      return found
        ? [rowOf(name, found, ours, 'atLeast' in promise ? promise.atLeast : undefined)]
        : [];
    }),
  };
}

function rowOf(
  name: string,
  { about, microseconds, rowsPerSecond, outputs }: Measured,
  ours: Measured | undefined,
  atLeast: number | undefined,
): AnswersRow {
  return {
    ...{
      name,
      about,
      microseconds: summarize(microseconds),
      rowsPerSecond: summarize(rowsPerSecond),
    },
    ...(atLeast === undefined && { atMostMicroseconds: AT_MOST_MICROSECONDS }),
    ...(atLeast !== undefined &&
      ours && { atLeast, ratio: pairedRatio(ours.rowsPerSecond, rowsPerSecond) }),
    sameOutputs: outputs.every(
      (value, i) => Math.abs(value - (ours ?? { outputs }).outputs[i]!) < TOLERANCE,
    ),
  };
}
