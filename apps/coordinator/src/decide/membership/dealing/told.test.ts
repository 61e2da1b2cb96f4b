import { describe, expect, it } from 'vitest';
import { Scenario } from '../scenario.fixture.js';

function told<E extends string>(run: Scenario, event: E) {
  return run.notices.filter((notice) => notice.event === event);
}

describe('a star where a mesh was possible', () => {
  it('is told once, with who cannot reach whom, at which address, and why', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 0 });
    const first = run.join('w0', { url: 'ws://w0:7' });
    run.join('w1', { url: 'ws://w1:7' });
    expect(told(run, 'fallback')).toEqual([]);
    const reason = 'timeout: nobody answers';
    run.say(first, { type: 'link-lost', generation: 1, rank: 1, reason });
    run.join('w2', { url: 'ws://w2:7' });
    expect(told(run, 'fallback')).toEqual([
      {
        event: 'fallback',
        generation: 2,
        topology: 'star',
        step: 0,
        reason: `w1 cannot reach w0 at ws://w0:7 (${reason})`,
      },
    ]);
  });

  it('is told with the whole of a long reason, which ends with what to do', () => {
    const run = new Scenario({ config: { minWorkers: 2 }, haltAt: 0 });
    const first = run.join('w0', { url: 'ws://w0:7' });
    run.join('w1', { url: 'ws://w1:7' });
    const reason = `dial ws://w0:7: ${'its certificate is not known here, '.repeat(7)}--tls-ca FILE`;
    run.say(first, { type: 'link-lost', generation: 1, rank: 1, reason });
    expect(told(run, 'fallback')).toMatchObject([
      { reason: `w1 cannot reach w0 at ws://w0:7 (${reason})` },
    ]);
  });

  it('is told of workers that have no address, and again when others are the reason', () => {
    const run = new Scenario({ haltAt: 0, config: { minWorkers: 2 } });
    run.join('w0', { url: 'ws://w0:7' });
    const without = run.join('w1');
    run.join('w2');
    run.lose(without);
    expect(told(run, 'fallback')).toMatchObject(
      [
        { reason: /^w1 cannot be dialled .* start each with --listen HOST:PORT/ },
        { reason: /^w1, w2 cannot be dialled/ },
        { reason: /^w2 cannot be dialled/ },
      ].map(({ reason }) => ({ reason: expect.stringMatching(reason) })),
    );
  });

  it('is told once where pages may come, without advice that is of no use to them', () => {
    const run = new Scenario({ haltAt: 0, config: { takesPages: true } });
    for (const name of ['tab', 'tab/2', 'tab/3']) run.join(name);
    expect(told(run, 'fallback')).toMatchObject([
      { reason: 'pages cannot be dialled by other workers' },
    ]);
  });

  it('is no news where it was asked for, or a mesh is made', () => {
    for (const topology of ['star', 'auto'] as const) {
      const run = new Scenario({ haltAt: 0, config: { topology } });
      for (const name of ['w0', 'w1']) run.join(name, { url: 'ws://w' });
      expect(told(run, 'fallback')).toEqual([]);
    }
  });
});

describe('a worker without a shard', () => {
  it('is told of, with as many shards as would give all one', () => {
    const run = new Scenario({ haltAt: 0, config: { shards: 2, minWorkers: 3 } });
    for (const name of ['w0', 'w1', 'w2']) run.join(name);
    expect(told(run, 'without-shards')).toEqual([
      {
        event: 'without-shards',
        generation: 1,
        step: 0,
        names: [expect.stringMatching(/^w\d$/)],
        shards: 2,
        // Of 4 shards, two with 2 each would be as fast, with fewer blocks: the third would have none.
        needed: 8,
        reason: expect.stringMatching(
          /^w\d has no shard: 2 shards for 3 workers; a run that is begun with --shards 8 has one for each/,
        ),
      },
    ]);
    expect(run.state.told.idle).toMatchObject({ needed: 8 });
  });

  it('needs a larger batch where there are no more samples, and threads where it is too slow', () => {
    const small = new Scenario({ haltAt: 0, config: { shards: 2, batchSize: 3, minWorkers: 3 } });
    for (const name of ['w0', 'w1', 'w2']) small.join(name);
    expect(told(small, 'without-shards')).toMatchObject([
      {
        needed: null,
        reason: expect.stringMatching(/; a run with a larger --batch-size can have/),
      },
    ]);
    const slow = new Scenario({ haltAt: 0, config: { minWorkers: 2 } });
    slow.join('w0', { threads: 64 });
    slow.join('w1', { threads: 1 });
    expect(told(slow, 'without-shards')).toMatchObject([
      {
        ...{ names: ['w1'], needed: null },
        reason:
          'w1 has no shard: by the speeds measured the others are as fast with all 8; with more --threads it gets some',
      },
    ]);
    slow.join('w2', { threads: 1 });
    expect(told(slow, 'without-shards').at(-1)).toMatchObject({
      names: ['w1', 'w2'],
      reason: expect.stringMatching(/^w1, w2 have no shard: .*with more --threads they get some$/),
    });
  });

  it('that is slower than others with enough shards for all is told that, and not that there are too few', () => {
    const run = new Scenario({ haltAt: 0, config: { shards: 4, minWorkers: 2 } });
    run.join('w0', { threads: 8 });
    run.join('w1', { threads: 1 });
    expect(told(run, 'without-shards')).toMatchObject([
      {
        names: ['w1'],
        reason: expect.stringMatching(
          /^w1 has no shard: by the speeds measured the others are as fast with all 4; a run that is begun with --shards \d+ has one for each/,
        ),
      },
    ]);
  });

  it('is told of once, and not while it comes after the others', () => {
    const run = new Scenario({ haltAt: 0, config: { shards: 1 } });
    run.join('w0');
    const late = run.join('w1', { isHeldBack: true });
    expect(told(run, 'without-shards')).toEqual([]);
    run.catchUp(late);
    expect(told(run, 'without-shards')).toMatchObject([{ names: ['w0'], needed: 2 }]);
    run.lose(run.join('w2', { isHeldBack: true }));
    expect(told(run, 'without-shards')).toHaveLength(1);
  });
});
