// Every field of every message: absent, of another type, out of its range; and what must hold between fields.
import { describe, expect, test } from 'vitest';
import { checkMessage } from './message-schemas.js';
import type { ControlMessage, GenerationMessage, RunMessage } from './messages.js';
import { CONTROL_SAMPLES, DIGEST } from './samples.fixture.js';
import { printable, WireError } from './wire-error.js';

type Plain = Record<string, unknown>;

const NEVER: readonly unknown[] = [
  undefined,
  true,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  10n,
  Symbol('s'),
  () => 1,
  {},
  new Date(0),
  new Map(),
  'not\u0000printable\n',
  '\u202egnp.exe',
  '\ud800',
  'x'.repeat(5_000_000),
  new Uint8Array(1_048_577),
  new Array(5_000).fill(null),
];

const ANY_TEXT = new Set<unknown>(['not\u0000printable\n', '\u202egnp.exe']);

/** Every place in a message: the path to it, and a copy of the message with another value there. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [path];
  const below = Object.entries(value).flatMap(([key, one]) => places(one, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

function replaced(message: unknown, path: readonly string[], value: unknown): Plain {
  const copy = structuredClone(message) as Plain;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Plain;
  at[path.at(-1)!] = value;
  return copy;
}

function removed(message: unknown, path: readonly string[]): Plain {
  const copy = structuredClone(message) as Plain;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Plain;
  delete at[path.at(-1)!];
  return copy;
}

describe.each(Object.values(CONTROL_SAMPLES))('$message.type', ({ message, from }) => {
  test('each field is refused when it is missing or of a kind that no field has', () => {
    for (const path of places(message)) {
      expect(() => checkMessage(removed(message, path), from), path.join('.')).toThrow(WireError);
      for (const value of NEVER) {
        // The configuration may be any text: whether it is JSON, and of what, is its reader's to say.
        if (path.join('.') === 'config' && ANY_TEXT.has(value)) continue;
        const copy = replaced(message, path, value);
        expect(() => checkMessage(copy, from), `${path.join('.')} = ${typeof value}`).toThrow(
          WireError,
        );
      }
    }
  });
  test('one field more is refused, at every level', () => {
    for (const path of places(message)) {
      if (/^\d+$/.test(path.at(-1)!)) continue;
      const more = replaced(message, [...path.slice(0, -1), 'extra'], 1);
      expect(() => checkMessage(more, from), path.join('.')).toThrow(WireError);
    }
  });
});

const sample = <T extends ControlMessage['type']>(type: T) =>
  CONTROL_SAMPLES[type].message as Extract<ControlMessage, { type: T }>;

function refuses(message: unknown, from: 'worker' | 'coordinator', text: string | RegExp) {
  expect(() => checkMessage(message, from)).toThrow(text);
}

test('numbers are held to their ranges', () => {
  const join = sample('join');
  for (const threads of [0, -1, 1.5, 4_097, 2 ** 60]) {
    refuses({ ...join, threads }, 'worker', 'join.threads: expected an integer from 1 to 4096');
  }
  refuses({ ...sample('pause'), generation: 2 ** 32 }, 'coordinator', 'pause.generation');
  refuses({ ...sample('fetch'), length: 1_048_577 }, 'worker', 'fetch.length');
  refuses({ ...sample('fetch'), length: 0 }, 'worker', 'fetch.length');
  refuses({ ...sample('fetch-state'), length: 0 }, 'worker', 'fetch-state.length');
  refuses({ ...sample('send-state'), length: 1_048_577 }, 'coordinator', 'send-state.length');
  refuses({ ...sample('send-state'), offset: 2 ** 32 + 1 }, 'coordinator', 'send-state.offset');
  refuses({ ...sample('progress'), waitMs: -0.5 }, 'worker', 'progress.waitMs');
  refuses({ ...sample('digest'), step: 2 ** 53 }, 'worker', 'digest.step');
  refuses({ ...sample('link-lost'), rank: 1_024 }, 'worker', 'link-lost.rank');
  refuses({ ...sample('take-state'), bytes: 2 ** 32 + 1 }, 'coordinator', 'take-state.bytes');
  refuses({ ...sample('advance'), firstChunk: 21 }, 'coordinator', 'chunks [21, 20)');
  refuses({ ...sample('run'), heartbeatTimeoutMs: 3_600_001 }, 'coordinator', 'heartbeatTimeoutMs');
  for (const share of [0, -0.5, 1.000001, Number.NaN]) {
    refuses({ ...sample('run'), audit: { share, seed: 0 } }, 'coordinator', 'run.audit.share');
  }
  refuses({ ...sample('audit-range'), end: 3 }, 'coordinator', 'shards [3, 3)');
});

test('names are printable and short, digests exact, codes plain', () => {
  const join = sample('join');
  for (const name of ['', 'x'.repeat(65), 'a\nb', '\u001b[2J', '\u200bw', '\u202ew', 'a\u00a0b']) {
    refuses({ ...join, name }, 'worker', 'join.name: expected 1 to 64 printable characters');
  }
  for (const digest of [
    '',
    DIGEST.slice(1),
    `${DIGEST}0`,
    DIGEST.toUpperCase(),
    `${DIGEST.slice(1)}\n`,
  ]) {
    refuses({ ...sample('digest'), digest }, 'worker', '64 hexadecimal digits');
  }
  refuses({ ...sample('failed'), code: 'no such code' }, 'worker', 'failed.code');
  expect(checkMessage({ ...join, name: '東京 №1 🚀' }, 'worker')).toMatchObject({ threads: 4 });
});

test('only short addresses with a scheme are let in, in characters that a terminal can show', () => {
  const join = sample('join');
  const good = ['ws://h', 'wss://h:1/p', 'ws://[::1]:7/', 'unix:/run/w.sock', 'memory:7'];
  for (const url of good) expect(checkMessage({ ...join, url }, 'worker')).toMatchObject({ url });
  const bad = ['', 'h', 'ws:', '//h', ':1', 'WS://h', 'ws://h h/', ' ws://h', 'ws://h/\n'];
  bad.push(`ws://${'h'.repeat(300)}/`, 'ws://ⓔxample/', 'ws://h/\u001b[2J', '1a:b');
  for (const url of bad) refuses({ ...join, url }, 'worker', 'join.url: expected an address');
});

test("a generation's members fit its rank, topology and shards", () => {
  const generation = sample('generation');
  type Member = GenerationMessage['members'][0];
  const [a, b, c] = generation.members as [Member, Member, Member];
  const check = (change: Partial<GenerationMessage>, text: string) =>
    refuses({ ...generation, ...change }, 'coordinator', text);
  check({ rank: 3 }, 'rank 3 of 3 members');
  check({ topology: 'alone' }, 'alone with 3 members');
  check({ members: [a, { ...b, url: null }, c] }, 'a mesh whose member 1 has no url');
  check({ members: [a, { ...b, first: 2 }, c] }, 'expected them to begin at 3');
  check({ members: [a, { ...b, first: 4, end: 5 }, c] }, 'expected them to begin at 3');
  check({ members: [{ ...a, first: 3, end: 0 }, b, c] }, 'expected them to begin at 0');
  for (const behind of [[1], [3], [2, 2], [0, 2]])
    check({ behind }, 'growing ranks without shards');
  const none = [a, b, c].map((member) => ({ ...member, first: 0, end: 0 }));
  check({ members: none, behind: [0, 1, 2] }, 'behind: all ranks');
  check({ members: [] }, 'an array of 1 to 1024');
  check({ members: new Array(1_025).fill(a) }, 'an array of 1 to 1024');
  check({ key: new Uint8Array(31) }, '32 bytes');
  const idle = { ...b, first: 0, end: 0 };
  const members = [a, idle, b, c];
  for (const behind of [[], [1], [3], [1, 3]]) {
    const good = { ...generation, members, behind };
    expect(checkMessage(good, 'coordinator')).toMatchObject({ members, behind });
  }
});

test('the datasets of a run have names, the first of them train', () => {
  const run = sample('run');
  const [train] = run.datasets;
  const named = (...names: unknown[]) => ({
    ...run,
    datasets: names.map((as) => ({ ...train!, as: as as string })),
  });
  const good = named('train', 'test', 'hold-out_2');
  expect(checkMessage(good, 'coordinator')).toMatchObject({ datasets: good.datasets });
  refuses(named(), 'coordinator', 'run.datasets: expected an array of 1 to 16');
  refuses(named('train', ...Array(16).fill('x')), 'coordinator', 'an array of 1 to 16');
  refuses(
    named('test', 'train'),
    'coordinator',
    'test, train; expected train, and others after it',
  );
  refuses(named('train', 'test', 'test'), 'coordinator', 'train, test, test; expected train');
  for (const name of ['', 'a.b', '2nd', 'x'.repeat(33), '__proto__', 3]) {
    refuses(named('train', name), 'coordinator', 'run.datasets[1].as: expected a letter');
  }
});

test("a dataset's arrays have the bytes that its shape says", () => {
  const run = sample('run');
  const change = (train: Partial<RunMessage['datasets'][number]>) => ({
    ...run,
    datasets: [{ ...run.datasets[0]!, ...train }],
  });
  refuses(change({ samples: 7 }), 'coordinator', '7 samples of [2, 2] uint8 are 28 bytes, got 24');
  refuses(change({ targetShape: [2] }), 'coordinator', 'run.datasets[0].targets: 6 samples');
  refuses(change({ inputDivisor: 0 }), 'coordinator', 'inputDivisor');
  refuses(change({ inputShape: new Array(9).fill(1) }), 'coordinator', 'an array of 0 to 8');
});

test('any text becomes one that a message may carry', () => {
  for (const text of ['ok', 'a\nb\u0000', '\ud800', '\u202e!', '🚀'.repeat(600), 'x'.repeat(1e6)]) {
    const reason = printable(text, 1_000);
    expect(checkMessage({ type: 'leave', reason }, 'worker')).toStrictEqual({
      type: 'leave',
      reason,
    });
  }
  expect(printable('three\nlines\nof it', 12)).toBe('three lines…');
});
