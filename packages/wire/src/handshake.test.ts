// The handshake: its bytes written out (the HMACs computed with Python's hmac), and what an attacker may try.
import { describe, expect, test } from 'vitest';
import {
  ClientHandshake,
  type ClientOptions,
  type Identified,
  ServerHandshake,
} from './handshake.js';
import { decodeRefusal, encodeRefusal } from './handshake-messages.js';
import { COORDINATOR_RANK, PRE_AUTH_BYTES } from './limits.js';
import { fromHex, RUN, toHex } from './samples.fixture.js';
import { WireError } from './wire-error.js';

const counting = (from: number) => Uint8Array.from({ length: 32 }, (_, i) => from + i);
const TOKEN = new TextEncoder().encode('token');
const ARITHMETIC = 'lockstep-1';
const OTHER = 'other.arithmetic-12';
const coordinator = { key: TOKEN, run: RUN, incarnation: 3 } as const;

function client(change: Partial<ClientOptions> = {}) {
  const nonce = counting(0);
  return new ClientHandshake({
    role: 'worker',
    arithmetic: ARITHMETIC,
    key: TOKEN,
    nonce,
    ...change,
  });
}

function server(
  identified: Identified = coordinator,
  arithmetic = ARITHMETIC,
  nonce = counting(0x80),
) {
  return new ServerHandshake({ arithmetic, nonce, identify: () => identified });
}

/** Runs both to their end; the bytes that went over the wire, and what each side made of it. */
function meet(from: ClientHandshake, to: ServerHandshake) {
  const hello = from.start().send!;
  const first = to.receive(hello);
  const answer = from.receive(first.send!);
  if (answer.send === undefined)
    return { bytes: [hello, first.send!], client: answer, server: first };
  const last = to.receive(answer.send);
  const bytes = [hello, first.send!, answer.send, last.send!];
  return { bytes, client: from.receive(last.send!), server: last };
}

const OPENING = '0600000000000000';
const ARITHMETIC_AND = (nonce: number) =>
  `6c6f636b737465702d31${'00'.repeat(22)}${toHex(counting(nonce))}`;

test('a worker and a coordinator exchange these bytes', () => {
  const met = meet(client(), server());
  expect(met.bytes.map(toHex)).toEqual([
    `1001${OPENING}6c6b73746570${ARITHMETIC_AND(0)}`,
    `1100${OPENING}6c6b73746570${ARITHMETIC_AND(0x80)}`,
    '1200000000000000f4f4b6dfc515ebd9f4d905ce2bb2f1e11a284eba80ea73527b260c884dcce217',
    `1300ffff03000000${RUN}f54bd3b1742dafa7c739e5f8bd6de17963d3c46a8ddda8f129784dade4ae4ae5`,
  ]);
  expect(met.client.done).toEqual({ run: RUN, incarnation: 3, rank: COORDINATOR_RANK });
  const done = { role: 'worker', generation: 0, rank: 0, run: RUN, incarnation: 3 };
  expect(met.server.done).toEqual(done);
});

const peer = { role: 'peer', generation: 9, rank: 4, key: counting(0) } as const;
const listener: Identified = { key: counting(0), run: RUN, incarnation: 3, rank: 1 };

test('two peers exchange these bytes', () => {
  const met = meet(client(peer), server(listener));
  expect(met.bytes.map(toHex)).toEqual([
    `100206000900000004006c6b73746570${ARITHMETIC_AND(0)}`,
    `1100${OPENING}6c6b73746570${ARITHMETIC_AND(0x80)}`,
    '120000000000000096fc0f38f0ec4d16fa4f5df295aeecb800b47d0a8b6a6d01a16c7eae5cad2fed',
    `1300010003000000${RUN}816e49b810eb98489d59a42b1771dc24bf19680adcd4afd95f35741e06acf795`,
  ]);
  expect(met.client.done?.rank).toBe(1);
  expect(met.server.done).toMatchObject({ role: 'peer', generation: 9, rank: 4 });
});

test('before its proof a stranger sees version, arithmetic and nonce, and nothing of the run or the key', () => {
  const { bytes } = meet(client(), server());
  const seen = toHex(bytes[1]!);
  expect(seen).not.toContain(RUN);
  expect(seen).not.toContain(toHex(TOKEN));
  expect(toHex(Buffer.concat(bytes))).not.toContain(toHex(TOKEN));
});

