// What people are told of a mesh whose workers cannot reach each other: who dialled whom, at which address, and what
// came of it. Words only; that a mesh is given up is decided in ../forming/form.ts.
import { printable } from '@lockstep/wire';
import type { State } from '../state/state.js';
import type { Unlinked } from '../state/team.js';

const MAX_PAIRS = 3;
/** Of one pair; where there are more, each has its share. They stand in a message of 1,000 characters. */
const MAX_REASON = 320;

/** e.g. `w1 cannot reach w0 at ws://10.0.0.2:40123 (connect ECONNREFUSED 10.0.0.2:40123)` */
export function describeUnlinked({ members }: State, unlinked: readonly Unlinked[]): string {
  const pairs = new Map<string, string>();
  const places = Math.min(MAX_PAIRS, new Set(unlinked.map(({ ids }) => String(ids))).size);
  const most = Math.floor(MAX_REASON / Math.max(1, places));
  for (const { ids, reason } of unlinked) {
    const [dialler, dialled] = ids.map((id) => members.find((member) => member.id === id));
    if (!dialler || !dialled) continue;
    const said = reason === '' ? '' : ` (${printable(reason, most)})`;
    // Both may have said so: one is enough.
    pairs.set(String(ids), `${dialler.name} cannot reach ${dialled.name} at ${dialled.url}${said}`);
  }
  const shown = [...pairs.values()].slice(0, MAX_PAIRS);
  if (pairs.size > MAX_PAIRS) shown.push(`${pairs.size - MAX_PAIRS} more pairs`);
  return shown.join('; ');
}

export function meshFailed(state: State, unlinked: readonly Unlinked[]): string {
  return (
    `mesh: ${describeUnlinked(state, unlinked)}, ${state.meshFailures} times in a row without a step between. ` +
    'Start the worker that is dialled with --listen HOST:PORT, an address at which the others reach it, or go on without --topology mesh'
  );
}
