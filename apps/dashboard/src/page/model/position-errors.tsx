// Of a model of labels by position, such as one that goes on with a text: how well it does, and one sample position by
// position, the darker the more the model was surprised.
import { useEffect, useState } from 'preact/hooks';
import type { BrainClient } from '../brain/brain-client.js';
import type { PositionAnswer, PositionExamination } from '../brain/examine.js';
import { perplexityOf } from '../brain/surprise.js';
import { formatNumber, formatShare } from '../shell/format.js';

interface PositionErrorsProps {
  readonly examination: PositionExamination;
  readonly brain: BrainClient;
}

/** Samples that can be chosen: those with the largest loss, and the first ones. */
const MOST_CHOICES = 12;
/** Nats from which on a position is as dark as can be. */
const DARKEST = 6;

export function PositionErrors({ examination, brain }: PositionErrorsProps) {
  const { count, losses, accuracies } = examination;
  const worst = [...losses.keys()].sort((a, b) => losses[b]! - losses[a]!).slice(0, MOST_CHOICES);
  const [sample, setSample] = useState(worst[0]!);
  const [answers, setAnswers] = useState<readonly PositionAnswer[]>();
  useEffect(() => {
    let isOver = false;
    brain.ask('positions', Math.min(sample, count - 1)).then(
      (found) => {
        if (!isOver) setAnswers(found);
      },
      // The tab was left, or another model came: that one is asked anew.
      () => {},
    );
    return () => {
      isOver = true;
    };
  }, [brain, sample, examination]);
  const mean = average(losses);
  return (
    <section class="card positions-card wide">
      <header>
        <h2>Surprise, position by position</h2>
        <label class="end">
          Sample{' '}
          <select value={sample} onChange={(event) => setSample(Number(event.currentTarget.value))}>
            {[...new Set([sample, ...worst])].map((i) => (
              <option key={i} value={i}>
                {i} (loss {formatNumber(losses[i] ?? 0)})
              </option>
            ))}
          </select>
        </label>
      </header>
      <p>
        {formatNumber(count)} samples: loss <strong>{formatNumber(mean)}</strong> a position
        (perplexity {formatNumber(perplexityOf(mean))}), {formatShare(average(accuracies))} of
        positions right. Labels are by position, so there is no confusion matrix.
      </p>
      {answers && <Positions answers={answers} />}
      <p class="quiet">
        The darker, the more surprised; underlined where it said something else. Point at a position
        to see what.
      </p>
    </section>
  );
}

function Positions({ answers }: { readonly answers: readonly PositionAnswer[] }) {
  return (
    <p class="positions mono">
      {answers.map(({ right, said, loss, probability }, i) => {
        if (loss === null) return null;
        const words = `right ${quote(right)}, probability ${formatShare(probability)}, loss ${formatNumber(loss)}; said ${quote(said)}`;
        return (
          <span
            key={i}
            class={right === said ? 'position' : 'position wrong'}
            style={{ '--share': Math.min(1, loss / DARKEST) }}
            title={words}
          >
            {visible(right)}
          </span>
        );
      })}
    </p>
  );
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** A line's end is seen, and ends the line. */
function visible(text: string): string {
  return text.replaceAll('\n', '↵\n');
}

function average(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
