import { COORDINATOR, chunksOf } from '@lockstep/collective';
import { partition } from '@lockstep/tree';
import type { FetchStateMessage, Topology } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import { digestAt, FLOATS, SHARDS, STEPS, stateAt } from '../testing/fake-engine.js';
import { frameHeader, Party, PIECE_BYTES, RUN, statePiece } from '../testing/party.js';
import type { WorkerInput } from './border.js';

const ALL = { first: 0, end: SHARDS };
const FIRST = { offset: 0, length: PIECE_BYTES };
const zeros = '0'.repeat(64);

/** A generation that stands prepared at step 0. */
function formed(topology: Topology, workers: number): Party {
  const party = Party.joined(workers);
  party.form(1, 0, topology, partition(SHARDS, workers));
  return party;
}

function digests(party: Party): string[] {
  return party.members.map((member) => member.says('reached').at(-1)!.digest);
}

describe('steps', () => {
  it.each([
    ['alone', 1],
    ['star', 1],
    ['star', 2],
    ['star', 3],
    ['mesh', 2],
    ['mesh', 3],
    ['mesh', 5],
  ] as const)(
    'in a %s of %i all workers reach the step with the same state',
    (topology, workers) => {
      const party = formed(topology, workers);
      party.advance(1, STEPS);
      expect(new Set(digests(party))).toEqual(new Set([digestAt(STEPS)]));
    },
  );

  it('unequal and empty ranges of shards change no bit', () => {
    const party = Party.joined(3);
    party.form(1, 0, 'mesh', [
      { first: 0, end: 5 },
      { first: 5, end: 5 },
      { first: 5, end: 8 },
    ]);
    party.advance(1, 7);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(7)]));
  });

  it('a mesh of two sends one data message a worker and step, its whole block', () => {
    const party = formed('mesh', 2);
    party.advance(1, 4);
    for (const rank of party.all) {
      const sent = party.frames.filter(({ from }) => from === rank);
      expect(sent.map(({ header }) => [header.kind, header.step, header.bytes])).toEqual(
        [0, 1, 2, 3].map((step) => ['partial', step, 4 * FLOATS]),
      );
    }
  });

  it.each([3, 5, 8])('a mesh of %i sends 2 (P - 1) data messages a worker and step', (workers) => {
    const party = formed('mesh', workers);
    party.advance(1, 4);
    const chunks = chunksOf(FLOATS, workers).map(({ first, end }) => 4 * (end - first));
    for (const rank of party.all) {
      const sent = party.frames.filter(({ from }) => from === rank);
      const blocks = sent.find(({ header }) => header.kind === 'partial')!.payload.length;
      // Each other rank's chunk of own blocks, and the own chunk of the sum to each.
      const others = chunks.reduce((sum, bytes, other) => (other === rank ? sum : sum + bytes), 0);
      const bytes = blocks * others + (workers - 1) * chunks[rank]!;
      for (let step = 0; step < 4; step++) {
        const now = sent.filter(({ header }) => header.step === step);
        expect(now.length).toBe(2 * (workers - 1));
        expect(now.reduce((sum, { header }) => sum + header.bytes, 0)).toBe(bytes);
      }
    }
  });

  describe('blocks that are there before the others', () => {
    const ranges = [
      { first: 0, end: 3 },
      { first: 3, end: 5 },
      { first: 5, end: 8 },
    ];
    const there = (step: number, generation = 1) =>
      ({ type: 'blocks-computed', generation, step, blocks: 1 }) as const;
    const payloads = (party: Party, step: number) =>
      party.frames
        .filter(({ from, header }) => from === 0 && header.kind === 'partial')
        .filter(({ header }) => header.step === step)
        .map(({ payload }) => payload.length);
    const busyWith = (operation: string, run = RUN): Party => {
      const party = Party.joined(3, run);
      party.form(1, 0, 'mesh', ranges);
      party.members[0]!.holds.add(operation);
      party.advance(1, 6);
      return party;
    };

    it.each([
      ['compute', 0],
      ['advance', 1],
    ])('are handed over at once during %s, and the rest when they are', (operation, step) => {
      const party = busyWith(operation);
      party.give(0, there(step), there(step + 1), there(step, 2));
      party.settle();
      expect(payloads(party, step)).toEqual([1, 1]);
      party.release(0, operation);
      expect(payloads(party, step)).toEqual([1, 1, 1, 1]);
      expect(new Set(digests(party))).toEqual(new Set([digestAt(6)]));
    });

    it('are not, at a step that is audited', () => {
      const party = busyWith('compute', { ...RUN, audit: { share: 1, seed: 0 } });
      party.give(0, there(0));
      party.settle();
      expect(payloads(party, 0)).toEqual([]);
    });

    it('are not, once the generation is over', () => {
      const party = busyWith('compute');
      party.tell(0, { type: 'pause', generation: 2 });
      party.give(0, there(0));
      party.settle();
      expect(payloads(party, 0)).toEqual([]);
    });
  });

  it('a star carries one message up and one down a worker and step', () => {
    const party = formed('star', 4);
    party.advance(1, 4);
    for (const worker of party.all) {
      for (let step = 0; step < 4; step++) {
        const now = party.frames.filter(({ header }) => header.step === step);
        const up = now.filter(({ from }) => from === worker);
        const down = now.filter(({ from, to }) => from === COORDINATOR && to === worker);
        expect(up.map(({ header }) => header.bytes)).toEqual([4 * FLOATS]);
        expect(down.map(({ header }) => header.bytes)).toEqual([4 * FLOATS]);
      }
    }
  });

  it('the next step is computed together with the last, except at the stop', () => {
    const party = formed('alone', 1);
    party.advance(1, 3);
    const worker = party.members[0]!;
    expect(worker.did('compute').length).toBe(1);
    expect(worker.did('advance').map(({ compute }) => compute)).toEqual([true, true, false]);
  });

  it('progress is said after the first step and then every 200 ms, with means', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    worker.holds.add('advance');
    party.advance(1, 6);
    for (let step = 1; step <= 6; step++) {
      party.now += 90;
      party.give(0, worker.pending.shift()!);
      party.settle();
    }
    const progress = worker.says('progress');
    expect(progress.map(({ step }) => step)).toEqual([1, 4]);
    expect(progress.map(({ computeMs, sendMs, waitMs }) => [computeMs, sendMs, waitMs])).toEqual([
      [90, 0, 0],
      [90, 0, 0],
    ]);
  });

  it('digests are said at multiples of digestEvery on the way, and at the stop', () => {
    const party = formed('alone', 1);
    party.advance(1, 9);
    const worker = party.members[0]!;
    expect(worker.says('digest').map(({ step, digest }) => [step, digest])).toEqual([
      [3, digestAt(3)],
      [6, digestAt(6)],
    ]);
    expect(worker.says('reached').map(({ step, digest }) => [step, digest])).toEqual([
      [9, digestAt(9)],
    ]);
  });

  it('a worker evaluates its chunks at the stop, also when it stands there already', () => {
    const party = formed('alone', 1);
    const orders = { type: 'advance', generation: 1, until: 2 } as const;
    party.tellAll({ ...orders, firstChunk: 1, endChunk: 4 });
    party.tellAll({ ...orders, firstChunk: 0, endChunk: 1 });
    const reached = party.members[0]!.says('reached');
    expect(reached.map(({ step, chunkSums }) => [step, chunkSums.length])).toEqual([
      [2, 48],
      [2, 16],
    ]);
    expect(party.members[0]!.did('advance').length).toBe(2);
  });
});

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

