import { describe, expect, it } from 'vitest';
import type { CoordinatorEffect } from './border.js';
import { COORDINATOR, closes, fetch, frames, Host, INPUTS, PIECE } from './host.fixture.js';

describe('a worker that asks and does not read', () => {
  const piece = { type: 'piece', offset: 4000, bytes: new Uint8Array(1000) } as const;

  /** Asks for a piece of the dataset, which is read at once. */
  const ask = (host: Host, id: number): CoordinatorEffect[] => [
    ...host.say(id, fetch()),
    ...host.handle({ ...piece, id }),
  ];

  it('has two pieces queued at most; one more request is an error of protocol, before joining too', () => {
    const host = new Host();
    host.reads = false;
    host.handle({ type: 'connected', id: 1 });
    for (let i = 0; i < 2; i++) expect(frames(ask(host, 1), 1)).toHaveLength(1);
    const effects = host.say(1, fetch());
    expect(closes(effects)).toMatchObject([{ id: 1, code: 'protocol' }]);
    expect(closes(effects)[0]!.message).toMatch(/fetch: it has not taken 2 pieces/);
    expect(ask(host, 1)).toEqual([]);
  });

  it('has the same of states, and of both together, in whatever generation', () => {
    const host = new Host();
    host.begin();
    host.join(3, 0);
    host.reads = false;
    expect(frames(ask(host, 1), 1)).toHaveLength(1);
    for (const id of [1, 2, 3]) host.paused(id, 0);
    expect(frames(ask(host, 1), 1)).toHaveLength(1);
    host.join(4, 0);
    expect(closes(host.fetch(1, 0, 0, PIECE))).toMatchObject([
      {
        id: 1,
        code: 'protocol',
        message: expect.stringMatching(/fetch-state: it has not taken 2/),
      },
    ]);
  });

  it('may ask again when a piece has left, and another worker is served whatever it does', () => {
    const host = new Host();
    host.reads = false;
    for (const id of [1, 2]) host.handle({ type: 'connected', id });
    for (let i = 0; i < 5; i++) {
      expect(frames(ask(host, 1), 1)).toHaveLength(1);
      if (i > 0) host.handle({ type: 'piece-left', id: 1 });
    }
    for (let i = 0; i < 2; i++) ask(host, 2);
    expect(closes(host.say(2, fetch()))).toMatchObject([{ id: 2 }]);
    host.handle({ type: 'piece-left', id: 2 });
    expect(frames(ask(host, 1), 1)).toHaveLength(1);
  });
});

describe('the dataset', () => {
  it('is handed out piece by piece, by the hash of an array of this run, before joining too', () => {
    const host = new Host();
    host.handle({ type: 'connected', id: 1 });
    expect(host.say(1, fetch())).toEqual([
      { type: 'read-piece', to: 1, sha256: INPUTS.sha256, offset: 4000, length: 1000 },
    ]);
    const bytes = new Uint8Array(1000);
    expect(host.handle({ type: 'piece', id: 1, offset: 4000, bytes })).toEqual([
      {
        type: 'send-frame',
        to: 1,
        header: {
          kind: 'dataset',
          generation: 0,
          step: 0,
          rank: COORDINATOR,
          offset: 4000,
          bytes: 1000,
        },
        payload: [bytes],
      },
    ]);
  });

  it('is not read beyond its end, in pieces above the limit, twice at once, or by another hash', () => {
    const wrongs = [
      { offset: 4001 },
      { length: 0 },
      { offset: 0, length: PIECE + 1 },
      { sha256: 'c'.repeat(64) },
    ];
    for (const wrong of wrongs) {
      const host = new Host();
      host.handle({ type: 'connected', id: 1 });
      expect(host.say(1, fetch(wrong))).toMatchObject([{ type: 'close', id: 1 }]);
    }
    const host = new Host();
    host.handle({ type: 'connected', id: 1 });
    host.say(1, fetch());
    expect(host.say(1, fetch())).toMatchObject([{ type: 'close', id: 1 }]);
    expect(
      host.handle({ type: 'piece', id: 1, offset: 4000, bytes: new Uint8Array(1000) }),
    ).toEqual([]);
  });
});