test('a wrong key is refused by the server, and named without being shown', () => {
  for (const key of [new TextEncoder().encode('tokem'), new Uint8Array(1), counting(3)]) {
    const met = meet(client({ key }), server());
    expect(met.server.refused).toEqual({ code: 'unauthorized', message: 'the token is wrong' });
    expect(met.client.refused).toEqual(met.server.refused);
    expect(toHex(met.bytes[3]!)).not.toContain(RUN);
  }
  const met = meet(client({ ...peer, key: TOKEN }), server(listener));
  expect(met.server.refused?.message).toBe('the key of generation 9 is wrong');
});

test('an empty key is no key', () => {
  expect(() => client({ key: new Uint8Array(0) })).toThrow(WireError);
  const open = server({ ...coordinator, key: new Uint8Array(0) });
  expect(open.receive(client().start().send!).refused?.code).toBe('protocol');
});

test('a server that does not know the key cannot welcome, nor change a welcome', () => {
  const { bytes } = meet(client(), server());
  const stranger = meet(client({ key: counting(1) }), server({ ...coordinator, key: counting(1) }));
  const answers = [stranger.bytes[3]!];
  for (let at = 0; at < bytes[3]!.length; at++) {
    const changed = new Uint8Array(bytes[3]!);
    changed[at]! ^= 1;
    answers.push(changed);
  }
  for (const [at, answer] of answers.entries()) {
    const dialling = client();
    dialling.start();
    dialling.receive(bytes[1]!);
    const step = dialling.receive(answer);
    expect(step.done, `answer ${at}`).toBeUndefined();
    expect(step.refused, `answer ${at}`).toBeDefined();
  }
});

test('a proof is worth nothing without one, with a bit changed, or cut', () => {
  const proof = meet(client(), server()).bytes[2]!;
  const answers = [
    new Uint8Array(40),
    proof.slice(0, 39),
    Buffer.concat([proof, proof]),
    new Uint8Array(0),
  ];
  for (let bit = 0; bit < proof.length * 8; bit++) {
    const changed = new Uint8Array(proof);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    answers.push(changed);
  }
  for (const answer of answers) {
    const to = server();
    to.receive(client().start().send!);
    const step = to.receive(answer);
    expect(step.refused).toBeDefined();
    expect(step.done).toBeUndefined();
    expect(() => to.receive(proof)).toThrow('a message after its end');
  }
});

test('a recorded handshake cannot be replayed: the other nonce is new', () => {
  const { bytes } = meet(client(), server());
  const again = server(coordinator, ARITHMETIC, counting(0x81));
  again.receive(bytes[0]!);
  expect(again.receive(bytes[2]!).refused?.code).toBe('unauthorized');
  const dialling = client({ nonce: counting(1) });
  dialling.start();
  dialling.receive(bytes[1]!);
  expect(dialling.receive(bytes[3]!).refused?.code).toBe('unauthorized');
});

test('what a side says cannot be reflected to it', () => {
  // A false server sends the hello back, or the nonce in it, or makes the proof a welcome.
  const first = client();
  expect(first.receive.bind(first, first.start().send!)().refused?.code).toBe('protocol');
  const second = client();
  second.start();
  const mirrored = server(coordinator, ARITHMETIC, counting(0)).receive(
    client({ nonce: counting(5) }).start().send!,
  );
  expect(second.receive(mirrored.send!).refused?.message).toContain('our own nonce');
  const third = client();
  const proof = third.receive(server().receive(third.start().send!).send!).send!;
  const head = meet(client(), server()).bytes[3]!.slice(0, 24);
  expect(third.receive(Buffer.concat([head, proof.subarray(8)])).refused?.code).toBe(
    'unauthorized',
  );
  // A false client sends the server's own nonce, or its challenge, back.
  expect(server().receive(client({ nonce: counting(0x80) }).start().send!).refused?.code).toBe(
    'protocol',
  );
  const to = server();
  const { send } = to.receive(client().start().send!);
  expect(to.receive(send!).refused?.code).toBe('protocol');
});

test('a proof holds for the hello it was made for: role, generation, rank and arithmetic', () => {
  const honest = client(peer);
  const hello = honest.start().send!;
  const proof = honest.receive(server(listener).receive(hello).send!).send!;
  for (const [at, value] of [
    [4, 8],
    [8, 5],
    [50, 1],
  ] as const) {
    const changed = new Uint8Array(hello);
    changed[at] = value;
    const to = server(listener);
    expect(to.receive(changed).send).toBeDefined();
    expect(to.receive(proof).refused?.code, `byte ${at}`).toBe('unauthorized');
  }
});

