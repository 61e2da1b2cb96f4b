// What depends on parameters alone is computed once a step, not once a shard, and stays in the arena meanwhile.
import { isBatched } from '../../shape.js';
import type { Draft } from '../draft.js';

export function hoist(draft: Draft): Draft {
  const { graph, compute } = draft;
  const perShard: boolean[] = [];
  for (const { shape, inputs } of graph.nodes) {
    perShard.push(isBatched(shape) || inputs.some((input) => perShard[input]));
  }
  const hoisted = compute.filter(({ node, writes }) => node && !perShard[writes]);
  return {
    ...draft,
    prepare: [...draft.prepare, ...hoisted],
    compute: compute.filter((operation) => !hoisted.includes(operation)),
    kept: [
      ...draft.kept,
      ...hoisted.flatMap(({ writes, scratch }) => (scratch ? [writes, scratch] : [writes])),
    ],
  };
}
