// Zooming a chart's axis with keys.

/** How much of the axis stays in sight. */
const CLOSER = 0.6;

/**
 * @returns what the key shows of [min, max]: null for all, undefined if the key is not for zooming
 */
export function zoomedByKey(
  key: string,
  min: number,
  max: number,
): readonly [number, number] | null | undefined {
  if (key === '0' || key === 'Escape') return null;
  const factor = key === '+' || key === '=' ? CLOSER : key === '-' ? 1 / CLOSER : undefined;
  if (factor === undefined) return undefined;
  const middle = (min + max) / 2;
  const half = (factor * (max - min)) / 2;
  return [Math.max(0, middle - half), middle + half];
}
