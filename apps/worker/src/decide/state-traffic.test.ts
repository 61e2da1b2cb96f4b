import { COORDINATOR } from '@lockstep/collective';
import type { FetchStateMessage } from '@lockstep/wire';
import { describe, expect, it } from 'vitest';
import { digestAt, stateAt } from '../testing/fake-engine.js';
import { frameHeader, Party, PIECE_BYTES, statePiece } from '../testing/party.js';
import type { WorkerInput } from './border.js';
import { ALL, digests, FIRST, formed, zeros } from './formed.fixture.js';

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
