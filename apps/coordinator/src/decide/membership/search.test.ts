// Every way in which a small cluster can behave: breadth-first over all interleavings of deliveries, steps, crashes,
// links that break and a coordinator's restart. What is checked in each world is in search/check.fixture.ts; here, that
// from each the run can still finish. `pnpm simulate` searches the whole models, which takes many minutes; the tests take a step
// or a crash less of each.
import { describe, expect, it } from 'vitest';
import { drop } from './members/leaving.js';
import { givesUpUnsaved } from './mutants.fixture.js';
import { SUMS } from './scenario.fixture.js';
import { type Found, search } from './search/search.fixture.js';
import type { Model } from './search/world.fixture.js';
import type { Effect } from './state/effect.js';
import type { Config } from './state/state.js';
import { step } from './step.js';

const CONFIG: Config = {
  shards: 4,
  batchSize: 64,
  evaluated: [{ name: 'test', samples: 256, firstChunk: 0, endChunk: 2 }],
  sums: SUMS,
  stepsPerEpoch: 3,
  steps: 3,
  checkpointEvery: 2,
  topology: 'star',
  takesPages: false,
  audit: null,
  minWorkers: 2,
  takesOver: true,
  maxWorkers: 8,
  resumeGraceMs: 2000,
  judge: null,
  keepsBest: false,
  savesEpochs: false,
};

/** Epoch 1 is the best, and the run ends with the second. */
const ENDING: Pick<Config, 'judge' | 'keepsBest'> = {
  keepsBest: true,
  judge: (before, { step }) => ({
    ...before,
    epochs: step,
    best: before.best ?? { epoch: step, step, value: 0 },
    stopped: step >= 2 ? 'patience' : null,
  }),
};

const MODEL: Model = {
  config: CONFIG,
  workers: 3,
  crashes: 2,
  restarts: 1,
  cuts: false,
  digests: false,
  slowCatchUp: false,
};

function expectNothingWrong(model: Model): Found {
  const found = search(model);
  expect(found.violation).toBeUndefined();
  expect(found.stuck).toBe(0);
  expect(found.finished).toBeGreaterThan(0);
  console.log(`${found.states} states, ${found.transitions} transitions`);
  return found;
}

/** All that is searched is searched `whole`; otherwise a smaller model of the same kind is. */
const isWhole = process.env.LOCKSTEP_SEARCH === 'whole';

function ofTheTests(model: Model): Model {
  const { config, crashes, restarts } = model;
  // Where a rule ends the run early, there must be a step that it ends it before.
  const steps = config.judge ? config.steps : Math.min(2, config.steps);
  const less = { crashes: Math.max(1, crashes - 1), restarts: config.audit ? 0 : restarts };
  return { ...model, ...less, config: { ...config, steps } };
}

