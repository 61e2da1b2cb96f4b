import { encodeControl, MAX_QUEUED_BYTES } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import {
  asks,
  closes,
  FLOATS,
  Host,
  heldAt,
  offers,
  PIECE,
  REACHED,
  RUN,
  received,
  STATE_BYTES,
  sha256,
  stateBytes,
} from './host.fixture.js';

describe('Coordinator', () => {
  it('sends the run first, and sets limits to what may come and what may be queued', () => {
    const host = new Host();
    const maxQueuedBytes = MAX_QUEUED_BYTES + encodeControl(RUN).length;
    expect(host.handle({ type: 'connected', id: 1 })).toEqual([
      { type: 'limit', to: 1, maxFrameBytes: PIECE, maxQueuedBytes },
      { type: 'send', to: 1, message: RUN },
    ]);
    host.handle({ type: 'connected', id: 2 });
    host.begin();
    const limits = host.effects.filter((effect) => effect.type === 'limit' && effect.to === 2);
    // In a star two sums besides: one on its way, and the next.
    expect(limits.at(-1)).toMatchObject({ maxQueuedBytes: maxQueuedBytes + 2 * 4 * FLOATS });
  });

  it('offers its own state to those who lack it, then the generation with a key', () => {
    const host = new Host();
    host.begin();
    const told = host.effects.flatMap((effect) =>
      effect.type === 'send' && effect.to === 2 ? [effect.message.type] : [],
    );
    expect(told).toEqual(['run', 'pause', 'take-state', 'generation', 'advance']);
    expect(received(host.effects, 2)).toBe(heldAt(0).digest);
    expect(host.effects).toContainEqual({
      type: 'send',
      to: 2,
      message: { type: 'take-state', generation: 1, ...heldAt(0), bytes: STATE_BYTES },
    });
    expect(host.effects).toContainEqual({
      type: 'send',
      to: 2,
      message: {
        type: 'generation',
        generation: 1,
        ...heldAt(0),
        rank: 1,
        topology: 'star',
        members: [
          { name: 'w1', url: null, first: 0, end: 2 },
          { name: 'w2', url: null, first: 2, end: 4 },
        ],
        behind: [],
        key: new Uint8Array(32).fill(1),
      },
    });
  });

  it('fetches a newer state from its holder, verifies it, and offers it to who is behind', () => {
    const host = new Host();
    const begun = host.beginBehind();
    const told = begun.flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []));
    expect(told).toEqual(['send-state', 'advance']);
    const plans = host.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.type === 'generation' ? [effect.message] : [],
    );
    for (const plan of plans) {
      expect(plan).toMatchObject({ step: 7, behind: [0] });
      expect(plan.members.map(({ first, end }) => [first, end])).toEqual([
        [0, 0],
        [0, 4],
      ]);
    }
    expect(offers(host.sendState(2, 7))).toEqual([[1, 7]]);
    expect(received(host.fetchState(1, 7), 1)).toBe(heldAt(7).digest);
  });

  it('reads a state that is saved, for those who are behind', () => {
    const host = new Host();
    host.begin();
    host.join(3);
    for (const id of [1, 2]) host.paused(id, 0);
    host.paused(3);
    for (const id of [1, 2]) host.prepared(id, 0);
    expect(host.prepared(3, null)).toContainEqual({ type: 'load-state', held: heldAt(0) });
    const loaded = { type: 'state-loaded', step: 0, bytes: stateBytes(0) } as const;
    expect(offers(host.handle(loaded))).toEqual([[3, 0]]);
  });

  it('takes no state that was read for a generation that is over', () => {
    const host = new Host();
    for (const id of [1, 2]) host.join(id);
    for (const id of [1, 2]) host.paused(id);
    host.join(3);
    expect(host.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(0) })).toEqual([]);
  });

  it('closes the link of a worker whose state is not what it said, and goes on without it', () => {
    const wrong = stateBytes(7).slice();
    wrong[PIECE]! ^= 1;
    const host = new Host();
    host.beginBehind();
    const effects = host.sendState(2, 7, wrong);
    expect(closes(effects)).toMatchObject([{ id: 2, code: 'protocol' }]);
    expect(offers(effects)).toEqual([]);
    expect(host.coordinator.membership.members.map(({ id }) => id)).toEqual([1]);
  });

  it('stops taking a state when a new generation forms', () => {
    const host = new Host();
    host.beginBehind();
    host.sendPiece(2, 7);
    host.join(3);
    const rest = stateBytes(7).subarray(PIECE, 2 * PIECE);
    expect(host.frame(2, { generation: 1, step: 7, offset: PIECE }, [rest])).toEqual([]);
    expect(asks(host.effects, 2)).toHaveLength(2);
    host.paused(1);
    host.paused(3);
    host.paused(2, 7);
    host.prepared(1, null);
    host.prepared(3, null);
    const [asked] = asks(host.prepared(2, 7), 2);
    expect(asked).toMatchObject({ generation: 2, step: 7, offset: 0 });
    expect(offers(host.sendState(2, 7))).toEqual([
      [1, 7],
      [3, 7],
    ]);
  });

  it('ends the run if its own checkpoint has other bytes than it was saved with', () => {
    const host = new Host();
    host.join(1);
    host.join(2);
    host.paused(1);
    host.paused(2);
    const effects = host.handle({ type: 'state-loaded', step: 0, bytes: stateBytes(1) });
    expect(effects.at(-1)).toMatchObject({ type: 'over', outcome: { code: 'disk' } });
  });

  it('saves the state of a stop point from a member that stands there', () => {
    const host = new Host();
    host.begin();
    for (const id of [1, 2]) host.say(id, { ...REACHED, generation: 1 });
    const save = host.sendState(1, 10).at(-1);
    expect(save).toMatchObject({ type: 'save-state', held: { step: 10 } });
    expect(save?.type === 'save-state' && sha256(save.bytes)).toBe(heldAt(10).digest);
    const end = host.handle({ type: 'saved', held: heldAt(10), path: 'p' });
    expect(end.at(-1)).toMatchObject({ type: 'over', outcome: { type: 'finished' } });
  });
});