describe('audits', () => {
  const EVERY = { ...RUN, audit: { share: 1, seed: 0 } };
  const UNEQUAL = [
    { first: 0, end: 5 },
    { first: 5, end: 5 },
    { first: 5, end: 8 },
  ];

  /** Three that stand prepared at step 0 of a run in which every step is audited. */
  function audited(topology: Topology = 'mesh', run = EVERY): Party {
    const party = Party.joined(3, run);
    party.form(1, 0, topology, UNEQUAL);
    return party;
  }

  function reports(party: Party, step: number) {
    return party.members.map((member) => {
      const found = member.says('audit-report').filter((report) => report.step === step);
      expect(found.length).toBe(1);
      return found[0]!;
    });
  }

  it.each(['mesh', 'star'] as const)(
    'in a %s nothing of a step is handed over before the coordinator has compared it',
    (topology) => {
      const party = audited(topology);
      party.advance(1, 4);
      for (let step = 0; step < 4; step++) {
        expect(party.frames.some(({ header }) => header.step === step)).toBe(false);
        const said = reports(party, step);
        for (const [rank, { own }] of said.entries()) {
          expect(said[(rank + 2) % 3]!.other).toBe(own);
        }
        party.tellAll({ type: 'audit-passed', generation: 1, step });
      }
      expect(new Set(digests(party))).toEqual(new Set([digestAt(4)]));
    },
  );

  it('are of the steps that everybody computes from seed and share, and of no others', () => {
    const party = audited('star', { ...RUN, audit: { share: 0.25, seed: 0 } });
    party.advance(1, STEPS);
    for (const step of [4, 5]) {
      expect(party.members[0]!.engine.step).toBe(step);
      party.tellAll({ type: 'audit-passed', generation: 1, step });
    }
    const said = party.members.map((member) => member.says('audit-report'));
    expect(said.map((each) => each.map(({ step }) => step))).toEqual([
      [4, 5],
      [4, 5],
      [4, 5],
    ]);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(STEPS)]));
  });

  it('are not made by one worker alone', () => {
    const party = Party.joined(1, EVERY);
    party.form(1, 0, 'alone', [ALL]);
    party.advance(1, 4);
    expect(digests(party)).toEqual([digestAt(4)]);
    expect(party.members[0]!.did('recompute')).toEqual([]);
  });

  it('take what others hand over who were told earlier', () => {
    const party = audited();
    party.advance(1, 2);
    for (const step of [0, 1]) {
      for (const member of party.all) {
        party.tellAll({ type: 'audit-passed', generation: 1, step }, [member]);
      }
    }
    expect(new Set(digests(party))).toEqual(new Set([digestAt(2)]));
  });

  it('a wrong bit of a partial is in the digest, and in what the worker says of others', () => {
    const party = audited();
    party.members[2]!.engine.flaws = new Set([0]);
    party.advance(1, 2);
    const [first, second, third] = reports(party, 0);
    expect(second!.other).not.toBe(third!.own);
    expect(third!.other).not.toBe(first!.own);
    party.tellAll({ type: 'audit-range', generation: 1, step: 0, first: 5, end: 8 }, [0]);
    expect(party.members[0]!.says('audit-vote')).toEqual([
      { type: 'audit-vote', generation: 1, step: 0, digest: second!.other },
    ]);
    expect(party.frames).toEqual([]);
    party.form(2, 0, 'mesh', partition(SHARDS, 2), [0, 1]);
    party.advance(2, 1, [0, 1]);
    party.tellAll({ type: 'audit-passed', generation: 2, step: 0 }, [0, 1]);
    const ends = [0, 1].map((member) => party.members[member]!.says('reached').at(-1)!.digest);
    expect(ends).toEqual([digestAt(1), digestAt(1)]);
  });

  it('a pause while another rank is audited is answered when the engine has, and nothing is reported', () => {
    const party = audited();
    for (const { holds } of party.members) holds.add('recompute');
    party.advance(1, 4);
    party.tellAll({ type: 'pause', generation: 2 });
    expect(party.members[0]!.says('paused').length).toBe(1);
    for (const member of party.all) party.release(member, 'recompute');
    const held = { step: 0, digest: digestAt(0) };
    for (const { said } of party.members) {
      expect(said.at(-1)).toEqual({ type: 'paused', generation: 2, held });
    }
    expect(party.members.flatMap((member) => member.says('audit-report'))).toEqual([]);
  });

  it('a pause while the outcome is awaited is answered at once; an outcome of before changes nothing', () => {
    const party = audited();
    party.advance(1, 4);
    party.form(2, 0, 'mesh', partition(SHARDS, 3));
    party.tellAll({ type: 'audit-passed', generation: 1, step: 0 });
    party.advance(2, 1);
    party.tellAll({ type: 'audit-range', generation: 1, step: 0, first: 0, end: 1 });
    party.tellAll({ type: 'audit-passed', generation: 1, step: 0 });
    expect(party.frames).toEqual([]);
    party.tellAll({ type: 'audit-passed', generation: 2, step: 0 });
    expect(new Set(digests(party))).toEqual(new Set([digestAt(1)]));
  });

  it('after a link was lost nothing more is said or handed over', () => {
    const party = audited();
    party.members[0]!.holds.add('recompute');
    party.advance(1, 4);
    party.give(0, { type: 'link-failed', generation: 1, rank: 2, reason: 'cut' });
    party.settle();
    party.release(0, 'recompute');
    party.tellAll({ type: 'audit-passed', generation: 1, step: 0 }, [0]);
    expect(party.members[0]!.says('audit-report')).toEqual([]);
    expect(party.members[0]!.did('send-frame')).toEqual([]);
    expect(party.members[0]!.did('disconnect')).toEqual([]);
  });

  it.each([
    ['an outcome of another step', { type: 'audit-passed', generation: 1, step: 1 }],
    [
      'shards that the run has not',
      { type: 'audit-range', generation: 1, step: 0, first: 0, end: 9 },
    ],
  ] as const)('%s breaks the protocol', (_, message) => {
    const party = audited();
    party.advance(1, 4);
    party.tellAll(message, [0]);
    expect(party.members[0]!.did('disconnect').map(({ code }) => code)).toEqual(['protocol']);
  });

  it('an outcome that was not asked for breaks the protocol', () => {
    const party = formed('mesh', 2);
    party.tellAll({ type: 'audit-passed', generation: 1, step: 0 }, [0]);
    expect(party.members[0]!.did('disconnect').map(({ code }) => code)).toEqual(['protocol']);
  });
});

