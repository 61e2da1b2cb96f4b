// Where the run stands, in one row, and what it can be told.
import type { Source } from '../../contract.js';
import { ActButton } from '../shell/act.js';
import { formatDuration, formatNumber, formatShare } from '../shell/format.js';
import type { RunState } from '../store/run-state.js';
import { newest, type Standing, type Summary } from './summary.js';
import { WeightsHash } from './weights-hash.js';

const WORDS: Readonly<Record<Standing, string>> = {
  waiting: 'Waiting',
  training: 'Training',
  ended: 'Ended',
  failed: 'Failed',
  stopped: 'Stopped',
  open: 'No end on record',
  unknown: 'Unknown',
};

/** What says how it ended. */
const ENDS: ReadonlySet<string> = new Set(['ended', 'failed', 'stopped']);

interface StandingProps {
  readonly run: RunState;
  readonly summary: Summary;
  readonly source: Source;
  readonly isHeard: boolean;
}

export function StandingCard({ run, summary, source, isHeard }: StandingProps) {
  const { info } = run;
  const { standing, reason, step, steps } = summary;
  // A server looks whether somebody works on it; a report does not know.
  const isKilled = source.isLive && isHeard && !info.isLive && !ENDS.has(standing);
  const isElsewhere =
    source.isLive && isHeard && info.isLive && !info.can.stop && !ENDS.has(standing);
  const said = isKilled ? killed(run) : isElsewhere ? 'in another process' : reason;
  return (
    <section class="card standing" aria-label="Where the run stands">
      <header>
        <h2>{info.name}</h2>
        <span class={`badge badge-${standing}`}>{isKilled ? 'Interrupted' : WORDS[standing]}</span>
        {standing !== 'failed' && said !== null && <span class="quiet">{said}</span>}
        <span class="end actions">
          {info.can.checkpoint && (
            <ActButton
              source={source}
              run={info.id}
              action={{ do: 'checkpoint' }}
              disabled={!isHeard}
              done="saved"
            >
              Checkpoint
            </ActButton>
          )}
          {info.can.stop && (
            <ActButton
              source={source}
              run={info.id}
              action={{ do: 'stop' }}
              disabled={!isHeard}
              confirm="Stop the run"
              warning={`Stop ${info.name}? It is saved first, and can be resumed.`}
            >
              Stop
            </ActButton>
          )}
        </span>
      </header>
      {standing === 'failed' && <p class="failure">{reason}</p>}
      <progress
        class={`bar bar-${standing}`}
        max={steps ?? 1}
        value={steps === null ? (standing === 'ended' ? 1 : 0) : step}
        aria-label="Steps done"
      />
      <Numbers summary={summary} />
      <dl class="places">
        {info.again && (standing === 'stopped' || isKilled) && (
          <div>
            <dt>Go on with</dt>
            <dd>
              <code>{info.again}</code>
            </dd>
          </div>
        )}
        {summary.weightsHash !== null && (
          <div>
            <dt>Weights</dt>
            <dd>
              <WeightsHash hash={summary.weightsHash} step={summary.hashStep} />
            </dd>
          </div>
        )}
        {info.folder !== null && (
          <div>
            <dt>Folder</dt>
            <dd>
              <code>{info.folder}</code>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function killed({ events }: RunState): string {
  const saved = newest(events, 'checkpoint');
  return `its process is gone${saved ? `; step ${formatNumber(saved.step)} is saved` : ''}`;
}

function Numbers({ summary }: { readonly summary: Summary }) {
  const { step, steps, epoch, epochs, secondsLeft, seconds, samplesPerSecond } = summary;
  const { loss, testLoss, testAccuracy } = summary;
  const rows: [name: string, value: string, rest?: string][] = [
    ['Step', formatNumber(step), steps === null ? '' : `of ${formatNumber(steps)}`],
  ];
  if (epoch !== null) {
    rows.push(['Epoch', formatNumber(epoch), epochs === null ? '' : `of ${formatNumber(epochs)}`]);
  }
  if (secondsLeft !== null) rows.push(['Time left', formatDuration(secondsLeft)]);
  if (seconds !== null) rows.push(['Trained for', formatDuration(seconds)]);
  if (samplesPerSecond !== null)
    rows.push(['Speed', formatNumber(round(samplesPerSecond)), 'samples/s']);
  if (loss !== null) rows.push(['Loss', formatNumber(loss)]);
  if (testLoss !== null) rows.push(['Test loss', formatNumber(testLoss)]);
  if (testAccuracy !== null) rows.push(['Test accuracy', formatShare(testAccuracy)]);
  return (
    <dl class="numbers">
      {rows.map(([name, value, rest]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} {rest && <span class="unit">{rest}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Three digits of a speed say enough, and do not flicker. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
