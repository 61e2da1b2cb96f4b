// Somebody is behind: what a scenario of that has told.
import { expect } from 'vitest';
import { Scenario, type ScenarioOptions, stateOf } from '../scenario.fixture.js';
import type { Effect } from '../state/effect.js';
import type { MemberId } from '../state/member.js';

/** Workers at step 4, and one who is behind in generation 2: the state of step 4 is on its way into memory. */
export function catchingUp({
  workers = 1,
  ...options
}: ScenarioOptions & { workers?: number } = {}) {
  const config = { minWorkers: workers, ...options.config };
  const run = new Scenario({ haltAt: 4, isFetchSlow: true, ...options, config });
  const ids = Array.from({ length: workers }, (_, i) => run.join(`w${i}`));
  const late = run.join('late', { isHeldBack: true });
  expect(run.state).toMatchObject({ generation: 2, catchUp: { behind: [late], held: stateOf(4) } });
  return { run, ids, late };
}

export function hold(run: Scenario, step: number): void {
  run.tell({ type: 'state-held', held: stateOf(step) });
}

export function effectsOf<T extends Effect['type']>(run: Scenario, type: T) {
  return run.effects.filter((effect): effect is Extract<Effect, { type: T }> => {
    return effect.type === type;
  });
}

export function fetches(run: Scenario): [from: MemberId, generation: number, step: number][] {
  return effectsOf(run, 'fetch-state').map(({ from, generation, held }) => {
    return [from, generation, held.step];
  });
}

export function passes(
  run: Scenario,
): [to: readonly MemberId[], generation: number, step: number][] {
  return effectsOf(run, 'offer-state').map(({ to, generation, held }) => {
    return [to, generation, held.step];
  });
}

export function closed(run: Scenario): [MemberId, string][] {
  return effectsOf(run, 'close').map(({ id, code }) => [id, code]);
}

export function advances(run: Scenario, generation = run.state.generation) {
  return run.sent.filter(({ message }) => {
    return message.type === 'advance' && message.generation === generation;
  });
}

export function copies(run: Scenario): number[] {
  return run.state.copies.map(({ step }) => step);
}

export function outcome({ state: { phase } }: Scenario) {
  return phase.name === 'over' ? phase.outcome : undefined;
}
