// What is left of the cases when only the working is to be shown: a few batches, and every program once for each kind of work,
// since it is the same in every case. A case that would show nothing new is left out.
import type { Entry, TrainingCase } from './training-case.js';

const STEPS = 4;
/** A network's step is long, and two samples show as well as 64 that it works. */
const NETWORK = { batchSize: 2, steps: 2 } as const;

export function cutDown(cases: readonly TrainingCase[]): TrainingCase[] {
  const shown = new Set<string>();
  const isNew = (key: string): boolean => shown.size < shown.add(key).size;
  return cases.flatMap((training, index) => {
    const { entries, comparisons } = training;
    const ours = entries.filter(({ kernels }) => kernels !== undefined);
    const all = entries.filter(({ kernels }) => kernels === undefined);
    const peers = all.filter((entry) => isNew(keyOf(entry, training)));
    const { data, work } = training;
    const news = [...ours.map(programOf), `data ${data} ${work.loss}`].filter(isNew);
    if (peers.length === 0 && news.length === 0) return [];
    // A program of ours, or data, that was not shown yet is, beside a peer that was.
    if (peers.length === 0) peers.push(...all.slice(0, 1));
    const beside = new Set([...ours, ...peers].map(({ name }) => name));
    const compared = comparisons.filter(({ theirs }) => theirs.some((name) => beside.has(name)));
    // All threads and all kernels in the first case; then the last ones of each kind are enough.
    const lasts = new Map(compared.map((comparison) => [comparison.label, comparison]));
    const kept = index === 0 ? compared : [...lasts.values()];
    const isKept = ({ name }: Entry): boolean =>
      kept.some((comparison) => comparison.ours === name || comparison.theirs.includes(name));
    return [{ ...fewSteps(training), entries: [...ours.filter(isKept), ...peers] }];
  });
}

/** Threads make no other program. */
function programOf({ name }: Entry): string {
  return name.replace(/@.*/, '');
}

function keyOf(entry: Entry, { work }: TrainingCase): string {
  const program = programOf(entry).replace(/(-ddp)-\w+$/, '$1');
  // A form of Adam, or another backend of the same library, is not another one for each kind of work.
  if (/-(foreach|fused|cpu)$/.test(program)) return program;
  return [program, work.loss, work.optimizer, work.network].join(' ');
}

function fewSteps(training: TrainingCase): TrainingCase {
  const { work } = training;
  const isNetwork = work.network !== undefined;
  const batchSize = isNetwork ? NETWORK.batchSize : work.batchSize;
  const steps = isNetwork ? NETWORK.steps : STEPS;
  return {
    ...training,
    work: { ...work, batchSize },
    samples: steps * batchSize,
    learnSteps: steps,
  };
}
