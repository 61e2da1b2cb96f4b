import { COORDINATOR, chunksOf } from '@lockstep/collective';
import { describe, expect, it } from 'vitest';
import { digestAt, FLOATS, STEPS } from '../testing/fake-engine.js';
import { Party, RUN } from '../testing/party.js';
import { digests, formed } from './formed.fixture.js';

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
