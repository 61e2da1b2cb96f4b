import { partition } from '@lockstep/tree';
import { describe, expect, it } from 'vitest';
import { digestAt, SHARDS, STEPS } from '../testing/fake-engine.js';
import { frameHeader, Party } from '../testing/party.js';
import { ALL, digests, FIRST, formed, zeros } from './formed.fixture.js';

describe('pauses', () => {
  it.each([
    ['while it computes', 'compute', 0],
    ['while it advances', 'advance', 1],
    ['while it evaluates', 'evaluate', 4],
  ] as const)('a pause %s is answered when the engine has', (_, operation, step) => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    worker.holds.add(operation);
    party.tellAll({ type: 'advance', generation: 1, until: 4, firstChunk: 0, endChunk: 1 });
    party.tellAll({ type: 'pause', generation: 2 });
    expect(worker.says('paused').length).toBe(1);
    party.release(0, operation);
    const held = { step, digest: digestAt(step) };
    expect(worker.says('paused').at(-1)).toEqual({ type: 'paused', generation: 2, held });
    expect(worker.says('paused').length).toBe(2);
    expect(worker.says('reached')).toEqual([]);
    party.form(3, step, 'alone', [ALL]);
    party.advance(3, STEPS);
    expect(digests(party)).toEqual([digestAt(STEPS)]);
  });

  it('a pause while it waits for others is answered at once, and the step is done again', () => {
    const party = formed('mesh', 2);
    party.holdsFrame = ({ from, header }) => from === 1 && header.step === 2;
    party.advance(1, 4);
    expect(party.members[0]!.worker.status.phase).toBe('exchanging');
    party.form(2, 2, 'mesh', partition(SHARDS, 2));
    party.releaseFrames();
    party.advance(2, 4);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(4)]));
  });

  it('a pause while it prepares is answered, and nothing is said of the older generation', () => {
    const party = Party.joined(1);
    const worker = party.members[0]!;
    worker.holds.add('assign');
    party.form(1, 0, 'alone', [ALL]);
    expect(worker.says('prepared')).toEqual([]);
    party.tellAll({ type: 'pause', generation: 2 });
    expect(worker.says('paused').length).toBe(1);
    party.release(0, 'assign');
    expect(worker.says('paused').map(({ generation }) => generation)).toEqual([1, 2]);
    expect(worker.says('prepared')).toEqual([]);
    party.form(3, 0, 'alone', [ALL]);
    expect(worker.says('prepared').map(({ generation }) => generation)).toEqual([3]);
  });

  it('a pause while a state is loaded is answered with the new state', () => {
    const party = Party.joined(1);
    const worker = party.members[0]!;
    party.tellAll({ type: 'pause', generation: 1 });
    worker.holds.add('load-state');
    party.takeState(0, 1, 5);
    party.settle();
    party.tellAll({ type: 'pause', generation: 2 });
    party.release(0, 'load-state');
    expect(worker.says('paused').map(({ held }) => held)).toEqual([
      null,
      { step: 5, digest: digestAt(5) },
    ]);
  });

  it('one who finished the step goes on with one who did not', () => {
    const party = formed('mesh', 2);
    // Rank 0 gets everything of step 2 and finishes it; rank 1 never sees rank 0's block.
    party.holdsFrame = ({ from, header }) => from === 0 && header.step === 2;
    party.advance(1, 3);
    expect(party.members.map(({ engine }) => engine.step)).toEqual([3, 2]);
    party.form(2, 3, 'mesh', partition(SHARDS, 2));
    party.releaseFrames();
    party.advance(2, 5);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(5)]));
  });
});

describe('early frames', () => {
  it('of a member that was told to go first are kept until the engine is prepared', () => {
    const party = Party.joined(2);
    party.members[1]!.holds.add('assign');
    party.form(1, 0, 'mesh', partition(SHARDS, 2));
    party.advance(1, 3, [0]);
    expect(party.frames.map(({ from, to }) => [from, to])).toEqual([[0, 1]]);
    party.release(1, 'assign');
    expect(party.members[1]!.says('prepared').length).toBe(1);
    party.advance(1, 3, [1]);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(3)]));
  });

  it('of a member that is a step ahead are kept', () => {
    const party = formed('mesh', 2);
    party.members[1]!.holds.add('advance');
    party.advance(1, 2);
    // Rank 0 has sent its part of step 1, rank 1 is still taking step 0.
    expect(party.frames.filter(({ header }) => header.step === 1).map(({ from }) => from)).toEqual([
      0,
    ]);
    party.release(1, 'advance');
    expect(new Set(digests(party))).toEqual(new Set([digestAt(2)]));
  });

  it('are bounded: who sends more is reported as lost, and the next generation goes on', () => {
    const party = Party.joined(2);
    const worker = party.members[1]!;
    worker.holds.add('assign');
    party.form(1, 0, 'mesh', partition(SHARDS, 2));
    for (let step = 0; step < 5; step++) {
      const header = frameHeader('partial', 1, step, 0, 0, 4);
      party.give(1, { type: 'frame', from: 0, header, payload: [new Uint8Array(4)] });
    }
    party.settle();
    expect(worker.says('link-lost').map(({ rank }) => rank)).toEqual([0]);
    party.release(1, 'assign');
    expect(worker.says('prepared')).toEqual([]);
    party.form(2, 0, 'star', partition(SHARDS, 2));
    party.advance(2, 2);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(2)]));
  });
});

describe('what is stale changes nothing', () => {
  it('frames of an older generation', () => {
    const party = formed('mesh', 2);
    party.holdsFrame = ({ header }) => header.generation === 1 && header.step === 1;
    party.advance(1, 4);
    party.form(2, 1, 'mesh', partition(SHARDS, 2));
    party.releaseFrames();
    party.advance(2, 4);
    party.settle();
    expect(new Set(digests(party))).toEqual(new Set([digestAt(4)]));
    expect(party.members.flatMap((member) => member.says('link-lost'))).toEqual([]);
  });

  it('control messages of an older generation', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.tellAll({ type: 'pause', generation: 4 });
    const said = worker.said.length;
    const before = worker.effects.length;
    party.tellAll({ type: 'pause', generation: 3 });
    party.tellAll({ type: 'pause', generation: 4 });
    party.tellAll({ type: 'send-state', generation: 1, step: 0, ...FIRST });
    party.tellAll({ type: 'take-state', generation: 3, step: 0, digest: zeros, bytes: 1 });
    party.tellAll(party.plan(3, 0, 'alone', [ALL], 0));
    party.tellAll({ type: 'audit-passed', generation: 1, step: 0 });
    party.tellAll({ type: 'audit-range', generation: 1, step: 0, first: 0, end: 1 });
    party.advance(1, 4);
    expect([worker.said.length, worker.effects.length]).toEqual([said, before]);
    expect(worker.worker.status.phase).toBe('paused');
  });

  it('the end of an operation for an older generation', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    worker.holds.add('compute');
    party.advance(1, 4);
    party.tellAll({ type: 'pause', generation: 2 });
    party.release(0, 'compute');
    expect(worker.did('advance')).toEqual([]);
  });
});