describe('membership, searched exhaustively', () => {
  // A search that became smaller has lost something: its size is to be changed on purpose only.
  it('3 workers, a crash, 2 steps: nothing goes wrong, and it can always finish', () => {
    const config = { ...CONFIG, steps: 2, stepsPerEpoch: 2 };
    const { states } = expectNothingWrong({ ...MODEL, crashes: 1, restarts: 0, config });
    expect(states).toBeGreaterThan(9_000);
  }, 600_000);

  it.runIf(isWhole)(
    '3 workers, 2 crashes, 1 restart of the coordinator, 3 steps: nothing goes wrong, and it can always finish (LOCKSTEP_SEARCH=whole: some minutes)',
    () => {
      const { states } = expectNothingWrong(MODEL);
      expect(states).toBeGreaterThan(800_000);
    },
    3_600_000,
  );

  const audits = { audit: { share: 1, seed: 0 }, steps: 2, stepsPerEpoch: 2, checkpointEvery: 2 };
  const others: [string, Partial<Model>, Partial<Config>][] = [
    [
      'digests on the way, links that break while their workers go on, an epoch end before a checkpoint',
      { crashes: 1, restarts: 0, cuts: true, digests: true },
      { stepsPerEpoch: 2, checkpointEvery: 3 },
    ],
    [
      'an epoch a step, with a checkpoint at the end only',
      { crashes: 2, restarts: 1, cuts: true, workers: 2 },
      { stepsPerEpoch: 1, steps: 2, checkpointEvery: 2, minWorkers: 1 },
    ],
    [
      'a mesh, in which others notice a crash before the coordinator does',
      { crashes: 1, restarts: 0 },
      { topology: 'auto' },
    ],
    [
      'whatever happens while somebody catches up',
      { crashes: 1, restarts: 0, cuts: true, slowCatchUp: true },
      { minWorkers: 1 },
    ],
    [
      'a mesh that is forced, in which links cannot be made, and a coordinator that is told to stop',
      { workers: 2, crashes: 3, restarts: 0, apart: true, stops: true },
      { topology: 'mesh' },
    ],
    [
      'workers that go on purpose, all of them too',
      { workers: 2, crashes: 3, restarts: 0, leaves: true },
      { minWorkers: 1 },
    ],
    [
      'a run that its rule ends after its second epoch, and gives its first',
      { workers: 2, crashes: 1, restarts: 1, cuts: true },
      { ...ENDING, stepsPerEpoch: 1, steps: 3, checkpointEvery: 3, minWorkers: 1 },
    ],
    [
      'a run that somebody wants to end, whenever that is',
      { workers: 2, crashes: 1, restarts: 1, cuts: true, ends: true },
      { stepsPerEpoch: 2, steps: 3, checkpointEvery: 3, minWorkers: 1 },
    ],
    [
      'somebody who wants a checkpoint, whenever that is',
      { workers: 2, crashes: 1, restarts: 1, asks: 1 },
      { stepsPerEpoch: 3, steps: 3, checkpointEvery: 3, minWorkers: 1 },
    ],
    [
      'somebody who wants one of a coordinator that is told to stop, while workers go on purpose',
      { workers: 2, crashes: 1, restarts: 0, asks: 1, stops: true, leaves: true },
      { stepsPerEpoch: 2, steps: 3, checkpointEvery: 3, minWorkers: 1 },
    ],
    [
      'a run that is resumed, and waits for as many workers as at first',
      { workers: 2, crashes: 1, restarts: 1 },
      { takesOver: false, stepsPerEpoch: 2, checkpointEvery: 2 },
    ],
    ['2 steps, both audited', { crashes: 1, restarts: 1, cuts: true }, audits],
    [
      'one of 4 workers that computes an audited step wrongly',
      { workers: 4, crashes: 1, restarts: 0, faultyStep: 1 },
      { ...audits, minWorkers: 4 },
    ],
  ];
  for (const [name, change, config] of others) {
    it(`${name}: nothing goes wrong`, () => {
      const model = { ...MODEL, ...change, config: { ...CONFIG, ...config } };
      expectNothingWrong(isWhole ? model : ofTheTests(model));
    }, 600_000);
  }
});

