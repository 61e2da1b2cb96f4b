// Each worker in numbers: what its time went to in the stretch that the lanes show, and what its coordinator knows of it.
import type { Source, WorkerSample } from '../../contract.js';
import { ActButton } from '../shell/act.js';
import { formatBytes, formatMs, formatNumber, formatShare, UNKNOWN } from '../shell/format.js';
import { type Frame, KINDS } from '../store/lane-history.js';
import type { RunState } from '../store/run-state.js';
import type { Row } from './rows.js';
import { ShareBar } from './share-bar.js';
import { framesIn, sharesOf } from './shares.js';
import type { Stretch } from './window.js';

interface WorkerTableProps {
  readonly run: RunState;
  readonly source: Source;
  readonly isHeard: boolean;
  readonly frames: readonly Frame[];
  readonly rows: readonly Row[];
  readonly stretch: Stretch;
}

export function WorkerTable({ run, source, isHeard, frames, rows, stretch }: WorkerTableProps) {
  const workers = run.latest?.workers ?? [];
  // Of a cluster there is more to say: there the bar says the rest.
  const kinds = workers.length > 0 ? KINDS.slice(0, 1) : KINDS;
  const range = framesIn(frames, stretch.from, stretch.to);
  const canDrop = run.info.can.dropWorker && workers.length > 0;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <section class="scrolls" tabIndex={0} aria-label="Workers in numbers">
      <table class="worker-table">
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">Time in sight</th>
            {kinds.map((kind) => (
              <th scope="col" class="number" key={kind}>
                {kind.charAt(0).toUpperCase() + kind.slice(1)}
              </th>
            ))}
            {workers.length > 0 && <ClusterHeadings />}
            {canDrop && (
              <th scope="col">
                <span class="for-readers">Drop</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const shares = new Float64Array(KINDS.length);
            const time = sharesOf(frames, ...range, row, shares);
            const worker = workers.find(({ name }) => name === row.worker);
            const isWorker = row.threads !== null;
            return (
              <tr key={row.key} class={isWorker ? '' : 'is-thread'}>
                <th scope="row">
                  {isWorker ? row.label : `${row.worker}, ${row.label}`}
                  {isWorker && workers.length > 0 && worker === undefined && ' (gone)'}
                </th>
                <td>{time > 0 && <ShareBar shares={[...shares]} />}</td>
                {kinds.map((kind, k) => (
                  <td class="number" key={kind}>
                    {time > 0 ? formatShare(shares[k]!) : UNKNOWN}
                  </td>
                ))}
                {workers.length > 0 && <ClusterNumbers worker={isWorker ? worker : undefined} />}
                {canDrop && (
                  <td>
                    {isWorker && worker !== undefined && (
                      <ActButton
                        source={source}
                        run={run.info.id}
                        disabled={!isHeard}
                        action={{ do: 'drop-worker', name: worker.name }}
                        label={`Drop ${worker.name}`}
                        confirm={`Drop ${worker.name}`}
                        warning={`Tell ${worker.name} to go? The others take its shards over, and lose no step.`}
                      >
                        Drop
                      </ActButton>
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const HEADINGS = [
  'Threads',
  'Shards',
  'Computing a step',
  'Sending',
  'Waiting',
  'Round trip',
  'Bytes',
];

function ClusterHeadings() {
  return (
    <>
      {HEADINGS.map((heading) => (
        <th scope="col" class="number" key={heading}>
          {heading}
        </th>
      ))}
    </>
  );
}

function ClusterNumbers({ worker }: { readonly worker: WorkerSample | undefined }) {
  const texts = worker === undefined ? HEADINGS.map(() => '') : numbersOf(worker);
  return (
    <>
      {texts.map((text, i) => (
        <td class="number" key={HEADINGS[i]}>
          {text}
        </td>
      ))}
    </>
  );
}

function numbersOf(worker: WorkerSample): string[] {
  const { threads, shards, computeMs, sendMs, waitMs, roundTripMs, bytes } = worker;
  return [
    formatNumber(threads),
    shards === null ? 'none' : `${shards.end - shards.first} (${shards.first}–${shards.end - 1})`,
    formatMs(computeMs),
    formatMs(sendMs),
    formatMs(waitMs),
    formatMs(roundTripMs),
    formatBytes(bytes),
  ];
}
