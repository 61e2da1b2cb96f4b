import { describe, expect, it } from 'vitest';
import {
  decideElection,
  type ElectionEffect,
  type ElectionEvent,
  FOLLOWER,
  MAX_FENCE,
  mayAct,
  type Standing,
} from './election.js';

const TTL = 3000;

/** A coordinator that is told one thing after the other. */
class Candidate {
  standing: Standing = FOLLOWER;

  at(now: number, event: ElectionEvent): readonly ElectionEffect[] {
    const { standing, effects } = decideElection(this.standing, event, now);
    this.standing = standing;
    return effects;
  }

  /** One that leads since 1000, when it asked. */
  static leader(): Candidate {
    const one = new Candidate();
    one.at(900, { type: 'tick' });
    one.at(950, { type: 'seen', leader: null });
    one.at(1100, { type: 'won', fence: 7, lease: 'a', asked: 1000, ttlMs: TTL });
    return one;
  }
}

describe('who follows', () => {
  it('looks who leads, one look at a time, and again a quarter of a second after the answer', () => {
    const one = new Candidate();
    expect(one.at(0, { type: 'tick' })).toEqual([{ type: 'look' }]);
    expect(one.at(1000, { type: 'tick' })).toEqual([]);
    expect(one.at(1000, { type: 'seen', leader: 'b' })).toEqual([{ type: 'follow', leader: 'b' }]);
    expect(one.at(1249, { type: 'tick' })).toEqual([]);
    expect(one.at(1250, { type: 'tick' })).toEqual([{ type: 'look' }]);
  });

  it('tries to make the key as soon as nobody has it, and follows on if another was faster', () => {
    const one = new Candidate();
    one.at(0, { type: 'tick' });
    expect(one.at(10, { type: 'seen', leader: null })).toEqual([{ type: 'campaign' }]);
    expect(one.at(15, { type: 'tick' })).toEqual([]);
    expect(one.at(20, { type: 'seen', leader: 'b' })).toEqual([{ type: 'follow', leader: 'b' }]);
    expect(mayAct(one.standing, 20)).toBe(false);
  });

  it('looks again where etcd did not answer, and never leads for that', () => {
    const one = new Candidate();
    one.at(0, { type: 'tick' });
    expect(one.at(10, { type: 'unanswered', why: 'no route' })).toEqual([
      { type: 'trouble', why: 'no route' },
    ]);
    expect(one.at(500, { type: 'tick' })).toEqual([]);
    expect(one.at(510, { type: 'tick' })).toEqual([{ type: 'look' }]);
    expect(one.standing.role).toBe('follower');
  });
});

describe('who leads', () => {
  it('leads with the revision as its fence, from the answer on', () => {
    const one = new Candidate();
    one.at(0, { type: 'tick' });
    one.at(1, { type: 'seen', leader: null });
    const won: ElectionEvent = { type: 'won', fence: 7, lease: 'a', asked: 2, ttlMs: TTL };
    expect(one.at(50, won)).toEqual([{ type: 'lead', fence: 7 }]);
    expect(mayAct(one.standing, 50)).toBe(true);
  });

  it('may act for less than its lease lasts, counted from when it asked', () => {
    const { standing } = Candidate.leader();
    expect(mayAct(standing, 1000 + TTL * 0.9 - 1)).toBe(true);
    expect(mayAct(standing, 1000 + TTL * 0.9)).toBe(false);
  });

  it('keeps its lease three times in its length, one request at a time', () => {
    const one = Candidate.leader();
    expect(one.at(1999, { type: 'tick' })).toEqual([]);
    expect(one.at(2000, { type: 'tick' })).toEqual([{ type: 'keep', lease: 'a' }]);
    expect(one.at(2100, { type: 'tick' })).toEqual([]);
    expect(one.at(2200, { type: 'kept', asked: 2000, ttlMs: TTL })).toEqual([]);
    expect(mayAct(one.standing, 4699)).toBe(true);
    expect(one.at(2999, { type: 'tick' })).toEqual([]);
    expect(one.at(3000, { type: 'tick' })).toEqual([{ type: 'keep', lease: 'a' }]);
  });

  it('is not cut short by an answer that is older than another', () => {
    const one = Candidate.leader();
    one.at(2200, { type: 'kept', asked: 2000, ttlMs: TTL });
    one.at(2300, { type: 'kept', asked: 1500, ttlMs: TTL });
    expect(mayAct(one.standing, 4699)).toBe(true);
  });

  it('asks again and again where etcd does not answer, and is fenced when its lease may be over', () => {
    const one = Candidate.leader();
    one.at(2000, { type: 'tick' });
    expect(one.at(2500, { type: 'unanswered', why: 'timeout' })[0]).toMatchObject({
      type: 'trouble',
    });
    expect(one.at(2750, { type: 'tick' })).toEqual([{ type: 'keep', lease: 'a' }]);
    expect(one.at(3700, { type: 'tick' })).toMatchObject([{ type: 'fenced' }]);
    expect(one.standing.role).toBe('fenced');
  });

  it('is fenced at once when etcd knows its lease no longer', () => {
    const one = Candidate.leader();
    one.at(2000, { type: 'tick' });
    expect(one.at(2010, { type: 'kept', asked: 2000, ttlMs: 0 })).toMatchObject([
      { type: 'fenced', why: expect.stringMatching(/taken its lease back/) },
    ]);
    expect(mayAct(one.standing, 2010)).toBe(false);
  });
});

