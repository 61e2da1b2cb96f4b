// Forming a generation: everyone stops and says what they hold, takes shards and opens links. Whatever changes meanwhile
// starts it over, with the next number. It goes on at the newest step that anyone holds: a step in flight is redone, and
// whoever had finished it agrees with those who redo it. Who lacks that state gets no shards and catches up, so that
// nobody waits for it; only if all lack it, they all wait until they have it.
import type { HeldState, Topology } from '@lockstep/wire';
import { deal, speedsOf } from '../dealing/deal.js';
import { describeUnlinked, meshFailed } from '../dealing/mesh-failed.js';
import { tellDealing } from '../dealing/told.js';
import { beginCatchUp } from '../holding/catch-up.js';
import { dropCopies, isCopied, isSame, newestState, obtain } from '../holding/copies.js';
import type { CatchUp } from '../state/catching-up.js';
import type { Effect } from '../state/effect.js';
import { isDeparture, type MemberId } from '../state/member.js';
import type { Phase } from '../state/phase.js';
import type { State } from '../state/state.js';
import type { DealtMember, Team } from '../state/team.js';
import type { Transition } from '../state/transition.js';
import { after, andThen } from '../state/transition.js';
import { failAsDecided, goOn, save } from '../stopping/advance.js';

type Pausing = Extract<Phase, { name: 'pausing' }>;
type Loading = Extract<Phase, { name: 'loading' }>;
type Preparing = Extract<Phase, { name: 'preparing' }>;

/** A mesh that was asked for and fails so often in a row is given up. */
const MAX_MESH_FAILURES = 3;

/**
 * Workers tell of steps several times a second, and of one that takes longer when it is taken. After a longer silence they
 * stood still, or were at a step that is redone: that is no training time.
 */
const STALL_MS = 1000;

/** Ends what is running, and begins the next generation with all members. */
export function beginForming(before: State, now: number): Transition {
  const state = stopTraining(before, now);
  const generation = state.generation + 1;
  const members = state.members.flatMap(({ name, leaving }) => (leaving ? [] : [name]));
  return {
    state: {
      ...state,
      generation,
      formed: now,
      phase: { name: 'pausing', answered: [] },
      catchUp: null,
      loss: state.loss && { ...state.loss, step: null },
    },
    effects: [
      { type: 'hub-off' },
      { type: 'journal', record: { type: 'generation', generation, members } },
      ...state.members.map(
        ({ id }): Effect => ({ type: 'send', to: id, message: { type: 'pause', generation } }),
      ),
    ],
  };
}

/** Nobody is left: the run waits, or is given up. */
export function standStill(before: State, now: number): Transition {
  const state = stopTraining(before, now);
  const waiting: State = { ...state, phase: { name: 'waiting' }, catchUp: null };
  return after(
    [{ type: 'hub-off' }],
    state.ending ? giveUp(waiting) : { state: waiting, effects: [] },
  );
}

function stopTraining(state: State, now: number): State {
  const { phase } = state;
  if (phase.name !== 'running' || phase.trained !== null) return state;
  const unheardMs = now - phase.heard;
  if (unheardMs > STALL_MS) return state;
  return { ...state, trainingMs: state.trainingMs + unheardMs };
}

/** Saves the newest state that there is, if it is not saved, and ends. */
export function giveUp(state: State): Transition {
  const newest = newestState(state);
  return newest.step > state.saved.step ? save(state, null, newest) : failAsDecided(state);
}

/** All have stopped: where to go on from, and who can. */
export function proceedPausing(before: State, phase: Pausing, now: number): Transition | undefined {
  if (phase.answered.length < before.members.length) return undefined;
  const isUnlinked = before.unlinked.length > 0;
  const state: State = {
    ...before,
    unlinked: [],
    meshFailures: before.meshFailures + (isUnlinked ? 1 : 0),
    meshBroken: before.meshBroken || isUnlinked,
    told: isUnlinked
      ? { ...before.told, broken: describeUnlinked(before, before.unlinked) }
      : before.told,
  };
  if (state.ending) return giveUp(state);
  if (state.config.topology === 'mesh' && state.meshFailures >= MAX_MESH_FAILURES) {
    const message = meshFailed(state, before.unlinked);
    return giveUp({ ...state, ending: { code: 'mesh', message } });
  }
  const target = newestState(state);
  if (state.members.some(({ leaving }) => leaving)) return letGo(state, target, now);
  const known: State = {
    ...state,
    loss: state.loss && { ...state.loss, step: target.step },
  };
  const behind = known.members.filter(({ held }) => !isSame(held, target)).map(({ id }) => id);
  if (behind.length < known.members.length) return prepare(known, target, behind);
  const { effects } = obtain(known, target);
  return { state: { ...known, phase: { name: 'loading', target } }, effects };
}

