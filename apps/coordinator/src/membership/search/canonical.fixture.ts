// Which worlds are the same for the search.
import type { World } from './world.fixture.js';

/** Answers of one kind. */
const SORTED = new Set(['answered', 'prepared', 'reached', 'reported', 'votes']);
/** Numbers of connections. */
const IDS = new Set(['id', 'from', 'ids', 'unlinked', 'arriving', ...SORTED]);
/** Times, and what is only told to people or compared: no decision about what is next depends on them. */
const LEFT_OUT = new Set([
  'config',
  'formed',
  'began',
  'trained',
  'trainingMs',
  'committed',
  'loss',
  'sightings',
  'threads',
  'url',
  'speed',
  'progress',
  'slowSince',
  'nextId',
]);

/**
 * One text for all worlds that differ only in which worker is which, in how connections and generations are
 * numbered, in the order in which answers of one kind came, and in what LEFT_OUT names.
 */
export function canonical(world: World): string {
  const ids = new Set<number>();
  const generations = new Set<number>([world.state.generation]);
  for (const { id } of world.state.members) ids.add(id);
  for (const { id } of world.closing) ids.add(id);
  for (const { id, generation } of world.workers) {
    if (id !== null) ids.add(id);
    generations.add(generation);
  }
  for (const { ids: ranks, generation } of world.teams) {
    for (const id of ranks) ids.add(id);
    generations.add(generation);
  }
  const byNumber = (a: number, b: number): number => a - b;
  const places = new Map([...ids].sort(byNumber).map((id, place) => [id, place]));
  const order = new Map([...generations].sort(byNumber).map((value, place) => [value, place]));
  const idOf = (id: number): string => `#${places.get(id) ?? 'gone'}`;
  const text = (value: unknown, key: string): string => {
    if (value === null || typeof value === 'boolean') return String(value);
    if (typeof value === 'string') return value;
    if (typeof value === 'number') {
      if (IDS.has(key)) return idOf(value);
      if (key === 'generation') return `g${order.get(value) ?? 'old'}`;
      return String(value);
    }
    if (value instanceof Uint8Array) return String(value.length);
    if (Array.isArray(value)) {
      if (value.length === 0) return '[]';
      const parts = value.map((item) => text(item, key));
      if (SORTED.has(key) || key === 'workers' || key === 'closing') parts.sort();
      return `[${parts.join()}]`;
    }
    let fields = '{';
    // The slowest line of the search: entries would be made for nothing.
    for (const name in value as object) {
      if (LEFT_OUT.has(name)) continue;
      fields += `${text((value as Record<string, unknown>)[name], name)};`;
    }
    return `${fields}}`;
  };
  return text(world, '');
}