describe('states', () => {
  it('a joiner takes the state that it is sent', () => {
    const party = Party.joined(1);
    party.form(1, 6, 'alone', [ALL]);
    const held = { step: 6, digest: digestAt(6) };
    expect(party.members[0]!.says('prepared')).toEqual([{ type: 'prepared', generation: 1, held }]);
    party.advance(1, 9);
    expect(digests(party)).toEqual([digestAt(9)]);
  });

  it('may also come after the generation was told', () => {
    const party = Party.joined(1);
    party.tellAll({ type: 'pause', generation: 1 });
    party.tellAll(party.plan(1, 6, 'alone', [ALL], 0));
    expect(party.members[0]!.says('prepared')).toEqual([]);
    party.takeState(0, 1, 6);
    party.settle();
    expect(party.members[0]!.says('prepared').length).toBe(1);
  });

  it('is handed out when it is the step that was asked for', () => {
    const party = formed('alone', 1);
    party.advance(1, 2);
    party.tellAll({ type: 'send-state', generation: 1, step: 1, ...FIRST });
    party.tellAll({ type: 'send-state', generation: 1, step: 2, ...FIRST });
    expect(party.members[0]!.did('send-frame')).toEqual([
      {
        type: 'send-frame',
        to: COORDINATOR,
        header: frameHeader('state', 1, 2, 0, 0, PIECE_BYTES),
        payload: [stateAt(2).subarray(0, PIECE_BYTES)],
      },
    ]);
  });

  it.each<[string, (asked: FetchStateMessage) => WorkerInput]>([
    ['with another digest', (asked) => statePiece(asked, stateAt(4))],
    [
      'with a piece missing',
      (asked) => statePiece({ ...asked, offset: asked.offset + PIECE_BYTES }),
    ],
    ['with more bytes than were asked for', (asked) => statePiece({ ...asked, length: 304 })],
    ['with fewer', (asked) => statePiece({ ...asked, length: 296 })],
    ['of another step', (asked) => statePiece({ ...asked, step: 4 })],
  ])('%s is not taken: the link is closed and what is held stays', (_, answer) => {
    const party = formed('alone', 1);
    party.tellAll({ type: 'pause', generation: 2 });
    const worker = party.members[0]!;
    party.answer = answer;
    party.takeState(0, 2, 5);
    party.settle();
    expect(worker.did('disconnect').map(({ code }) => code)).toEqual(['protocol']);
    expect(worker.did('reconnect').length).toBe(1);
    expect(worker.did('load-state').length).toBe(1);
    expect(worker.engine.digest()).toBe(digestAt(0));
  });

  it('of another size than the run’s is refused before memory is taken', () => {
    const party = Party.joined(1);
    party.tellAll({ type: 'pause', generation: 1 });
    party.tellAll({ type: 'take-state', generation: 1, step: 5, digest: zeros, bytes: 2 ** 40 });
    expect(party.members[0]!.did('disconnect')[0]!.message).toMatch(
      /take-state of 1099511627776 bytes, a state of this run has 800/,
    );
  });
});

