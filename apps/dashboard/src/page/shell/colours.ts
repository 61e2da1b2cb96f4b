// The page's colours for what draws on a canvas, which knows no CSS variables.
// Invariant: read anew after a change of theme (`onThemeChange`), since they are what they are at the time.

/** @param names of CSS variables: `--text` */
export function readColours<const N extends string>(names: readonly N[]): Record<N, string> {
  // A variable's own text may be `light-dark(…)`: what it comes to shows where it is used.
  const probe = document.createElement('span');
  document.body.append(probe);
  try {
    const entries = names.map((name) => {
      probe.style.color = `var(${name})`;
      return [name, getComputedStyle(probe).color] as const;
    });
    return Object.fromEntries(entries) as Record<N, string>;
  } finally {
    probe.remove();
  }
}
