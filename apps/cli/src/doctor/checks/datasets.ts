// Which datasets lie on this machine, and whether they are whole: those that are known to the byte, and the arrays that workers
// have fetched. All that is there is read, as far as time allows.
import { type KnownDataset, knownDatasets } from '@lockstep/data';
import { type KeptArrays, keptArrays } from '@lockstep/worker';
import { formatBinary, plural } from '../../wording.js';
import { type Check, type Judgement, note, ok, together } from '../check.js';
import { cachePlace } from './cache.js';

export const datasets: Check = {
  id: 'datasets',
  title: 'Datasets',
  async look({ env, signal }) {
    const cacheDir = cachePlace(env);
    const known = await seen(knownDatasets({ cacheDir, signal }), signal);
    return judgeDatasets(known, await keptArrays(cacheDir, signal));
  },
};

interface Seen {
  readonly known: readonly KnownDataset[];
  /** There was no time for all of them. */
  readonly isCut: boolean;
}

async function seen(looking: AsyncIterable<KnownDataset>, signal: AbortSignal): Promise<Seen> {
  const known: KnownDataset[] = [];
  try {
    for await (const one of looking) known.push(one);
    return { known, isCut: false };
  } catch (error) {
    if (signal.aborted) return { known, isCut: true };
    throw error;
  }
}

const CUT = 'not all was read: the disk is slow, or much is there';

export function judgeDatasets({ known, isCut }: Seen, arrays: KeptArrays): Judgement {
  const whole = known.flatMap(({ name, source }) => (source ? [`${name} (${source})`] : []));
  const absent = known.flatMap(({ name, source, faults }) =>
    source === undefined && faults.length === 0 ? [name] : [],
  );
  const faults = known.flatMap((one) => one.faults);
  return together(
    ok(whole.length > 0 ? `whole: ${whole.join(', ')}` : 'none is whole here'),
    ...(absent.length > 0 ? [ok(`not here, to be fetched: ${absent.join(', ')}`)] : []),
    ...(faults.length > 0
      ? [
          note(
            faults.join('; '),
            'a run passes them over, and fetches them if they are nowhere else; without a network put whole ones there',
          ),
        ]
      : []),
    ...judgeArrays(arrays),
    ...(isCut || arrays.unread > 0 ? [note(CUT)] : []),
  );
}

function judgeArrays({ whole, bytes, parts, damaged }: KeptArrays): Judgement[] {
  const begun = parts === 0 ? '' : `, ${parts} begun`;
  const kept =
    whole + parts > 0
      ? [
          ok(
            `of runs that this machine worked for: ${plural(whole, 'array')}${begun}, ${formatBinary(bytes)}`,
          ),
        ]
      : [];
  if (damaged.length === 0) return kept;
  return [
    ...kept,
    note(
      `${plural(damaged.length, 'array')} damaged: ${damaged.join(', ')}`,
      'a worker that needs them fetches them again; if there are many, the disk may be failing',
    ),
  ];
}