describe('links to the coordinator', () => {
  it('a lost link keeps engine and state: the worker joins again with what it holds', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.advance(1, 5);
    party.give(0, { type: 'disconnected', code: 'lost', reason: 'cut' }, { type: 'connected' });
    party.tellAll(RUN);
    expect(worker.did('reconnect').length).toBe(1);
    expect(worker.did('prepare').length).toBe(1);
    const held = { step: 5, digest: digestAt(5) };
    expect(worker.says('join').map((join) => join.held)).toEqual([null, held]);
    party.form(9, 5, 'alone', [ALL]);
    party.advance(9, 7);
    expect(digests(party)).toEqual([digestAt(7)]);
  });

  it('a link lost while a step is taken: the worker joins when it is, with that step', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    worker.holds.add('advance');
    party.advance(1, 5);
    party.give(0, { type: 'disconnected', code: 'lost', reason: 'cut' }, { type: 'connected' });
    party.tellAll(RUN);
    expect(worker.says('join').length).toBe(1);
    party.release(0, 'advance');
    expect(worker.says('join').at(-1)!.held).toEqual({ step: 1, digest: digestAt(1) });
  });

  it('a worker that is sent away does not come again', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.advance(1, 5);
    party.give(0, { type: 'disconnected', code: 'dismissed', reason: 'sent away' });
    party.settle();
    expect(worker.did('reconnect')).toEqual([]);
    expect(worker.did('exit')).toMatchObject([{ exit: { code: 'left', message: 'sent away' } }]);
  });

  it('a run with another id drops the state, and its generations count from the start', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.advance(1, 5);
    party.give(0, { type: 'disconnected', code: 'lost', reason: 'cut' }, { type: 'connected' });
    party.tellAll({ ...RUN, run: 'b'.repeat(32) });
    expect(worker.did('prepare').length).toBe(2);
    expect(worker.says('join').at(-1)!.held).toBeNull();
    party.form(1, 0, 'alone', [ALL]);
    party.advance(1, 2);
    expect(digests(party)).toEqual([digestAt(2)]);
  });

  it('links between workers are closed when their generation ends', () => {
    const party = formed('mesh', 2);
    const worker = party.members[0]!;
    expect(worker.did('open-links').map(({ generation }) => generation)).toEqual([1]);
    party.tellAll({ type: 'pause', generation: 2 });
    expect(worker.did('close-links').length).toBe(1);
  });

  it('a link that cannot be opened, or breaks, is reported once and only for its generation', () => {
    const party = formed('mesh', 3);
    const worker = party.members[0]!;
    const failed = { type: 'link-failed', rank: 2, reason: 'refused' } as const;
    party.give(0, { ...failed, generation: 0 }, { ...failed, generation: 1 });
    party.give(0, { ...failed, rank: 1, generation: 1 });
    party.advance(1, 3);
    expect(worker.says('link-lost')).toEqual([
      { type: 'link-lost', generation: 1, rank: 2, reason: 'refused' },
    ]);
    party.form(2, 0, 'star', partition(SHARDS, 3));
    party.advance(2, 3);
    expect(new Set(digests(party))).toEqual(new Set([digestAt(3)]));
  });

  it('a peer that sends what the step cannot need is lost, not this worker', () => {
    const party = formed('mesh', 2);
    const header = frameHeader('partial', 1, 0, 1, 4, 4);
    party.give(0, { type: 'frame', from: 1, header, payload: [new Uint8Array(4)] });
    party.settle();
    const [lost] = party.members[0]!.says('link-lost');
    expect(lost!.reason).toMatch(/begins at float 4, expected 0/);
    expect(party.members[0]!.did('disconnect')).toEqual([]);
  });

  it.each([
    ['advance beyond the end', { until: STEPS + 1, firstChunk: 0, endChunk: 0 }],
    ['chunks that are not there', { until: 1, firstChunk: 0, endChunk: 6 }],
    ['chunks that end before they begin', { until: 1, firstChunk: 3, endChunk: 2 }],
  ])('a coordinator that orders %s is left', (_, orders) => {
    const party = formed('alone', 1);
    party.tellAll({ type: 'advance', generation: 1, ...orders });
    expect(party.members[0]!.did('disconnect').map(({ code }) => code)).toEqual(['protocol']);
    expect(party.members[0]!.did('compute')).toEqual([]);
  });

  it.each([
    [
      'a gap',
      [
        { first: 0, end: 3 },
        { first: 4, end: 8 },
      ],
    ],
    [
      'an overlap',
      [
        { first: 0, end: 5 },
        { first: 4, end: 8 },
      ],
    ],
    [
      'too few',
      [
        { first: 0, end: 3 },
        { first: 3, end: 7 },
      ],
    ],
  ])('a generation whose shards have %s is refused', (_, ranges) => {
    const party = Party.joined(2);
    party.form(1, 0, 'mesh', ranges);
    expect(party.members[0]!.did('disconnect').length).toBe(1);
    expect(party.members[0]!.did('open-links')).toEqual([]);
  });
});

