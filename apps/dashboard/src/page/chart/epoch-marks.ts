// Where epochs end, as dashed lines behind the curves, with numbers where there is room for them.
import type uPlot from 'uplot';

export interface EpochEnd {
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
}

/** Pixels of CSS between two marks. */
const ROOM = 28;

/** Every so many of them are drawn that there is room between them: all, or every 2nd, 5th, 10th, 20th, ... */
export function everyNth(count: number, width: number): number {
  const most = Math.max(1, Math.floor(width / ROOM));
  for (let power = 1; ; power *= 10) {
    for (const factor of [1, 2, 5]) if (count / (factor * power) <= most) return factor * power;
  }
}

export function drawEpochMarks(
  chart: uPlot,
  ends: readonly EpochEnd[],
  colours: { readonly line: string; readonly text: string; readonly font: string },
): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const { min = 0, max = 0 } = chart.scales.x ?? {};
  const seen = ends.filter(({ step }) => step >= (min ?? 0) && step <= (max ?? 0));
  const nth = everyNth(seen.length, bbox.width / ratio);
  ctx.save();
  ctx.strokeStyle = colours.line;
  ctx.fillStyle = colours.text;
  ctx.font = colours.font;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'top';
  ctx.lineWidth = ratio;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const { step, epoch } of seen.filter(({ epoch }) => epoch % nth === 0)) {
    const x = Math.round(chart.valToPos(step, 'x', true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(String(epoch), x - 3 * ratio, bbox.top + 2 * ratio);
  }
  ctx.restore();
}
