// How the lines of several runs are told apart: by colour, for every kind of colour vision, and by dashes, which need none.
// Invariant: the first eight differ in colour, and any two of the first 32 differ in colour or dashes.
// Source of the colours: Okabe and Ito, Color Universal Design (2008), made darker or lighter for contrast in style/theme.css.

export interface RunStyle {
  /** The name of a CSS variable. */
  readonly colour: string;
  /** Lengths of lines and gaps; empty for a line without. */
  readonly dash: readonly number[];
}

export const COLOURS = 8;
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]] as const;

/** Of the run at that place in the list. With colours the dashes change, too: not everybody sees the colours. */
export function styleOf(place: number): RunStyle {
  const round = Math.floor(place / COLOURS);
  return {
    colour: `--run-${place % COLOURS}`,
    dash: DASHES[(place + round) % DASHES.length]!,
  };
}
