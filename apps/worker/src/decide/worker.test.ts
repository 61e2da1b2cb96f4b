import { partition } from '@lockstep/tree';
import { describe, expect, it } from 'vitest';
import { digestAt, SHARDS, STEPS, stateAt } from '../testing/fake-engine.js';
import { frameHeader, Party, PIECE_BYTES, RUN } from '../testing/party.js';
import { ALL, digests, FIRST, formed, zeros } from './formed.fixture.js';

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
