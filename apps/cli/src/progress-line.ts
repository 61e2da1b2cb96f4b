// Where a run stands, in one line. Pure: progress and a width in, text out.
// Invariant: the text is never wider than it may be; what does not fit is left out from the right.
import type { Progress } from '@lockstep/trainer';
import type { Colors } from './screen.js';
import { formatClock, formatCount, formatLoss } from './wording.js';

const BAR_CELLS = 16;
const GAP = '  ';

/** @returns e.g. `epoch 2/5  ━━━━━━━────────  step 1,290/4,690  loss 0.1234  52,310 samples/s  0:05 left` */
export function progressLine(progress: Progress, columns: number, colors: Colors): string {
  const { epoch, epochs, step, steps, loss, samplesPerSecond, secondsLeft } = progress;
  const filled = Math.min(BAR_CELLS, Math.floor((BAR_CELLS * step) / Math.max(steps, 1)));
  const bar = colors.green('━'.repeat(filled)) + colors.dim('─'.repeat(BAR_CELLS - filled));
  const parts: { text: string; width?: number }[] = [
    { text: `epoch ${epoch}/${epochs}` },
    { text: bar, width: BAR_CELLS },
    { text: `step ${formatCount(step)}/${formatCount(steps)}` },
  ];
  if (loss !== undefined) parts.push({ text: `loss ${formatLoss(loss)}` });
  if (samplesPerSecond > 0) parts.push({ text: `${formatCount(samplesPerSecond)} samples/s` });
  if (secondsLeft !== undefined) parts.push({ text: `${formatClock(secondsLeft)} left` });
  let line = '';
  let width = 0;
  for (const part of parts) {
    const gap = line === '' ? '' : GAP;
    const partWidth = part.width ?? part.text.length;
    if (width + gap.length + partWidth > columns) break;
    line += gap + part.text;
    width += gap.length + partWidth;
  }
  return line;
}

/** Plain text cut to a width, with an ellipsis for what is missing. */
export function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(columns - 1, 0))}…`;
}
