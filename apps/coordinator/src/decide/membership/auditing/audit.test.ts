import { describe, expect, it } from 'vitest';
import { Scenario, type ScenarioOptions, stateOf } from '../scenario.fixture.js';
import type { MemberId } from '../state/member.js';

/** All steps, and shares for which the steps 4 and 5 are the first audited ones. */
const EVERY = { share: 1, seed: 0 };
const SOME = { share: 0.25, seed: 0 };

const RIGHT = 'a'.repeat(64);
const WRONG = 'b'.repeat(64);
const OTHER = 'c'.repeat(64);

/** Workers that stand at step 0 and take no step by themselves. */
function cluster(workers: number, audit = EVERY, options: ScenarioOptions = {}) {
  const config = { minWorkers: workers, audit, ...options.config };
  const run = new Scenario({ haltAt: 0, ...options, config });
  const ids = Array.from({ length: workers }, (_, i) => run.join(`w${i}`));
  expect(run.state.phase.name).toBe('running');
  return { run, ids };
}

function report(run: Scenario, id: MemberId, step: number, own = RIGHT, other = RIGHT): void {
  const { generation } = run.state;
  run.say(id, { type: 'audit-report', generation, step, own, other });
}

function vote(run: Scenario, id: MemberId, step: number, digest = RIGHT): void {
  run.say(id, { type: 'audit-vote', generation: run.state.generation, step, digest });
}

function passed(run: Scenario): [MemberId, number][] {
  return run.sent.flatMap(({ to, message }): [MemberId, number][] =>
    message.type === 'audit-passed' ? [[to, message.step]] : [],
  );
}

function asked(run: Scenario) {
  return run.sent.filter(({ message }) => message.type === 'audit-range');
}

function refused(run: Scenario): MemberId[] {
  return run.sent.flatMap(({ to, message }) =>
    message.type === 'refused' && message.code === 'audit' ? [to] : [],
  );
}

function closed(run: Scenario) {
  return run.effects.flatMap((effect) =>
    effect.type === 'close' ? [[effect.id, effect.code]] : [],
  );
}

function outcome({ state: { phase } }: Scenario) {
  return phase.name === 'over' ? phase.outcome : undefined;
}

