// The digest of a run's whole state, by which states of one step are compared: SHA-256 of its flat form, in hex. Whoever computed
// the state and wherever it lay, it is the same.
import { createHash } from 'node:crypto';
import { encodeFlatState, type RunState, type StateLayout } from '@lockstep/core/internal';

/** @throws ConfigError, ShapeError or NonFiniteError if it is no state of that layout */
export function stateDigest(layout: StateLayout, step: number, state: RunState): string {
  const bytes = encodeFlatState(layout, step, state);
  return createHash('sha256').update(bytes).digest('hex');
}