describe('failures', () => {
  const nonFinite = { code: 'non-finite', message: 'step 2: loss is NaN' };
  const died = { code: 'thread-lost', message: 'thread 0 died' };

  it('a step that cannot be taken is said, and the last good state is still handed out', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.advance(1, 2);
    worker.engine.failure = nonFinite;
    party.advance(1, 4);
    expect(worker.says('failed')).toEqual([
      { type: 'failed', generation: 1, step: 2, ...nonFinite },
    ]);
    party.tellAll({ type: 'send-state', generation: 1, step: 2, ...FIRST });
    expect(worker.did('send-frame').map(({ payload }) => payload)).toEqual([
      [stateAt(2).subarray(0, PIECE_BYTES)],
    ]);
    expect(worker.did('exit')).toEqual([]);
  });

  it('a thread that dies: the worker leaves, with the reason, and joins anew with its state', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.advance(1, 2);
    worker.engine.failure = died;
    party.advance(1, 4);
    expect(worker.did('disconnect').map(({ code }) => code)).toEqual(['thread-lost']);
    party.give(0, { type: 'connected' });
    party.tellAll(RUN);
    expect(worker.says('join').at(-1)!.held).toEqual({ step: 2, digest: digestAt(2) });
  });

  it('threads that die three times at one step end the worker', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    for (let generation = 2; generation < 5; generation++) {
      expect(worker.did('exit')).toEqual([]);
      party.form(generation, 0, 'alone', [ALL]);
      worker.engine.failure = died;
      party.advance(generation, 4);
      party.give(0, { type: 'connected' });
      party.tellAll(RUN);
    }
    expect(worker.says('failed').map(({ code }) => code)).toEqual(['thread-lost']);
    expect(worker.did('exit').map(({ exit }) => exit.code)).toEqual(['thread-lost']);
  });

  it('an engine that cannot be made ends the worker, with a word to the coordinator', () => {
    const party = new Party(1);
    party.give(0, { type: 'connected' });
    party.give(0, { type: 'engine-failed', code: 'graph', message: 'unknown operator' });
    party.settle();
    const worker = party.members[0]!;
    expect(worker.says('leave').map(({ reason }) => reason)).toEqual(['unknown operator']);
    expect(worker.did('exit').map(({ exit }) => exit.code)).toEqual(['graph']);
  });
});

