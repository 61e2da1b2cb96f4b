import type { FrameHeader } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import {
  asks,
  COORDINATOR,
  closes,
  frames,
  Host,
  heldAt,
  offers,
  PIECE,
  REACHED,
  received,
  STATE_BYTES,
  sha256,
  stateBytes,
} from './host.fixture.js';

describe('a state on its way in', () => {
  it('is asked for one piece at a time, each when the one before has come', () => {
    for (const pieceBytes of [undefined, 700_000]) {
      const host = new Host({}, pieceBytes);
      const length = pieceBytes ?? PIECE;
      expect(asks(host.beginBehind(), 2)).toEqual([
        { type: 'send-state', generation: 1, step: 7, offset: 0, length },
      ]);
      expect(asks(host.sendPiece(2, 7), 2)).toMatchObject([{ step: 7, offset: length, length }]);
      const last = { offset: 2 * length, length: STATE_BYTES - 2 * length };
      expect(asks(host.sendPiece(2, 7), 2)).toMatchObject([{ step: 7, ...last }]);
      expect(host.sendPiece(2, 7).map(({ type }) => type)).toEqual(['send']);
      expect(asks(host.effects, 2)).toHaveLength(3);
    }
  });

  it.each<[string, Partial<FrameHeader>, number, number]>([
    ['out of place', { step: 7, offset: 8 }, PIECE, 2],
    ['too long', { step: 7 }, PIECE + 1, 2],
    ['too short', { step: 7 }, PIECE - 1, 2],
    ['empty', { step: 7 }, 0, 2],
    ['of another step', { step: 6 }, PIECE, 2],
    ['not asked for', { step: 7 }, PIECE, 1],
  ])('has no piece that is %s', (_, header, bytes, from) => {
    const host = new Host();
    host.beginBehind();
    const effects = host.frame(from, header, [new Uint8Array(bytes)]);
    expect(closes(effects)).toMatchObject([{ id: from, code: 'protocol' }]);
  });

  it('has no piece twice, and none after the last', () => {
    for (const pieces of [1, 3]) {
      const host = new Host();
      host.beginBehind();
      for (let piece = 0; piece < pieces; piece++) host.sendPiece(2, 7);
      const again = stateBytes(7).subarray(0, PIECE);
      expect(closes(host.frame(2, { step: 7 }, [again]))).toMatchObject([{ id: 2 }]);
    }
  });

  it('has no piece that was asked for in the generation before', () => {
    const host = new Host();
    host.beginBehind();
    host.join(3);
    const effects = host.frame(2, { step: 7 }, [stateBytes(7).subarray(0, PIECE)]);
    expect(closes(effects)).toMatchObject([{ id: 2, code: 'protocol' }]);
  });

  it('may come from a member that is asked for another one at the same time, to be saved', () => {
    const host = new Host();
    host.beginBehind();
    host.sendPiece(2, 7);
    const asked = asks(host.say(2, { ...REACHED, generation: 1 }), 2);
    expect(asked).toMatchObject([{ step: 10, offset: 0, length: PIECE }]);
    const effects = [10, 7, 10, 7, 10].flatMap((step) => host.sendPiece(2, step));
    expect(closes(effects)).toEqual([]);
    expect(offers(effects)).toEqual([[1, 7]]);
    const save = effects.at(-1);
    expect(save?.type === 'save-state' && sha256(save.bytes)).toBe(heldAt(10).digest);
    expect(received(host.fetchState(1, 7), 1)).toBe(heldAt(7).digest);
  });
});

describe('a state on its way out', () => {
  /** The first worker is behind and was offered the state of step 7. */
  function offering(): Host {
    const host = new Host();
    host.beginBehind();
    host.sendState(2, 7);
    return host;
  }

  it('goes out by the piece, when it is asked for', () => {
    const host = offering();
    expect(frames(host.effects, 1)).toEqual([]);
    for (const offset of [0, PIECE, 2 * PIECE]) {
      const bytes = Math.min(PIECE, STATE_BYTES - offset);
      const effects = host.fetch(1, 7, offset, bytes);
      const header = { kind: 'state', generation: 1, step: 7, rank: COORDINATOR, offset, bytes };
      expect(effects).toMatchObject([{ type: 'send-frame', to: 1, header }]);
      const piece = stateBytes(7).subarray(offset, offset + bytes);
      expect(received(effects, 1)).toBe(sha256(piece));
    }
  });

  it.each<[string, [step: number, offset: number, length: number][], number]>([
    ['out of order', [[7, PIECE, PIECE]], 1],
    [
      'twice',
      [
        [7, 0, PIECE],
        [7, 0, PIECE],
      ],
      1,
    ],
    ['in pieces above the limit', [[7, 0, PIECE + 1]], 1],
    [
      'beyond its end',
      [
        [7, 0, PIECE],
        [7, PIECE, PIECE],
        [7, 2 * PIECE, 13],
      ],
      1,
    ],
    ['in pieces of no length', [[7, 0, 0]], 1],
    ['by another step', [[6, 0, PIECE]], 1],
    ['by who was not offered it', [[7, 0, PIECE]], 2],
    ['by who has not joined', [[7, 0, PIECE]], 3],
  ])('is not to be had %s', (_, pieces, id) => {
    const host = offering();
    host.handle({ type: 'connected', id: 3 });
    const effects = pieces.flatMap(([step, offset, length]) =>
      host.fetch(id, step, offset, length),
    );
    expect(frames(effects, id)).toHaveLength(pieces.length - 1);
    expect(closes(effects)).toMatchObject([{ id, code: 'protocol' }]);
  });

  it('is not to be had once more', () => {
    const host = offering();
    host.fetchState(1, 7);
    expect(closes(host.fetch(1, 7, 0, PIECE))).toMatchObject([{ id: 1, code: 'protocol' }]);
  });

  it('may be one that is to be saved, while an older one is let go of', () => {
    const host = offering();
    host.say(2, { ...REACHED, generation: 1 });
    host.sendState(2, 10);
    host.join(3);
    for (const id of [1, 3]) host.paused(id);
    host.paused(2, 10);
    for (const id of [1, 3]) host.prepared(id, null);
    host.prepared(2, 10);
    expect(offers(host.effects).slice(1)).toEqual([
      [1, 10],
      [3, 10],
    ]);
    expect(asks(host.effects, 2).filter(({ generation }) => generation === 2)).toEqual([]);
    const sent = received(host.fetchState(3, 10), 3);
    expect(sent).toBe(heldAt(10).digest);
  });

  it('stays where it is if it is asked for in another generation, or by who is gone', () => {
    const host = offering();
    expect(host.fetch(9, 7, 0, PIECE)).toEqual([]);
    for (const generation of [0, 2]) {
      expect(host.fetch(1, 7, 0, PIECE, { generation })).toEqual([]);
    }
    host.join(3);
    expect(host.fetch(1, 7, 0, PIECE, { generation: 1 })).toEqual([]);
    expect(closes(host.fetch(1, 7, 0, PIECE))).toMatchObject([{ id: 1 }]);
  });
});