describe('an audited step', () => {
  it('goes on when all have reported and agree, and not before', () => {
    const { run, ids } = cluster(3);
    for (const step of [0, 1]) {
      for (const id of ids.slice(1)) report(run, id, step);
      expect(passed(run).filter(([, of]) => of === step)).toEqual([]);
      report(run, ids[0]!, step);
      expect(passed(run).filter(([, of]) => of === step)).toEqual(ids.map((id) => [id, step]));
    }
    run.runTo();
    expect(outcome(run)).toMatchObject({ type: 'finished' });
  });

  it('may have partial sums of any digest, as long as those of each rank are the same twice', () => {
    const { run, ids } = cluster(3);
    const digests = [RIGHT, WRONG, OTHER];
    for (const [rank, id] of ids.entries()) {
      report(run, id, 0, digests[rank], digests[(rank + 1) % 3]);
    }
    expect(passed(run)).toHaveLength(3);
  });

  it('of two workers that disagree stops the run, with step, shards, digests and names', () => {
    const { run, ids } = cluster(2, SOME);
    report(run, ids[0]!, 4);
    report(run, ids[1]!, 4, WRONG, RIGHT);
    expect(outcome(run)).toMatchObject({ type: 'failed', code: 'divergence' });
    const { message } = outcome(run) as { message: string };
    for (const part of ['step 4', '[4, 8)', `${WRONG} (w1)`, `${RIGHT} (w0)`]) {
      expect(message).toContain(part);
    }
    expect(passed(run)).toEqual([]);
  });

  it('of two workers that disagree ends the run only after the state that both hold is saved', () => {
    const { run, ids } = cluster(2);
    for (const id of ids) run.workers.get(id)!.held = stateOf(4);
    report(run, ids[0]!, 0);
    report(run, ids[1]!, 0, WRONG, RIGHT);
    expect(run.state.saved).toEqual(stateOf(4));
    expect(outcome(run)).toMatchObject({ code: 'divergence', saved: 4, committed: 4 });
  });

  it('after which two hold different states saves neither', () => {
    const { run, ids } = cluster(2);
    run.workers.get(ids[0]!)!.held = stateOf(4);
    run.workers.get(ids[1]!)!.held = { ...stateOf(4), digest: OTHER };
    report(run, ids[0]!, 0);
    report(run, ids[1]!, 0, WRONG, RIGHT);
    expect(run.state.saved).toEqual(stateOf(0));
    expect(outcome(run)).toMatchObject({ code: 'divergence', saved: 0, committed: 4 });
  });

  it.each([
    ['whose own sums are wrong', 1, [RIGHT, WRONG, RIGHT], [RIGHT, RIGHT, RIGHT]],
    ['that computes others wrongly', 0, [RIGHT, RIGHT, RIGHT], [WRONG, RIGHT, RIGHT]],
    ['that computes everything wrongly', 2, [RIGHT, RIGHT, WRONG], [RIGHT, RIGHT, OTHER]],
  ] as const)('names and expels the worker %s', (_, offender, own, other) => {
    const { run, ids } = cluster(3);
    for (const [rank, id] of ids.entries()) report(run, id, 0, own[rank], other[rank]);
    expect(passed(run)).toEqual([]);
    expect(asked(run)).toHaveLength(1);
    const { to, message } = asked(run)[0]!;
    const disputed = message.type === 'audit-range' && message.first;
    const voter = run.state.members.find(({ id }) => id === to)!.name;
    expect(run.waiting).toMatch(
      new RegExp(
        `^waiting for ${voter} to compute the shards \\[${disputed}, \\d\\) of step 0 again$`,
      ),
    );
    vote(run, to, 0, to === ids[offender] ? WRONG : RIGHT);
    expect(refused(run)).toEqual([ids[offender]]);
    expect(closed(run)).toEqual([[ids[offender], 'audit']]);
    const lost = run.notices.find(({ event }) => event === 'worker-lost');
    expect(lost).toMatchObject({ name: `w${offender}` });
    expect(lost).toMatchObject({ reason: expect.stringMatching(/^audit: step 0, shards \[/) });
    for (const part of [`w${offender} computed`, '2 of 3 workers', RIGHT]) {
      expect(lost).toMatchObject({ reason: expect.stringContaining(part) });
    }
    // The step is done again, and audited again, by those who are left.
    expect(run.state.generation).toBe(2);
    const left = ids.filter((_, rank) => rank !== offender);
    for (const id of left) report(run, id, 0);
    expect(passed(run)).toEqual(left.map((id) => [id, 0]));
    run.runTo();
    expect(outcome(run)).toMatchObject({ type: 'finished' });
  });

  it('expels all that are not with the majority', () => {
    const { run, ids } = cluster(5);
    for (const [rank, id] of ids.entries()) report(run, id, 0, rank === 1 ? WRONG : RIGHT);
    expect(asked(run).map(({ to }) => to)).toEqual(ids.slice(2));
    vote(run, ids[2]!, 0);
    vote(run, ids[3]!, 0, OTHER);
    expect(refused(run)).toEqual([]);
    vote(run, ids[4]!, 0);
    expect(refused(run)).toEqual([ids[1], ids[3]]);
    expect(run.state.members.map(({ id }) => id)).toEqual([ids[0], ids[2], ids[4]]);
    expect(run.state.phase.name).toBe('running');
  });

  it.each([
    ['three different digests', 3, [OTHER]],
    ['two against two', 4, [RIGHT, WRONG]],
  ] as const)('stops the run where there is no majority: %s', (_, workers, votes) => {
    const { run, ids } = cluster(workers);
    for (const [rank, id] of ids.entries()) report(run, id, 0, rank === 1 ? WRONG : RIGHT);
    for (const [index, digest] of votes.entries()) vote(run, asked(run)[index]!.to, 0, digest);
    expect(outcome(run)).toMatchObject({ type: 'failed', code: 'divergence' });
    expect(refused(run)).toEqual([]);
  });

  it('is forgotten when a worker is lost or comes: what is left is audited by those who are there', () => {
    const { run, ids } = cluster(3);
    report(run, ids[0]!, 0);
    report(run, ids[2]!, 0);
    run.lose(ids[2]!);
    run.say(ids[1]!, { type: 'audit-report', generation: 1, step: 0, own: WRONG, other: WRONG });
    for (const id of ids.slice(0, 2)) report(run, id, 0);
    expect(passed(run)).toEqual([
      [ids[0], 0],
      [ids[1], 0],
    ]);
    report(run, ids[0]!, 1);
    run.join('w3');
    expect(run.state.phase).toMatchObject({ name: 'running', audits: { step: -1, reported: [] } });
    expect(closed(run)).toEqual([]);
  });

  it('in dispute goes on without the worker that is lost meanwhile', () => {
    const { run, ids } = cluster(3);
    for (const [rank, id] of ids.entries()) report(run, id, 0, rank === 1 ? WRONG : RIGHT);
    run.lose(asked(run)[0]!.to);
    expect(run.waiting).toBeUndefined();
    expect(run.state.phase).toMatchObject({ name: 'running', audits: { dispute: null } });
  });
});

describe('a report that is not due costs its sender the connection', () => {
  it.each([
    ['of a step that is not audited', (run: Scenario, id: MemberId) => report(run, id, 3)],
    ['of a later one than is next', (run: Scenario, id: MemberId) => report(run, id, 5)],
    ['a vote that nobody asked for', (run: Scenario, id: MemberId) => vote(run, id, 4)],
  ])('%s', (_, say) => {
    const { run, ids } = cluster(3, SOME);
    say(run, ids[1]!);
    expect(closed(run)).toEqual([[ids[1], 'protocol']]);
  });

  it('of a step beyond the stop', () => {
    const { run, ids } = cluster(2, SOME, { config: { stepsPerEpoch: 4 } });
    report(run, ids[0]!, 4);
    expect(closed(run)).toEqual([[ids[0], 'protocol']]);
  });

  it('twice', () => {
    const { run, ids } = cluster(3, SOME);
    report(run, ids[1]!, 4);
    report(run, ids[1]!, 4);
    expect(closed(run)).toEqual([[ids[1], 'protocol']]);
  });

  it('of a step that has passed', () => {
    const { run, ids } = cluster(2, SOME);
    for (const id of ids) report(run, id, 4);
    report(run, ids[0]!, 4);
    expect(closed(run)).toEqual([[ids[0], 'protocol']]);
  });

  it('where nothing is audited: without a share, and alone', () => {
    const none = new Scenario({ haltAt: 0, config: { minWorkers: 2 } });
    const ids = [none.join('w0'), none.join('w1')];
    report(none, ids[0]!, 0);
    expect(closed(none)).toEqual([[ids[0], 'protocol']]);
    const { run, ids: alone } = cluster(1);
    report(run, alone[0]!, 0);
    expect(closed(run)).toEqual([[alone[0], 'protocol']]);
  });

  it('a second vote, and one of who has reported on the disputed shards', () => {
    for (const [first, second] of [
      [2, 2],
      [2, 1],
    ] as const) {
      const { run, ids } = cluster(4);
      for (const [rank, id] of ids.entries()) report(run, id, 0, rank === 1 ? WRONG : RIGHT);
      vote(run, ids[first]!, 0);
      vote(run, ids[second]!, 0);
      expect(closed(run)).toEqual([[ids[second], 'protocol']]);
    }
  });
});
