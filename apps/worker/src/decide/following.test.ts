import type { Range } from '@lockstep/tree';
import type { RunMessage, SendStateMessage, Topology } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import { digestAt, FLOATS, SHARDS, STEPS, stateAt } from '../testing/fake-engine.js';
import { frameHeader, Party, PIECE_BYTES, RUN, statePiece } from '../testing/party.js';
import type { WorkerInput } from './border.js';
import type { WorkerBounds } from './generation-role.js';

const STATE_BYTES = 4 * FLOATS;
const PIECES = [
  { offset: 0, length: PIECE_BYTES },
  { offset: PIECE_BYTES, length: PIECE_BYTES },
  { offset: 2 * PIECE_BYTES, length: STATE_BYTES - 2 * PIECE_BYTES },
] as const;

function rangesOf(...ends: number[]): Range[] {
  return ends.map((end, i) => ({ first: i === 0 ? 0 : ends[i - 1]!, end }));
}

/** The shards of two, of whom the second is behind. */
const PAIR = rangesOf(SHARDS, SHARDS);

interface Setting {
  readonly topology?: Topology;
  readonly ranges?: readonly Range[];
  readonly behind?: readonly number[];
  readonly step?: number;
  readonly run?: RunMessage;
  readonly bounds?: WorkerBounds;
}

/** Generation 1 stands prepared, and the ranks that are behind have no state. Members have their number as rank. */
function formed(setting: Setting = {}): Party {
  const { topology = 'star', ranges = PAIR, behind = [1], step = 0, run, bounds } = setting;
  const party = Party.joined(ranges.length, run, bounds);
  party.form(1, step, topology, ranges, party.all, behind);
  return party;
}

/** Those who are not behind are told to take steps. */
function advance(party: Party, until: number, behind: readonly number[] = [1]): void {
  const working = party.all.filter((rank) => !behind.includes(rank));
  party.advance(1, until, working);
}

function giveState(party: Party, step = 0, member = 1): void {
  party.takeState(member, 1, step);
  party.settle();
}

function caughtUpAt(step: number) {
  return { type: 'caught-up', generation: 1, step, digest: digestAt(step) };
}

function codes(party: Party, member: number): string[] {
  return party.members[member]!.did('disconnect').map(({ code }) => code);
}

