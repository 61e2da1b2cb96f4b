// Forming a generation: everyone stops and says what they hold; who lacks the newest state gets it; everyone takes
// shards and opens links. Whatever changes meanwhile starts it over, with the next number. It goes on at the newest
// step that anyone holds: a step in flight is redone, and whoever had finished it agrees with those who redo it.
import type { HeldState, Topology } from '@lockstep/wire';
import { failAsDecided, goOn, save } from './advance.js';
import { deal, speedsOf } from './deal.js';
import { fail } from './outcome.js';
import { isSame, newestState, obtain } from './state-copy.js';
import { after } from './transition.js';
import type { DealtMember, Effect, Phase, State, Team, Transition } from './types.js';

type Pausing = Extract<Phase, { name: 'pausing' }>;
type Loading = Extract<Phase, { name: 'loading' }>;
type Preparing = Extract<Phase, { name: 'preparing' }>;

/** A mesh that was asked for and fails so often in a row is given up. */
const MAX_MESH_FAILURES = 3;

/** Ends what is running, and begins the next generation with all members. */
export function beginForming(before: State, now: number): Transition {
  const state = stopTraining(before, now);
  const generation = state.generation + 1;
  const members = state.members.map(({ name }) => name);
  return {
    state: {
      ...state,
      generation,
      formed: now,
      phase: { name: 'pausing', answered: [] },
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
  const waiting: State = { ...state, phase: { name: 'waiting' } };
  return after(
    [{ type: 'hub-off' }],
    state.ending ? giveUp(waiting) : { state: waiting, effects: [] },
  );
}

function stopTraining(state: State, now: number): State {
  const { phase } = state;
  if (phase.name !== 'running' || phase.trained !== null) return state;
  return { ...state, trainingMs: state.trainingMs + now - phase.began };
}

/** Saves the newest state that there is, if it is not saved, and ends. */
export function giveUp(state: State): Transition {
  const newest = newestState(state);
  return newest.step > state.saved.step ? save(state, null, newest) : failAsDecided(state);
}

/** All have stopped: where to go on from, and whether the state must be fetched for those who lack it. */
export function proceedPausing(before: State, phase: Pausing): Transition | undefined {
  if (phase.answered.length < before.members.length) return undefined;
  const isUnlinked = before.unlinked.length > 0;
  const state: State = {
    ...before,
    unlinked: [],
    meshFailures: before.meshFailures + (isUnlinked ? 1 : 0),
    meshBroken: before.meshBroken || isUnlinked,
  };
  if (state.ending) return giveUp(state);
  if (state.config.topology === 'mesh' && state.meshFailures >= MAX_MESH_FAILURES) {
    return fail(
      state,
      'mesh',
      `mesh: workers could not reach each other ${state.meshFailures} times in a row, and no step was taken; ` +
        'check that each can be dialled at the address it listens on, or use --topology auto',
    );
  }
  const target = newestState(state);
  const known: State = {
    ...state,
    loss: state.loss && { ...state.loss, step: target.step },
  };
  if (known.members.every(({ held }) => isSame(held, target))) return prepare(known, target);
  const { from, effects } = obtain(known, target);
  return { state: { ...known, phase: { name: 'loading', target, from } }, effects };
}

export function proceedLoading(state: State, phase: Loading): Transition | undefined {
  return isSame(state.copy, phase.target) ? prepare(state, phase.target) : undefined;
}

function prepare(state: State, target: HeldState): Transition {
  const { generation } = state;
  const team = dealTeam(state);
  const lacking = state.members.filter(({ held }) => !isSame(held, target)).map(({ id }) => id);
  const pass: Effect[] =
    lacking.length > 0 ? [{ type: 'pass-state', to: lacking, generation, held: target }] : [];
  const members = team.ranks.map((rank, index): DealtMember => {
    const { name, url } = state.members[index]!;
    return { ...rank, name, url: team.topology === 'mesh' ? url : null };
  });
  return {
    state: { ...state, phase: { name: 'preparing', target, team, prepared: [] } },
    effects: [
      ...pass,
      { type: 'deal', generation, held: target, topology: team.topology, members },
    ],
  };
}

function dealTeam(state: State): Team {
  const ranges = deal(state.config.shards, speedsOf(state.members));
  return {
    topology: chooseTopology(state),
    ranks: state.members.map(({ id }, rank) => ({ id, ...ranges[rank]! })),
  };
}

function chooseTopology({ members, config, meshBroken }: State): Topology {
  if (members.length === 1) return 'alone';
  if (config.topology !== 'auto') return config.topology;
  return !meshBroken && members.every(({ url }) => url !== null) ? 'mesh' : 'star';
}

/** Everyone is ready: off they go. */
export function proceedPreparing(
  state: State,
  { target, team, prepared }: Preparing,
  now: number,
): Transition | undefined {
  if (prepared.length < team.ranks.length) return undefined;
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
  return after([told], goOn(state, team, target, now));
}
