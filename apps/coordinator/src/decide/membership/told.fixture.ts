// What a scenario has told so far.
import type { Scenario } from './scenario.fixture.js';

export function deals(scenario: Scenario) {
  return scenario.effects.filter((effect) => effect.type === 'deal');
}

export function passed(scenario: Scenario) {
  return scenario.effects.filter((effect) => effect.type === 'offer-state');
}

export function notices(scenario: Scenario, event: string) {
  return scenario.notices.filter((notice) => notice.event === event);
}

export function outcome(scenario: Scenario) {
  const { phase } = scenario.state;
  return phase.name === 'over' ? phase.outcome : undefined;
}
