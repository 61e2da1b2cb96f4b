// Which worlds are the same for the search.
import { isSame } from '../holding/copies.js';
import type { Member } from '../state/member.js';
import type { State } from '../state/state.js';
import { FRESH, type ModelWorker, type World } from './world.fixture.js';

/** Answers of one kind. */
const SORTED = new Set([
  'answered',
  'prepared',
  'reached',
  'reported',
  'votes',
  'behind',
  'caughtUp',
]);
/** Numbers of connections. */
const IDS = new Set(['id', 'from', 'ids', 'unlinked', 'arriving', ...SORTED]);
/** Times, and what is only told to people or compared: no decision about what is next depends on them. */
const LEFT_OUT = new Set([
  'config',
  'formed',
  'moved',
  'heard',
  'trainingMs',
  'committed',
  'loss',
  'sightings',
  'threads',
  'url',
  'speed',
  'progress',
  'slowSince',
  'told',
  'nextId',
]);

/**
 * One text for all worlds that differ only in which worker is which, in how connections and generations are
 * numbered, in the order in which answers of one kind came, in what LEFT_OUT names, and in states that make no difference.
 */
export function canonical(whole: World): string {
  const { state } = whole;
  const workers = whole.workers.map((worker) => relevantWorker(whole, worker));
  const world: World = {
    ...whole,
    state: { ...state, members: state.members.map((member) => relevantMember(state, member)) },
    workers,
    teams: whole.teams.filter(
      ({ generation }) =>
        generation === state.generation ||
        workers.some((worker) => worker.generation === generation),
    ),
  };
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

/** What a member said it holds, unless it will say it again before anybody looks. */
function relevantMember({ phase, catchUp }: State, member: Member): Member {
  const { id, held } = member;
  const isRelevant =
    phase.name === 'waiting' ||
    (phase.name === 'pausing' && phase.answered.includes(id)) ||
    (phase.name === 'running' && held?.step === phase.until) ||
    ((phase.name === 'preparing' || phase.name === 'saving') && isSame(held, phase.target)) ||
    isSame(held, catchUp?.held ?? null);
  return isRelevant ? member : { ...member, held: null };
}

/**
 * Nobody goes back behind the saved step, so an older state is as good as none; and of a worker that is not connected
 * and can take no further step, only what it holds counts.
 */
function relevantWorker(world: World, worker: ModelWorker): ModelWorker {
  const { saved } = world.durable;
  const held = worker.held && worker.held.step < saved.step ? null : worker.held;
  if (worker.id !== null || canStep(world, worker)) return { ...worker, held };
  return { ...FRESH, held, isFaulty: worker.isFaulty };
}

/** Whether all that its step's sum needs is handed over, or may be yet. */
function canStep({ teams, workers }: World, worker: ModelWorker): boolean {
  const { generation, phase, held, until } = worker;
  const wants = phase === 'caught-up' || (phase === 'running' && held!.step < until);
  if (!wants) return false;
  const { handed } = teams.find((team) => team.generation === generation)!;
  const mayHand = (rank: number): boolean =>
    workers.some(
      (other) =>
        other.generation === generation &&
        other.rank === rank &&
        (other.phase === 'running' || (other.phase === 'prepared' && other.id !== null)),
    );
  return handed.every((newest, rank) => newest >= held!.step || mayHand(rank));
}
