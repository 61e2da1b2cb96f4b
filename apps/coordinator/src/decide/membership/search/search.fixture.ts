// Breadth-first over all worlds, with the shortest path to whatever is wrong.
import { createHash } from 'node:crypto';
import { actions, firstWorld } from './actions.fixture.js';
import { canonical } from './canonical.fixture.js';
import { type Model, Violation, type World } from './world.fixture.js';

export interface Found {
  readonly states: number;
  readonly transitions: number;
  readonly finished: number;
  /** From which the run cannot finish any more. */
  readonly stuck: number;
  readonly violation: string | undefined;
}

/** @param most states, after which it is given up */
export function search(model: Model, most = 3_000_000): Found {
  const seen = new Map<string, number>();
  const parents: number[] = [];
  const names: string[] = [];
  const from: number[] = [];
  const to: number[] = [];
  const finished: number[] = [];
  const pathTo = (index: number): string => {
    const path: string[] = [];
    for (let at = index; at > 0; at = parents[at]!) path.unshift(names[at]!);
    return path.join('\n  ');
  };
  const note = (world: World, parent: number, name: string): [number, boolean] => {
    const key = createHash('md5').update(canonical(world)).digest('base64');
    const known = seen.get(key);
    if (known !== undefined) return [known, false];
    const index = seen.size;
    seen.set(key, index);
    parents.push(parent);
    names.push(name);
    if (world.state.phase.name === 'over') finished.push(index);
    return [index, world.state.phase.name !== 'over'];
  };
  const first = firstWorld(model);
  note(first, 0, '');
  let frontier: [number, World][] = [[0, first]];
  while (frontier.length > 0 && seen.size < most) {
    const next: [number, World][] = [];
    for (const [index, world] of frontier) {
      for (const { name, apply } of actions(model, world)) {
        let after: World;
        try {
          after = apply();
        } catch (error) {
          if (!(error instanceof Violation)) throw error;
          const violation = `${error.message}, after\n  ${pathTo(index)}\n  ${name}`;
          return {
            states: seen.size,
            transitions: from.length,
            finished: finished.length,
            stuck: 0,
            violation,
          };
        }
        const [target, isNew] = note(after, index, name);
        from.push(index);
        to.push(target);
        if (isNew) next.push([target, after]);
      }
    }
    frontier = next;
  }
  const stuck = unfinishable(seen.size, from, to, finished);
  return {
    states: seen.size,
    transitions: from.length,
    finished: finished.length,
    stuck: stuck.length,
    violation: stuck.length > 0 ? `cannot finish after\n  ${pathTo(stuck[0]!)}` : undefined,
  };
}

/** States from which no finished one is reached, by going back from those that are. */
function unfinishable(
  states: number,
  from: readonly number[],
  to: readonly number[],
  finished: readonly number[],
): number[] {
  const starts = new Int32Array(states + 1);
  for (const target of to) starts[target + 1]!++;
  for (let index = 0; index < states; index++) starts[index + 1]! += starts[index]!;
  const sources = new Int32Array(to.length);
  const fill = starts.slice();
  for (const [edge, target] of to.entries()) sources[fill[target]!++] = from[edge]!;
  const reaches = new Uint8Array(states);
  const queue = [...finished];
  for (const index of finished) reaches[index] = 1;
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    for (let edge = starts[at]!; edge < starts[at + 1]!; edge++) {
      const source = sources[edge]!;
      if (reaches[source]) continue;
      reaches[source] = 1;
      queue.push(source);
    }
  }
  const stuck: number[] = [];
  for (let index = 0; index < states; index++) if (!reaches[index]) stuck.push(index);
  return stuck;
}