test('another arithmetic or version is refused by either side, and both are named', () => {
  const met = meet(client({ arithmetic: OTHER }), server());
  expect(met.server.refused?.code).toBe('arithmetic');
  for (const side of [met.server, met.client]) {
    expect(side.refused?.message).toContain(OTHER);
    expect(side.refused?.message).toContain(ARITHMETIC);
  }
  const hello = client().start().send!.slice(0, 60);
  hello[2] = 7;
  const refused = server().receive(hello).refused;
  expect(refused).toMatchObject({
    code: 'version',
    message: expect.stringMatching(/^protocol version 7 dialled 6:/),
  });
  const challenge = server().receive(client().start().send!).send!.slice();
  const dialling = client();
  dialling.start();
  challenge[16]! += 1;
  expect(dialling.receive(challenge).refused?.code).toBe('arithmetic');
  const later = client();
  later.start();
  challenge[2] = 7;
  expect(later.receive(challenge.slice(0, 20)).refused?.message).toContain('version 6 dialled 7');
});

test('identify may refuse, and is asked only for the right version and arithmetic', () => {
  const stale = { code: 'stale', message: 'generation 9 is over' };
  const met = meet(client(peer), server(stale));
  expect(met.client.refused).toEqual(stale);
  let asked = 0;
  const identify = () => {
    asked++;
    return coordinator;
  };
  const counted = () =>
    new ServerHandshake({ arithmetic: ARITHMETIC, nonce: counting(0x80), identify });
  counted().receive(client({ arithmetic: OTHER }).start().send!);
  counted().receive(new Uint8Array(80));
  expect(asked).toBe(0);
});

test('every cut of every message, and too many bytes, end it as a protocol error', () => {
  const { bytes } = meet(client(), server());
  bytes.push(encodeRefusal({ code: 'stale', message: 'generation 9 is over' }));
  for (const message of bytes) {
    for (let length = 0; length < message.length; length++) {
      const cut = message.slice(0, length);
      const dialling = client();
      dialling.start();
      const waiting = client();
      waiting.start();
      waiting.receive(bytes[1]!);
      const challenging = server();
      challenging.receive(bytes[0]!);
      for (const side of [server(), challenging, dialling, waiting]) {
        expect(side.receive(cut).refused?.code, `${length} bytes`).toBe('protocol');
      }
    }
  }
  const { refused, send } = server().receive(new Uint8Array(PRE_AUTH_BYTES + 1));
  expect(refused?.message).toBe(
    '65537 bytes before the handshake was done, expected at most 65536',
  );
  expect(send!.length).toBeLessThan(200);
});

describe('refusals', () => {
  test('have these bytes', () => {
    const bytes = encodeRefusal({ code: 'stale', message: 'é' });
    expect(toHex(bytes)).toBe('1f0502007374616c65c3a9');
    expect(decodeRefusal(bytes)).toEqual({ code: 'stale', message: 'é' });
  });
  test('are cut and made printable', () => {
    const bytes = encodeRefusal({ code: 'A B', message: `\u001b[2J${'🚀'.repeat(1_000)}` });
    expect(bytes.length).toBeLessThanOrEqual(4 + 32 + 1_024);
    expect(decodeRefusal(bytes)).toEqual({
      code: '---',
      message: expect.stringMatching(/^ \[2J🚀+.?…$/u),
    });
    expect(decodeRefusal(fromHex('1f010300611b5b4a'))).toEqual({
      code: 'a',
      message: ' [J',
    });
  });
});

test('a membership that fits no field is refused before anything is sent', () => {
  expect(() => client({ rank: 1 })).toThrow("a worker's rank is 1, expected 0 to 0");
  expect(() => client({ ...peer, rank: 1_024 })).toThrow(WireError);
  expect(() => client({ ...peer, generation: 2 ** 32 })).toThrow(WireError);
  expect(() => client({ nonce: new Uint8Array(31) })).toThrow(WireError);
  for (const arithmetic of ['', 'Lockstep-1', 'lockstep 1', 'a'.repeat(33)]) {
    expect(() => client({ arithmetic })).toThrow(/arithmetic is .*expected 1 to 32 of/);
  }
});