describe('who stood still', () => {
  it.each<ElectionEvent>([
    { type: 'tick' },
    { type: 'kept', asked: 3600, ttlMs: TTL },
    { type: 'unanswered', why: 'timeout' },
    { type: 'seen', leader: null },
  ])('is fenced by whatever it hears first when it wakes: %j', (event) => {
    const one = Candidate.leader();
    expect(one.at(60_000, event)).toMatchObject([{ type: 'fenced' }]);
  });

  it('stays fenced, whatever comes', () => {
    const one = Candidate.leader();
    one.at(60_000, { type: 'tick' });
    const won: ElectionEvent = { type: 'won', fence: 9, lease: 'b', asked: 60_000, ttlMs: TTL };
    for (const event of [won, { type: 'tick' }, { type: 'seen', leader: null }] as const) {
      expect(one.at(60_001, event)).toEqual([]);
    }
    expect(mayAct(one.standing, 60_001)).toBe(false);
  });

  it('before it heard that it had won does not lead, and follows on', () => {
    const one = new Candidate();
    one.at(0, { type: 'tick' });
    one.at(1, { type: 'seen', leader: null });
    const won: ElectionEvent = { type: 'won', fence: 7, lease: 'a', asked: 2, ttlMs: TTL };
    expect(one.at(5000, won)).toMatchObject([{ type: 'trouble' }]);
    expect(mayAct(one.standing, 5000)).toBe(false);
    expect(one.at(5250, { type: 'tick' })).toEqual([{ type: 'look' }]);
  });
});

it('a revision that no frame can carry is refused', () => {
  const one = new Candidate();
  one.at(0, { type: 'tick' });
  one.at(1, { type: 'seen', leader: null });
  const fence = MAX_FENCE + 1;
  expect(one.at(3, { type: 'won', fence, lease: 'a', asked: 2, ttlMs: TTL })).toMatchObject([
    { type: 'fenced', why: expect.stringMatching(/use another etcd/) },
  ]);
});

it('of many that begin at once, at every moment one may act at most, whoever stands still for however long', () => {
  // etcd, as far as it matters: a key with a lease that it counts from when it is asked.
  let key: { lease: string; ends: number } | undefined;
  let revision = 1;
  const candidates = Array.from({ length: 4 }, () => new Candidate());
  const wakes = candidates.map(() => 0);
  let state = 1;
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  let fences = 0;
  let leaders = 0;
  for (let now = 0; now < 400_000; now += 50) {
    if (key && now >= key.ends) key = undefined;
    for (const [i, one] of candidates.entries()) {
      if (now < wakes[i]!) continue;
      if (random() < 0.005) wakes[i] = now + random() * 8000;
      const queue = [...one.at(now, { type: 'tick' })];
      for (const effect of queue) {
        if (effect.type === 'look') {
          queue.push(...one.at(now, { type: 'seen', leader: key?.lease ?? null }));
        } else if (effect.type === 'campaign') {
          const lease = `${++revision}`;
          if (!key) {
            key = { lease, ends: now + TTL };
            const won = { type: 'won', fence: revision, lease, asked: now, ttlMs: TTL } as const;
            queue.push(...one.at(now, won));
          } else queue.push(...one.at(now, { type: 'seen', leader: key.lease }));
        } else if (effect.type === 'keep') {
          const isKept = key?.lease === effect.lease;
          if (isKept) key!.ends = now + TTL;
          queue.push(...one.at(now, { type: 'kept', asked: now, ttlMs: isKept ? TTL : 0 }));
        } else if (effect.type === 'fenced') {
          fences++;
          candidates[i] = new Candidate();
        } else if (effect.type === 'lead') leaders++;
      }
    }
    // Also those that stand still: they might wake at any moment.
    const acting = candidates.filter(({ standing }) => mayAct(standing, now));
    if (acting.length > 1) throw new Error(`${acting.length} may act at ${now}`);
  }
  expect(leaders).toBeGreaterThan(5);
  expect(fences).toBeGreaterThan(3);
});
