// A piece of a run's line, beside its name.
import type { RunStyle } from './run-style.js';

interface SwatchProps {
  readonly style: RunStyle;
  readonly isThin?: boolean;
}

export function Swatch({ style, isThin = false }: SwatchProps) {
  return (
    <svg class="swatch" width="26" height="10" aria-hidden="true">
      <line
        x1="1"
        y1="5"
        x2="25"
        y2="5"
        stroke={`var(${style.colour})`}
        stroke-width={isThin ? 1.2 : 2.5}
        stroke-dasharray={style.dash.join(' ')}
      />
    </svg>
  );
}