describe('a worker that is behind', () => {
  it.each<[string, Topology, Range[], number[]]>([
    ['rank 1 of 2 in a star', 'star', PAIR, [1]],
    ['rank 0 of 2 in a star', 'star', rangesOf(0, 8), [0]],
    ['ranks 0 and 2 of 3 in a star', 'star', rangesOf(0, 8, 8), [0, 2]],
    ['rank 1 of 2 in a mesh', 'mesh', PAIR, [1]],
    ['rank 0 of 2 in a mesh', 'mesh', rangesOf(0, 8), [0]],
    ['rank 1 of 3 in a mesh', 'mesh', rangesOf(5, 5, 8), [1]],
    ['ranks 1 and 2 of 3 in a mesh', 'mesh', rangesOf(8, 8, 8), [1, 2]],
  ])(
    '(%s) comes after the others, who take steps before it has the state',
    (_, topology, ranges, behind) => {
      const party = formed({ topology, ranges, behind, step: 2 });
      const following = party.members.filter((_, rank) => behind.includes(rank));
      advance(party, 7, behind);
      for (const member of party.members) {
        const isBehind = following.includes(member);
        expect(member.worker.status.phase).toBe(isBehind ? 'following' : 'standing');
        expect(member.engine.step).toBe(isBehind ? undefined : 7);
      }
      for (const rank of behind) giveState(party, 2, rank);
      for (const { engine } of following) expect(engine.digest()).toBe(digestAt(7));
      advance(party, STEPS, behind);
      for (const { engine } of party.members) expect(engine.digest()).toBe(digestAt(STEPS));
      for (const member of following) expect(member.says('caught-up')).toEqual([caughtUpAt(7)]);
      expect(
        party.members.flatMap((member) => codes(party, party.members.indexOf(member))),
      ).toEqual([]);
    },
  );

  it('says that it is prepared without a state, and has nothing of its own to hand over', () => {
    const party = formed({ topology: 'mesh', ranges: rangesOf(5, 5, 8) });
    advance(party, 3);
    const worker = party.members[1]!;
    expect(worker.says('prepared')).toEqual([{ type: 'prepared', generation: 1, held: null }]);
    expect(worker.did('compute')).toEqual([]);
    const assignments = party.members.flatMap((member) => member.did('assign'));
    expect(assignments.map(({ assignment }) => assignment.replays)).toEqual([false, true, false]);
    const partials = party.frames.filter(
      ({ from, header }) => from === 1 && header.kind === 'partial',
    );
    // It has begun the step after those that were taken, for each of two others.
    expect(partials.map(({ header }) => header.bytes)).toEqual(new Array(8).fill(0));
  });

  it('has caught up at once if nobody has taken a step', () => {
    const party = formed();
    giveState(party);
    expect(party.members[1]!.says('caught-up')).toEqual([caughtUpAt(0)]);
    advance(party, 4);
    expect(party.members[1]!.engine.digest()).toBe(digestAt(4));
    expect(party.members[1]!.says('caught-up').length).toBe(1);
  });

  it('of an audited run is dealt in and audited after it has caught up', () => {
    const party = formed({ topology: 'mesh', run: { ...RUN, audit: { share: 1, seed: 0 } } });
    giveState(party);
    expect(party.members[1]!.says('caught-up')).toEqual([caughtUpAt(0)]);
    party.form(2, 0, 'mesh', rangesOf(4, 8));
    party.advance(2, 1);
    const [first, second] = party.members.map((member) => member.says('audit-report')[0]!);
    expect([first!.own, first!.other]).toEqual([second!.other, second!.own]);
    party.tellAll({ type: 'audit-passed', generation: 2, step: 0 });
    for (const { engine } of party.members) expect(engine.digest()).toBe(digestAt(1));
  });

  it('comes after to the last step of the run, too', () => {
    const party = formed();
    advance(party, STEPS);
    giveState(party);
    expect(party.members[1]!.says('caught-up')).toEqual([caughtUpAt(STEPS)]);
    expect(party.frames.some(({ header }) => header.step === STEPS)).toBe(false);
  });

  it('may have got the state before it heard of the generation', () => {
    const party = Party.joined(2);
    party.tellAll({ type: 'pause', generation: 1 });
    giveState(party, 3);
    party.form(1, 3, 'star', PAIR, party.all, [1]);
    expect(party.members[1]!.says('prepared').map(({ held }) => held)).toEqual([null]);
    advance(party, 5);
    expect(party.members[1]!.engine.digest()).toBe(digestAt(5));
    expect(party.members[1]!.says('caught-up')).toEqual([caughtUpAt(3)]);
  });

  it('takes no step with an older state that it holds', () => {
    const party = Party.joined(2);
    const worker = party.members[1]!;
    party.form(1, 0, 'mesh', rangesOf(4, 8));
    party.advance(1, 2);
    party.form(2, 2, 'alone', [{ first: 0, end: SHARDS }], [0]);
    party.advance(2, 5, [0]);
    party.form(3, 5, 'mesh', PAIR, party.all, [1]);
    party.advance(3, 8, [0]);
    expect(worker.engine.step).toBe(2);
    expect(worker.did('replay')).toEqual([]);
    party.takeState(1, 3, 5);
    party.settle();
    expect(worker.engine.digest()).toBe(digestAt(8));
    expect(worker.says('caught-up')).toEqual([{ ...caughtUpAt(8), generation: 3 }]);
  });

  it('whose engine is late keeps what others who are behind hand over', () => {
    const party = Party.joined(3);
    party.members[1]!.holds.add('assign');
    party.form(1, 0, 'mesh', rangesOf(8, 8, 8), party.all, [1, 2]);
    expect(party.frames.some(({ from, to }) => from === 2 && to === 1)).toBe(true);
    party.release(1, 'assign');
    advance(party, 3, [1, 2]);
    expect(party.members[0]!.engine.step).toBe(3);
  });

  it('hands nothing over before its links are open', () => {
    const party = Party.joined(3);
    party.members[1]!.holds.add('open-links');
    party.form(1, 0, 'mesh', rangesOf(8, 8, 8), party.all, [1, 2]);
    expect(party.members[1]!.says('prepared')).toEqual([]);
    expect(party.frames.filter(({ from }) => from === 1)).toEqual([]);
    party.release(1, 'open-links');
    advance(party, 3, [1, 2]);
    expect(party.members[0]!.engine.step).toBe(3);
  });

  it('is not to be told to advance', () => {
    const party = formed();
    party.advance(1, 4, [1]);
    expect(codes(party, 1)).toEqual(['protocol']);
  });
});

