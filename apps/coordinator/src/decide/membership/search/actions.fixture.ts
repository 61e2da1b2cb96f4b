// Where the model begins, and what can happen next in it.

import { UNJUDGED } from '@lockstep/core/internal';
import type { Durable } from '../state/durable.js';
import { initialState } from '../step.js';
import { Turn } from './turn.fixture.js';
import { digestOf, FRESH, type Model, type ModelWorker, type World } from './world.fixture.js';

export function firstWorld(model: Model): World {
  const durable: Durable = {
    generation: 0,
    members: [],
    saved: { step: 0, digest: digestOf(0) },
    evaluated: null,
    judgement: UNJUDGED,
    best: null,
  };
  const world: World = {
    state: initialState(model.config, durable),
    durable,
    workers: Array.from({ length: model.workers }, (_, index) => ({
      ...FRESH,
      isFaulty: index === 0 && model.faultyStep !== undefined,
    })),
    teams: [],
    closing: [],
    nextId: 1,
    loading: null,
    told: 0,
    crashes: 0,
    restarts: 0,
    asked: null,
    asks: 0,
  };
  return new Turn(model, world).tell({ type: 'start' }).done();
}

/** What can happen next, and to what it leads. */
export function actions(model: Model, world: World): { name: string; apply: () => World }[] {
  const found: { name: string; apply: () => World }[] = [];
  const add = (name: string, act: (turn: Turn) => unknown): void => {
    found.push({
      name,
      apply: () => {
        const turn = new Turn(model, world);
        act(turn);
        return turn.done();
      },
    });
  };
  const { state, closing, crashes, restarts, loading } = world;
  for (const [index, worker] of world.workers.entries()) {
    if (worker.id === null) {
      add(`worker ${index} joins`, (turn) => turn.join(index));
    }
    if (worker.orders.length > 0) {
      add(`worker ${index} gets ${worker.orders[0]!.type}`, (turn) => turn.order(index));
    }
    if (worker.reports.length > 0) {
      add(`the coordinator gets ${worker.reports[0]!.type} of ${index}`, (turn) =>
        turn.report(index),
      );
    }
    if (canCommit(model, world, worker)) {
      add(`worker ${index} takes step ${worker.held!.step}`, (turn) => turn.commit(index));
    }
    if (isSeenNext(worker) && hasSum(model, world, worker)) {
      add(`worker ${index} follows step ${worker.held!.step}`, (turn) => turn.follow(index));
    }
    // What it said before has come: to hear of both at once is to hear of this later.
    const isSilent = worker.reports.length === 0 && worker.id !== null;
    const isMember = state.members.some(({ id, leaving }) => id === worker.id && !leaving);
    if (model.leaves && crashes < model.crashes && isSilent && isMember) {
      add(`worker ${index} leaves`, (turn) => turn.leave(index));
    }
    if (crashes < model.crashes && (worker.id !== null || worker.held !== null)) {
      for (let kept = 0; kept <= worker.reports.length; kept++) {
        add(`worker ${index} crashes, ${kept} reports arrive`, (turn) => turn.crash(index, kept));
        if (!model.cuts || worker.id === null) continue;
        add(`worker ${index} is cut off, ${kept} reports arrive`, (turn) => turn.cut(index, kept));
      }
    }
    const { teams } = world;
    if (world.state.config.topology !== 'star' && worker.id !== null) {
      const team = teams.find(({ generation }) => generation === worker.generation);
      const isOpen = worker.phase !== 'idle' && worker.phase !== 'paused';
      if (team && isOpen && !worker.reports.some(({ type }) => type === 'link-lost')) {
        for (const [rank, id] of team.ids.entries()) {
          if (world.workers.some((other) => other.id === id)) {
            if (!model.apart || crashes >= model.crashes || rank === worker.rank) continue;
            add(`worker ${index} finds no way to rank ${rank}`, (turn) =>
              turn.separate(index, rank),
            );
            continue;
          }
          add(`worker ${index} misses rank ${rank}`, (turn) => turn.miss(index, rank));
        }
      }
    }
  }
  for (const [index, { reports }] of closing.entries()) {
    const what = reports[0]?.type ?? 'the end';
    add(`the coordinator gets ${what} of a closed link`, (turn) => turn.closed(index));
  }
  if (loading) add('the disk gives the checkpoint', (turn) => turn.loaded());
  if (state.writing) add('the disk has the checkpoint', (turn) => turn.saved());
  if (state.phase.name === 'waiting' && state.returning?.since != null) {
    add('the grace of a restart is over', (turn) => turn.grace());
  }
  if (model.stops && !state.ending) add('the coordinator is told to stop', (turn) => turn.stop());
  if (model.ends && state.asked === null && !state.ending) {
    add('the coordinator is told to end the run', (turn) => turn.end());
  }
  if (world.asks < (model.asks ?? 0) && world.asked === null) {
    add('somebody asks for a checkpoint', (turn) => turn.ask());
  }
  if (restarts < model.restarts) {
    add('the coordinator is killed and starts', (turn) => turn.restart(false));
    if (state.writing) {
      add('the coordinator is killed after saving, and starts', (turn) => turn.restart(true));
    }
  }
  return found;
}

function canCommit(model: Model, world: World, worker: ModelWorker): boolean {
  const { held, phase, until } = worker;
  return phase === 'running' && held!.step < until && hasSum(model, world, worker);
}

/** Whether what it has caught up to is about to be seen: it is paused, or joins anew. */
function isSeenNext({ phase, id, orders }: ModelWorker): boolean {
  return phase === 'caught-up' && (id === null || orders[0]?.type === 'pause');
}

/** Whether the sum of the step that it is at can be there. */
function hasSum({ takesStalePartials }: Model, world: World, worker: ModelWorker): boolean {
  const { held, generation } = worker;
  const team = world.teams.find((other) => other.generation === generation)!;
  return team.handed.every(
    (handed, rank) =>
      handed >= held!.step ||
      (takesStalePartials && world.teams.some((other) => (other.handed[rank] ?? -1) >= held!.step)),
  );
}