/** Members go on purpose. What only they hold is saved first; then those who stay go on. */
function letGo(state: State, target: HeldState, now: number): Transition {
  const staying = state.members.filter(({ leaving }) => !leaving);
  const isKept =
    target.step <= state.saved.step || staying.some(({ held }) => isSame(held, target));
  if (!isKept) return save(state, null, target);
  const { generation, committed: step } = state;
  const effects = state.members.flatMap(({ id, name, leaving }): Effect[] => {
    if (!leaving) return [];
    const { code, message } = leaving;
    const refused: Effect = { type: 'send', to: id, message: { type: 'refused', code, message } };
    const left = isDeparture(code);
    const told = { name, code, reason: message, left, generation, step };
    const notice = { event: 'worker-lost', ...told } as const;
    return [
      ...(code === 'unreachable' ? [refused] : []),
      { type: 'close', id, code, message },
      { type: 'emit', notice },
    ];
  });
  const rest: State = {
    ...state,
    members: staying,
    loss: state.loss ?? { noticed: now, step: null },
  };
  return after(effects, staying.length > 0 ? { state: rest, effects: [] } : standStill(rest, now));
}

/** Nobody holds the state: everyone is offered it, and waits for it. */
export function proceedLoading(state: State, { target }: Loading): Transition | undefined {
  if (!isCopied(state, target)) return undefined;
  const { generation, members } = state;
  const to = members.map(({ id }) => id);
  const offer: Effect = { type: 'offer-state', to, generation, held: target };
  return after([offer], prepare(state, target, []));
}

function prepare(state: State, target: HeldState, behind: readonly MemberId[]): Transition {
  const { generation } = state;
  const team = dealTeam(state, behind);
  const members = team.ranks.map((rank, index): DealtMember => {
    const { name, url } = state.members[index]!;
    const isBehind = behind.includes(rank.id);
    return { ...rank, name, isBehind, url: team.topology === 'mesh' ? url : null };
  });
  const catchUp: CatchUp = {
    behind,
    held: target,
    isBegun: false,
    from: null,
    isOffered: false,
    caughtUp: [],
  };
  return {
    state: {
      ...state,
      phase: { name: 'preparing', target, team, prepared: [] },
      catchUp: behind.length > 0 ? catchUp : null,
    },
    effects: [{ type: 'deal', generation, held: target, topology: team.topology, members }],
  };
}

/** Who is behind has an empty range in its place. */
function dealTeam(state: State, behind: readonly MemberId[]): Team {
  const { members, config } = state;
  const speeds = speedsOf(members).filter((_, index) => !behind.includes(members[index]!.id));
  const ranges = deal(config.shards, speeds);
  let end = 0;
  let next = 0;
  const ranks = members.map(({ id }) => {
    const first = end;
    if (!behind.includes(id)) end = ranges[next++]!.end;
    return { id, first, end };
  });
  return { topology: chooseTopology(state), ranks };
}

function chooseTopology({ members, config, meshBroken }: State): Topology {
  if (members.length === 1) return 'alone';
  if (config.topology !== 'auto') return config.topology;
  return !meshBroken && members.every(({ url }) => url !== null) ? 'mesh' : 'star';
}

/** Everyone is ready: off they go, if nobody is to be waited for. */
export function proceedPreparing(
  state: State,
  { target, team, prepared }: Preparing,
  now: number,
): Transition | undefined {
  if (prepared.length < team.ranks.length) return undefined;
  const { catchUp, config } = state;
  const dropped = dropCopies(state, target);
  if (catchUp && config.audit) {
    if (catchUp.isBegun) return undefined;
    return after(dropped.effects, beginCatchUp(dropped.state));
  }
  const told: Effect = {
    type: 'emit',
    notice: {
      event: 'generation',
      generation: state.generation,
      members: state.members.map(({ name }) => name),
      topology: team.topology,
      step: target.step,
    },
  };
  const explained = tellDealing(dropped.state, team, target.step);
  return after(
    [told, ...explained.effects, ...dropped.effects],
    andThen(beginCatchUp(explained.state), (begun) => goOn(begun, team, target, now)),
  );
}