describe('the state', () => {
  it('comes in pieces, one asked for at a time, while the others take steps', () => {
    const party = formed({ step: 1 });
    const worker = party.members[1]!;
    party.answer = () => undefined;
    giveState(party, 1);
    for (const [i, piece] of PIECES.entries()) {
      advance(party, 2 + i);
      expect(party.members[0]!.engine.step).toBe(2 + i);
      expect(worker.says('fetch-state').length).toBe(i + 1);
      const asked = worker.says('fetch-state')[i]!;
      expect(asked).toEqual({ type: 'fetch-state', generation: 1, step: 1, ...piece });
      party.give(1, statePiece(asked));
      party.settle();
    }
    expect(worker.says('fetch-state').length).toBe(PIECES.length);
    expect(worker.says('caught-up')).toEqual([caughtUpAt(4)]);
  });

  const piece = { generation: 1, step: 0, ...PIECES[0] };
  const next = { generation: 1, step: 0, ...PIECES[1] };
  it.each([
    ['twice', [piece, piece]],
    ['out of order', [next]],
    ['with a piece left out', [piece, { ...next, ...PIECES[2] }]],
    ['in a larger piece than was asked for', [{ ...piece, length: 2 * PIECE_BYTES }]],
    ['with nothing in it', [{ ...piece, length: 0 }]],
    ['of another step', [piece, { ...next, step: 1 }]],
    ['to its end and beyond', [piece, next, { ...next, ...PIECES[2] }, piece]],
  ])('that comes %s ends the link', (_, sent) => {
    const party = formed();
    const worker = party.members[1]!;
    party.answer = () => undefined;
    worker.holds.add('load-state');
    giveState(party);
    party.give(1, ...sent.map((one) => statePiece(one)));
    party.settle();
    expect(codes(party, 1)).toEqual(['protocol']);
  });

  it('that nobody announced ends the link', () => {
    const party = formed();
    party.give(1, statePiece(piece));
    party.settle();
    expect(codes(party, 1)).toEqual(['protocol']);
    expect(party.members[1]!.engine.step).toBeUndefined();
  });

  it('is not taken from another worker, and that one is lost', () => {
    const party = formed({ topology: 'mesh' });
    party.answer = () => undefined;
    giveState(party);
    party.give(1, { ...statePiece(piece), from: 0 } as WorkerInput);
    party.settle();
    expect(party.members[1]!.says('link-lost').map(({ rank }) => rank)).toEqual([0]);
    expect(codes(party, 1)).toEqual([]);
  });

  it('is not to be announced to who is not behind', () => {
    const party = formed();
    giveState(party, 0, 0);
    expect(codes(party, 0)).toEqual(['protocol']);
  });
});

describe('with more sums than it may keep', () => {
  it.each([
    ['star', 0, 1],
    ['star', 2 * STATE_BYTES, 3],
    ['mesh', 2 * STATE_BYTES, 3],
  ] as const)(
    'in a %s (%i bytes) a worker holds the others up until it has the state',
    (topology, keptBytes, step) => {
      const party = formed({ topology, bounds: { keptBytes } });
      const [working, worker] = [party.members[0]!, party.members[1]!];
      advance(party, STEPS);
      expect(working.engine.step).toBe(step);
      expect(working.worker.status.phase).toBe('exchanging');
      giveState(party);
      expect(working.says('reached').map(({ digest }) => digest)).toEqual([digestAt(STEPS)]);
      expect(worker.engine.digest()).toBe(digestAt(STEPS));
      const said = worker.says('caught-up');
      expect(said).toEqual([caughtUpAt(said[0]!.step)]);
    },
  );

  it('a worker comes after the others however slowly it takes steps: it holds them up until it has', () => {
    const party = formed({ bounds: { keptBytes: 2 * STATE_BYTES } });
    const worker = party.members[1]!;
    worker.holds.add('replay');
    advance(party, STEPS);
    giveState(party);
    const steps: number[] = [];
    while (worker.says('caught-up').length === 0) {
      steps.push(party.members[0]!.engine.step!);
      party.give(1, ...worker.pending.splice(0));
      party.settle();
    }
    // Sums of 3 steps are kept; one more is taken by the others while it takes two.
    expect(steps).toEqual([4, 4, 5, 5, 6, 6]);
    expect(worker.says('caught-up')).toEqual([caughtUpAt(6)]);
    party.release(1, 'replay');
    for (const { engine } of party.members) expect(engine.digest()).toBe(digestAt(STEPS));
  });
});

