import { partition } from '@lockstep/tree';
import type { Topology } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import { digestAt, SHARDS, STEPS } from '../testing/fake-engine.js';
import { Party, RUN } from '../testing/party.js';
import { ALL, digests, formed } from './formed.fixture.js';

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
