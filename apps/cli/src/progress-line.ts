// Where a run stands, in one line. Pure: progress and a width in, text out.
// Invariant: the text is never wider than it may be; what does not fit is left out from the right.
import type { Progress } from '@lockstep/trainer';
import type { Screen } from './screen.js';
import { formatClock, formatCount, formatLoss } from './wording.js';

const BAR_CELLS = 16;
const LEAST_BAR_CELLS = 4;
const GAP = '  ';

/** How a terminal shows live lines. */
export type LiveStyle = Pick<Screen, 'errColors' | 'hasUnicode'>;

/** @returns e.g. `epoch 2/5  ━━━━━━━────────  step 1,290/4,690  loss 0.1234  52,310 samples/s  0:05 left` */
export function progressLine(progress: Progress, columns: number, style: LiveStyle): string {
  const { epoch, epochs, step, steps, loss, samplesPerSecond, secondsLeft } = progress;
  const parts = [`step ${formatCount(step)}/${formatCount(steps)}`];
  if (loss !== undefined) parts.push(`loss ${formatLoss(loss)}`);
  if (samplesPerSecond > 0) parts.push(`${formatCount(samplesPerSecond)} samples/s`);
  if (secondsLeft !== undefined) parts.push(`${formatClock(secondsLeft)} left`);
  let head = `epoch ${epoch}/${epochs}`;
  if (head.length > columns) return '';
  const shown = parts.slice();
  const width = (): number => [head, ...shown].join(GAP).length;
  while (width() > columns) shown.pop();
  // The numbers tell more than the bar, so it has what they leave.
  const cells = Math.min(BAR_CELLS, columns - width() - GAP.length);
  if (cells >= LEAST_BAR_CELLS) head += GAP + bar(step / Math.max(steps, 1), cells, style);
  return [head, ...shown].join(GAP);
}

function bar(share: number, cells: number, { errColors, hasUnicode }: LiveStyle): string {
  const [done, left] = hasUnicode ? ['━', '─'] : ['=', '-'];
  const filled = Math.min(cells, Math.floor(cells * share));
  return errColors.green(done.repeat(filled)) + errColors.dim(left.repeat(cells - filled));
}

/** Plain text cut to a width, with an ellipsis for what is missing. */
export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(columns - 1, 0))}…`;
}