describe('a pause', () => {
  it('after it has caught up finds it where the others are, though it has yet to take their last step', () => {
    const party = formed();
    giveState(party);
    const worker = party.members[1]!;
    worker.holds.add('replay');
    advance(party, 5);
    party.tellAll({ type: 'pause', generation: 2 });
    party.release(1, 'replay');
    const held = party.members.map((member) => member.says('paused').at(-1)!.held);
    expect(held[1]).toEqual(held[0]);
    expect(held[0]!.step).toBeGreaterThan(0);
  });

  it.each<[string, string | undefined, boolean, number | null]>([
    ['before the state is announced', undefined, false, null],
    ['while it loads the state', 'load-state', true, 0],
    ['while it replays', 'replay', true, 1],
    ['after it has caught up', undefined, true, 3],
  ])('%s is answered with what the engine holds', (_, operation, isGiven, step) => {
    const party = formed({ topology: 'mesh' });
    const worker = party.members[1]!;
    if (operation) worker.holds.add(operation);
    advance(party, 3);
    if (isGiven) giveState(party);
    party.tellAll({ type: 'pause', generation: 2 });
    expect(worker.says('paused').length).toBe(operation ? 1 : 2);
    if (operation) party.release(1, operation);
    const held = step === null ? null : { step, digest: digestAt(step) };
    expect(worker.says('paused').at(-1)).toEqual({ type: 'paused', generation: 2, held });
    expect(worker.did('replay').length).toBe(step ?? 0);
    party.form(3, 3, 'mesh', rangesOf(4, 8));
    party.advance(3, STEPS);
    for (const { engine } of party.members) expect(engine.digest()).toBe(digestAt(STEPS));
  });

  it('while pieces come ends the taking: the next piece is one that nobody asked for', () => {
    const party = formed();
    party.answer = (asked) => (asked.offset === 0 ? statePiece(asked) : undefined);
    giveState(party);
    party.tellAll({ type: 'pause', generation: 2 });
    expect(codes(party, 1)).toEqual([]);
    party.give(1, statePiece({ generation: 2, step: 0, ...PIECES[1] }));
    party.settle();
    expect(codes(party, 1)).toEqual(['protocol']);
  });

  it('while pieces come makes those that are late change nothing', () => {
    const party = formed();
    const worker = party.members[1]!;
    party.answer = (asked) => (asked.offset === 0 ? statePiece(asked) : undefined);
    giveState(party);
    advance(party, 3);
    const late = statePiece(worker.says('fetch-state').at(-1)!);
    party.form(2, 3, 'star', PAIR, party.all, [1]);
    expect(worker.says('paused').at(-1)!.held).toBeNull();
    party.answer = statePiece;
    party.takeState(1, 2, 3);
    party.give(1, late);
    party.settle();
    party.advance(2, 5, [0]);
    expect(worker.engine.digest()).toBe(digestAt(5));
    expect(worker.says('caught-up')).toEqual([{ ...caughtUpAt(3), generation: 2 }]);
  });
});

describe('a step that cannot be replayed', () => {
  it('is said, no more is handed over, and the last good state stays', () => {
    const party = formed();
    const worker = party.members[1]!;
    advance(party, 2);
    const failure = { code: 'non-finite', message: 'step 0: loss is NaN' };
    worker.engine.failure = failure;
    giveState(party);
    expect(worker.says('failed')).toEqual([{ type: 'failed', generation: 1, step: 0, ...failure }]);
    expect(worker.worker.status.phase).toBe('stuck');
    const handedOver = worker.did('send-frame').length;
    advance(party, 6);
    expect(worker.did('send-frame').length).toBe(handedOver);
    party.tellAll({ type: 'pause', generation: 2 });
    const held = { step: 0, digest: digestAt(0) };
    expect(worker.says('paused').at(-1)!.held).toEqual(held);
    expect(worker.says('caught-up')).toEqual([]);
  });

  it('since a thread died makes the worker join anew with its state', () => {
    const party = formed();
    const worker = party.members[1]!;
    advance(party, 2);
    worker.engine.failure = { code: 'thread-lost', message: 'thread 0 died' };
    giveState(party);
    expect(codes(party, 1)).toEqual(['thread-lost']);
    party.give(1, { type: 'connected' });
    party.tellAll(RUN, [1]);
    expect(worker.says('join').at(-1)!.held).toEqual({ step: 0, digest: digestAt(0) });
  });
});