describe('the end', () => {
  it('the run is over: the worker ends with its hash', () => {
    const party = formed('alone', 1);
    party.advance(1, STEPS);
    const { weightsHash } = party.members[0]!.says('reached')[0]!;
    party.tellAll({ type: 'finish', step: STEPS, weightsHash });
    const [exit] = party.members[0]!.did('exit');
    expect(exit!.exit).toMatchObject({ code: 'finished', finished: { weightsHash } });
  });

  it('other weights than this worker’s are a divergence', () => {
    const party = formed('alone', 1);
    party.advance(1, STEPS);
    party.tellAll({ type: 'finish', step: STEPS, weightsHash: zeros });
    expect(party.members[0]!.did('exit').map(({ exit }) => exit.code)).toEqual(['divergence']);
  });

  it('a refusal ends the worker with its reason; one that may pass makes it come again', () => {
    const party = Party.joined(2);
    party.tell(0, { type: 'refused', code: 'unreachable', message: 'no url' });
    party.tell(1, { type: 'refused', code: 'stale', message: 'silent for 6.2 s' });
    party.settle();
    const [first, second] = party.members;
    expect(first!.did('exit').map(({ exit }) => exit.code)).toEqual(['unreachable']);
    expect(second!.did('exit')).toEqual([]);
    expect(second!.did('reconnect').length).toBe(1);
  });

  it('who wants to go says so', () => {
    const party = formed('alone', 1);
    party.give(0, { type: 'leave', reason: 'SIGINT' });
    party.settle();
    expect(party.members[0]!.says('leave').map(({ reason }) => reason)).toEqual(['SIGINT']);
    expect(party.members[0]!.did('exit').map(({ exit }) => exit.code)).toEqual(['left']);
  });

  it('who wants to go and holds a step stays until it is let go, and hands over meanwhile', () => {
    const party = formed('alone', 1);
    const worker = party.members[0]!;
    party.advance(1, 2);
    party.give(0, { type: 'leave', reason: 'SIGINT' });
    party.settle();
    expect(worker.says('leave')).toHaveLength(1);
    expect(worker.did('exit')).toEqual([]);
    party.tellAll({ type: 'pause', generation: 2 });
    expect(worker.says('paused').at(-1)!.held).toEqual({ step: 2, digest: digestAt(2) });
    party.tellAll({ type: 'send-state', generation: 2, step: 2, ...FIRST });
    expect(worker.did('send-frame').at(-1)!.payload).toEqual([stateAt(2).subarray(0, PIECE_BYTES)]);
    party.give(0, { type: 'disconnected', code: 'left', reason: 'left: SIGINT' });
    party.settle();
    expect(worker.did('exit').map(({ exit }) => exit)).toEqual([
      { code: 'left', message: 'SIGINT' },
    ]);
    expect(worker.did('reconnect')).toEqual([]);
  });

  it('who is told to go twice goes at once', () => {
    const party = formed('alone', 1);
    party.advance(1, 2);
    for (const reason of ['SIGINT', 'SIGINT again']) party.give(0, { type: 'leave', reason });
    party.settle();
    const worker = party.members[0]!;
    expect(worker.did('exit').map(({ exit }) => exit.message)).toEqual(['SIGINT']);
    expect(worker.says('leave')).toHaveLength(1);
  });

  it('a run that was given up before this worker was back may go on yet: it keeps its state and comes again', () => {
    const party = formed('alone', 1);
    party.advance(1, 2);
    party.give(0, { type: 'disconnected', code: 'lost', reason: 'lost' });
    party.give(0, { type: 'connected' });
    party.tell(0, { type: 'refused', code: 'run-failed', message: 'mesh: …' });
    party.settle();
    expect(party.members[0]!.did('exit')).toEqual([]);
  });
});
