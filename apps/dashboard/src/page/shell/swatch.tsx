// A piece of a run's line, beside its name.
import type { RunStyle } from './run-style.js';

export function Swatch({ style }: { readonly style: RunStyle }) {
  return (
    <svg class="swatch" width="26" height="10" aria-hidden="true">
      <title>line</title>
      <line
        x1="1"
        y1="5"
        x2="25"
        y2="5"
        stroke={`var(${style.colour})`}
        stroke-width="2.5"
        stroke-dasharray={style.dash.join(' ')}
      />
    </svg>
  );
}