describe('a worker that is asked for its state', () => {
  function ask(step: number, piece: number, generation = 1): SendStateMessage {
    return { type: 'send-state', generation, step, ...PIECES[piece]! };
  }

  /** The bytes of a step's state that member 0 has sent. */
  function sent(party: Party, step: number): Uint8Array {
    const frames = party.members[0]!.did('send-frame');
    const pieces = frames.filter(({ header }) => header.kind === 'state' && header.step === step);
    return new Uint8Array(Buffer.concat(pieces.flatMap(({ payload }) => payload)));
  }

  it('sends what it was at when the first piece was asked for, and takes steps between pieces', () => {
    const party = formed();
    party.tell(0, ask(0, 0));
    advance(party, 2);
    party.tellAll(ask(0, 1), [0]);
    advance(party, 5);
    party.tellAll(ask(0, 2), [0]);
    expect(sent(party, 0)).toEqual(stateAt(0));
    const headers = party.members[0]!.did('send-frame')
      .map(({ header }) => header)
      .filter(({ kind }) => kind === 'state');
    expect(headers).toEqual(
      PIECES.map(({ offset, length }) => frameHeader('state', 1, 0, 0, offset, length)),
    );
    expect(party.members[0]!.engine.digest()).toBe(digestAt(5));
  });

  it('sends the further pieces while a step is taken', () => {
    const party = formed();
    party.members[0]!.holds.add('advance');
    party.tell(0, ask(0, 0));
    advance(party, 2);
    for (const piece of [1, 2]) party.tellAll(ask(0, piece), [0]);
    expect(sent(party, 0)).toEqual(stateAt(0));
  });

  it('sends the first piece when the step under way is taken', () => {
    const party = formed();
    party.members[0]!.holds.add('advance');
    advance(party, 1);
    party.tellAll(ask(1, 0), [0]);
    expect(sent(party, 1)).toEqual(new Uint8Array(0));
    party.release(0, 'advance');
    expect(sent(party, 1)).toEqual(stateAt(1).subarray(0, PIECE_BYTES));
  });

  it('sends the states of two steps in turn', () => {
    const party = formed();
    party.tellAll(ask(0, 0), [0]);
    advance(party, 3);
    for (const piece of [0, 1, 2]) {
      party.tellAll(ask(3, piece), [0]);
      if (piece > 0) party.tellAll(ask(0, piece), [0]);
    }
    expect(sent(party, 0)).toEqual(stateAt(0));
    expect(sent(party, 3)).toEqual(stateAt(3));
  });

  it('sends a state again when it was sent to its end', () => {
    const party = formed();
    for (const piece of [0, 1, 2, 0, 1, 2]) party.tellAll(ask(0, piece), [0]);
    expect(sent(party, 0).length).toBe(2 * STATE_BYTES);
    expect(codes(party, 0)).toEqual([]);
  });

  it('sends it from the start in another generation', () => {
    const party = formed();
    party.tellAll(ask(0, 0), [0]);
    party.tellAll({ type: 'pause', generation: 2 });
    for (const piece of [0, 1, 2]) party.tellAll(ask(0, piece, 2), [0]);
    expect(sent(party, 0).subarray(PIECE_BYTES)).toEqual(stateAt(0));
  });

  it('sends nothing that was asked for in a generation that is over', () => {
    const party = formed();
    party.members[0]!.holds.add('advance');
    advance(party, 1);
    party.tellAll(ask(1, 0), [0]);
    party.tellAll({ type: 'pause', generation: 2 });
    party.release(0, 'advance');
    expect(party.members[0]!.says('paused').at(-1)!.held!.step).toBe(1);
    expect(sent(party, 1)).toEqual(new Uint8Array(0));
  });

  it.each([
    ['a later piece first', [ask(0, 1)]],
    ['a piece twice', [ask(0, 0), ask(0, 0)]],
    ['a piece beyond the end', [{ ...ask(0, 0), length: STATE_BYTES + 4 }]],
  ])('ends the link when it is asked for %s', (_, asked) => {
    const party = formed();
    for (const message of asked) party.tellAll(message, [0]);
    expect(codes(party, 0)).toEqual(['protocol']);
  });
});