describe('the search, with a fault put in', () => {
  const caught = (change: Partial<Model>): string | undefined =>
    search({ ...MODEL, ...change }, 200_000).violation;

  it('catches a coordinator that does not check the generation of messages', () => {
    const unchecked: Model['step'] = (state, event, now) => {
      if (event.type !== 'message' || !('generation' in event.message)) {
        return step(state, event, now);
      }
      const message = { ...event.message, generation: state.generation };
      return step(state, { ...event, message }, now);
    };
    expect(caught({ step: unchecked, keepsStale: true })).toMatch(/./);
  });

  it('catches a deal in which a shard comes twice', () => {
    const doubled: Model['step'] = (state, event, now) => {
      const after = step(state, event, now);
      const effects = after.effects.map((effect) => {
        if (effect.type !== 'deal' || effect.members.length < 2) return effect;
        const [first, ...rest] = effect.members;
        return { ...effect, members: [{ ...first!, end: first!.end + 1 }, ...rest] };
      });
      return { ...after, effects };
    };
    expect(caught({ step: doubled })).toMatch(/dealt twice/);
  });

  it('catches a coordinator that lets somebody compute who is behind', () => {
    const hasty: Model['step'] = (state, event, now) => {
      const after = step(state, event, now);
      const effects = after.effects.map((effect) => {
        if (effect.type !== 'deal') return effect;
        const members = effect.members.map((member) => ({ ...member, isBehind: false }));
        return { ...effect, members };
      });
      return { ...after, effects };
    };
    expect(caught({ step: hasty })).toMatch(/^generation at 0, held undefined/);
  });

  it('catches a state that is asked for when its holder has gone on', () => {
    const late: Model['step'] = (state, event, now) => {
      const after = step(state, event, now);
      const isFetch = ({ type }: Effect): boolean => type === 'fetch-state';
      const fetches = after.effects.filter(isFetch);
      return { ...after, effects: [...after.effects.filter((e) => !isFetch(e)), ...fetches] };
    };
    expect(caught({ step: late })).toMatch(/^a state is asked for when its holder has gone on/);
  });

  it('catches workers that take partials of another generation: shards count twice', () => {
    expect(caught({ takesStalePartials: true, cuts: true })).toMatch(/two digests/);
  });

  it('catches a step that is computed wrongly, and not audited', () => {
    expect(caught({ faultyStep: 1 })).toMatch(/two digests/);
  });

  it('catches a coordinator that lets an audited step go on before all agree', () => {
    const config: Config = { ...CONFIG, audit: { share: 1, seed: 0 }, minWorkers: 3 };
    const trusting: Model['step'] = (state, event, now) => {
      if (event.type !== 'message' || event.message.type !== 'audit-report') {
        return step(state, event, now);
      }
      return step(state, { ...event, message: { ...event.message, own: 'right' } }, now);
    };
    expect(caught({ config, crashes: 0, faultyStep: 1, step: trusting })).toMatch(/two digests/);
  });

  it('catches an evaluation that is told before it is journalled', () => {
    const unjournalled: Model['step'] = (state, event, now) => {
      const after = step(state, event, now);
      const effects = after.effects.filter(
        (effect) => effect.type !== 'journal' || effect.record.type !== 'evaluated',
      );
      return { ...after, effects };
    };
    // A restart is enough, so there is less to search before it.
    expect(caught({ step: unjournalled, crashes: 0 })).toMatch(/told after|not evaluated/);
  });

  it('catches a coordinator that goes on without waiting for the checkpoint', () => {
    const hasty: Model['step'] = (state, event, now) => {
      const after = step(state, event, now);
      const save = after.effects.find((effect) => effect.type === 'save-state');
      if (save?.type !== 'save-state') return after;
      const next = step(after.state, { type: 'saved', held: save.held, path: null }, now);
      return { state: next.state, effects: [...after.effects, ...next.effects] };
    };
    expect(caught({ step: hasty })).toMatch(/not saved/);
  });

  it.each<[string, Partial<Model>]>([
    ['a forced mesh', { apart: true, crashes: 3 }],
    ['a run that is told to stop', { stops: true, crashes: 0 }],
  ])('catches %s that is given up before the newest step is saved', (_, change) => {
    const config: Config = { ...CONFIG, topology: 'mesh' };
    const mutant: Partial<Model> = { config, workers: 2, restarts: 0, step: givesUpUnsaved };
    expect(caught({ ...mutant, ...change })).toMatch(
      /^given up \((mesh|stopped)\): step 1 is held/,
    );
  });

  it('catches a checkpoint that is told before it is there', () => {
    const config: Config = { ...CONFIG, checkpointEvery: 3 };
    const hasty: Model['step'] = (state, event, now) => {
      const after = step(state, event, now);
      if (event.type !== 'checkpoint' || !after.state.checkpointAsked) return after;
      const told: Effect = { type: 'checkpoint-kept', held: state.saved };
      const asked = { ...after.state, checkpointAsked: false };
      return { state: asked, effects: [...after.effects, told] };
    };
    const model = { config, workers: 2, crashes: 0, restarts: 0, asks: 1, step: hasty };
    expect(caught(model)).toMatch(/^step 1 was held, and step 0 is the checkpoint/);
  });

  it('catches a worker that is let go with what only it holds', () => {
    const heedless: Model['step'] = (state, event, now) =>
      event.type === 'message' && event.message.type === 'leave'
        ? drop(state, event.id, 'left', event.message.reason, now)
        : step(state, event, now);
    const config: Config = { ...CONFIG, minWorkers: 1 };
    const mutant = { config, workers: 2, crashes: 1, restarts: 0, leaves: true, step: heedless };
    expect(caught(mutant)).toMatch(/^a committed step is lost, and nobody crashed/);
  });

  it('catches a coordinator that forgets that the rule ends the run, and one that does not save the best epoch', () => {
    const few = { stepsPerEpoch: 1, steps: 3, checkpointEvery: 3, minWorkers: 1 };
    const config: Config = { ...CONFIG, ...ENDING, ...few };
    const model: Partial<Model> = { config, workers: 1, crashes: 0, restarts: 0 };
    const forgetful: Model['step'] = (state, event, now) => {
      const judgement = { ...state.judgement, stopped: null };
      return step({ ...state, judgement }, event, now);
    };
    expect(caught({ ...model, step: forgetful, restarts: 1 })).toMatch(/ended it|it ends at step/);
    const careless: Model['step'] = (state, event, now) => {
      const after = step({ ...state, config: { ...config, keepsBest: false } }, event, now);
      return { ...after, state: { ...after.state, config } };
    };
    expect(caught({ ...model, step: careless })).toMatch(/step 1 is the best, and was not saved/);
  });

  it('catches a wait without an end', () => {
    const deaf: Model['step'] = (state, event, now) =>
      event.type === 'lost' && state.phase.name === 'loading'
        ? { state, effects: [] }
        : step(state, event, now);
    expect(caught({ step: deaf, restarts: 0, crashes: 1 })).toMatch(/cannot finish/);
  });
});
