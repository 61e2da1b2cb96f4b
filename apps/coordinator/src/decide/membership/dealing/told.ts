// What people are told of how shards are dealt, when it is not what they may expect: a star where a mesh was possible, a
// new deal because of speed, a worker that gets no shard. Each is told once, until it changes.
// Not the dealing itself (deal.ts, rebalance.ts, ../forming/form.ts): nothing here decides anything.

import type { Effect, Notice } from '../state/effect.js';
import type { MemberId } from '../state/member.js';
import type { State } from '../state/state.js';
import type { Rank, Team, Told } from '../state/team.js';
import type { Transition } from '../state/transition.js';
import { andThen } from '../state/transition.js';
import { fastestMs, shardsForAll, speedsOf } from './deal.js';

/** Of a team that is about to begin. */
export function tellDealing(state: State, team: Team, step: number): Transition {
  return andThen(tellFallback(state, team, step), (known) => tellIdle(known, team, step));
}

function tellFallback(state: State, { topology }: Team, step: number): Transition {
  const { config, generation, told } = state;
  const reason = topology === 'star' && config.topology === 'auto' ? whyNoMesh(state) : null;
  if (reason === told.fallback) return { state, effects: [] };
  if (reason === null) return tell(state, { fallback: null }, null);
  const notice: Notice = { event: 'fallback', generation, topology: 'star', step, reason };
  return tell(state, { fallback: reason }, notice);
}

function whyNoMesh({ config, members, meshBroken, told }: State): string {
  if (meshBroken) return told.broken ?? 'workers could not reach each other';
  // What helps others is of no use to a page, and more of them are no news.
  if (config.takesPages) return 'pages cannot be dialled by other workers';
  const names = members.filter(({ url }) => url === null).map(({ name }) => name);
  return `${list(names)} cannot be dialled by other workers; for a mesh, start each with --listen HOST:PORT and none with --local-threads`;
}

function tellIdle(state: State, { ranks }: Team, step: number): Transition {
  const { config, generation, members, catchUp, told } = state;
  const { shards, batchSize } = config;
  const behind = catchUp?.behind ?? [];
  const isIdle = ({ id, first, end }: Rank): boolean => first === end && !behind.includes(id);
  const ids = ranks.filter(isIdle).map(({ id }) => id);
  if (String(ids) === String(told.idle?.ids ?? [])) return { state, effects: [] };
  if (ids.length === 0) return tell(state, { idle: null }, null);
  const able = members.filter(({ id }) => !behind.includes(id));
  const needed = shardsForAll(shards, speedsOf(able), batchSize);
  const names = ids.map((id) => nameOf(state, id));
  const isShort = shards < able.length;
  const fact = isShort
    ? `${count(shards, 'shard')} for ${count(able.length, 'worker')}`
    : `by the speeds measured the others are as fast with all ${shards}`;
  const most = isShort ? batchSize : Number.POSITIVE_INFINITY;
  const reason = `${list(names)} ${names.length > 1 ? 'have' : 'has'} no shard: ${fact}; ${remedy(shards, most, needed, names.length)}`;
  const notice = {
    event: 'without-shards',
    generation,
    step,
    names,
    shards,
    needed,
    reason,
  } as const;
  return tell(state, { idle: { ids, needed } }, notice);
}

/** @param most shards that there can be, if there are fewer than workers */
function remedy(shards: number, most: number, needed: number | null, without: number): string {
  if (needed !== null) {
    return `a run that is begun with --shards ${needed} has one for each (other shards make other weights)`;
  }
  return 2 * shards > most
    ? 'a run with a larger --batch-size can have more'
    : `with more --threads ${without > 1 ? 'they get' : 'it gets'} some`;
}

/** Before a new generation deals anew. */
export function redealNotice(state: State, { ranks }: Team): Effect {
  const { members, config, generation, committed: step } = state;
  const speeds = speedsOf(members);
  const takes = ranks.map(({ first, end }, rank) => (end - first) / speeds[rank]!);
  const stepMs = Math.max(...takes);
  const { id, first, end } = ranks[takes.indexOf(stepMs)]!;
  const bestMs = fastestMs(config.shards, speeds);
  const shards = end - first;
  const name = nameOf(state, id);
  const reason = `${name} takes ${stepMs.toFixed(1)} ms for its ${count(shards, 'shard')}; by the speeds measured, another deal takes ${bestMs.toFixed(1)} ms a step`;
  const notice = {
    event: 'redeal',
    generation: generation + 1,
    step,
    name,
    shards,
    stepMs,
    bestMs,
    reason,
  } as const;
  return { type: 'emit', notice };
}

function tell(state: State, change: Partial<Told>, notice: Notice | null): Transition {
  return {
    state: { ...state, told: { ...state.told, ...change } },
    effects: notice ? [{ type: 'emit', notice }] : [],
  };
}

function nameOf({ members }: State, id: MemberId): string {
  return members.find((member) => member.id === id)!.name;
}

function count(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} ${what}s`;
}

/** Up to a few names. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
