import { LockstepError } from '@lockstep/errors';
import { afterEach, expect, test, vi } from 'vitest';
import type { Message, SourceState } from '../../contract.js';
import { HttpSource } from './http-source.js';

afterEach(() => vi.useRealTimers());

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly authorization: string | null;
}

/** Answers in turn; who asks more often is not answered. */
function answering(answers: readonly (Response | Error)[]) {
  const asked: Asked[] = [];
  const answer = async (path: unknown, init?: RequestInit): Promise<Response> => {
    const authorization = new Headers(init?.headers).get('authorization');
    asked.push({ path: String(path), method: init?.method ?? 'GET', authorization });
    const next = answers[asked.length - 1];
    if (next instanceof Error) throw next;
    return next ?? new Promise<Response>(() => {});
  };
  return { asked, fetch: answer as typeof fetch };
}

const MODEL: Message = { type: 'model', run: 'a', step: 1 };
const stream = (messages: readonly Message[]): Response =>
  new Response(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));

/** Listens until it has paused so many times, or was refused. */
function listenFor(pauses: number, answers: readonly (Response | Error)[]) {
  const { asked, fetch } = answering(answers);
  const heard: Message[] = [];
  const states: SourceState[] = [];
  const waits: number[] = [];
  return new Promise<{ asked: Asked[]; heard: Message[]; states: SourceState[]; waits: number[] }>(
    (resolve) => {
      const done = (): void => resolve({ asked, heard, states, waits });
      const pause = async (ms: number): Promise<void> => {
        waits.push(ms);
        if (waits.length < pauses) return;
        end();
        done();
      };
      const source = new HttpSource({ token: 'secret', fetch, pause });
      const end = source.listen(
        (message) => heard.push(message),
        (state) => {
          if (state !== states.at(-1)) states.push(state);
          if (state === 'refused') done();
        },
      );
    },
  );
}

test('a stream that breaks is asked for again, later each time, and soon again once one came', async () => {
  const broken = new TypeError('network');
  const { asked, heard, states, waits } = await listenFor(6, [
    broken,
    broken,
    new Response(null, { status: 503 }),
    stream([MODEL]),
    broken,
    broken,
  ]);
  expect(waits).toEqual([250, 500, 1000, 250, 500, 1000]);
  expect(heard).toEqual([MODEL]);
  expect(states).toEqual(['connecting', 'lost', 'connected', 'lost']);
  expect(asked[0]).toEqual({
    path: 'api/stream',
    method: 'GET',
    authorization: 'Bearer secret',
  });
});

test('nobody waits longer than ten seconds', async () => {
  const { waits } = await listenFor(
    9,
    Array.from({ length: 9 }, () => new TypeError('network')),
  );
  expect(Math.max(...waits)).toBe(10_000);
});

test('a server that says that it ends is asked again now and then, and is no connection that was lost', async () => {
  const { heard, states, waits } = await listenFor(4, [
    stream([MODEL, { type: 'bye' }]),
    new TypeError('network'),
    stream([MODEL]),
    new TypeError('network'),
  ]);
  expect(heard).toEqual([MODEL, MODEL]);
  expect(states).toEqual(['connecting', 'connected', 'gone', 'connected', 'lost']);
  expect(waits).toEqual([30_000, 30_000, 250, 500]);
});

test('a server that tells nothing for ten seconds, be it an empty line, stands still, though its connection is open', async () => {
  vi.useFakeTimers();
  let tell = (_: string): void => {};
  const standing = async (_: unknown, init?: RequestInit): Promise<Response> =>
    new Response(
      new ReadableStream({
        start(controller) {
          tell = (text) => controller.enqueue(new TextEncoder().encode(text));
          init!.signal!.addEventListener('abort', () => controller.error(new Error('aborted')));
        },
      }),
    );
  const states: SourceState[] = [];
  const heard: Message[] = [];
  const end = new HttpSource({
    token: null,
    fetch: standing as typeof fetch,
    pause: () => new Promise(() => {}),
  }).listen(
    (message) => heard.push(message),
    (state) => states.push(state),
  );
  for (const line of ['\n', '\n', `${JSON.stringify(MODEL)}\n`, '\n']) {
    await vi.advanceTimersByTimeAsync(9000);
    tell(line);
  }
  await vi.advanceTimersByTimeAsync(9000);
  expect(heard).toEqual([MODEL]);
  expect(states).toEqual(['connecting', 'connected']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(states).toEqual(['connecting', 'connected', 'lost']);
  end();
});

test('a server that takes a connection and answers nothing is asked again', async () => {
  vi.useFakeTimers();
  let asked = 0;
  const silent = (_: unknown, init?: RequestInit): Promise<Response> => {
    asked++;
    return new Promise((_, reject) => {
      init!.signal!.addEventListener('abort', () => reject(new Error('aborted')));
    });
  };
  const pause = async (): Promise<void> => {};
  const source = new HttpSource({ token: null, fetch: silent as typeof fetch, pause });
  const end = source.listen(
    () => {},
    () => {},
  );
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(3);
  end();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(3);
});

test('another server in its place that does not know the token is not asked again', async () => {
  const { states } = await listenFor(3, [
    stream([MODEL, { type: 'bye' }]),
    new Response(null, { status: 401 }),
  ]);
  expect(states).toEqual(['connecting', 'connected', 'gone', 'refused']);
});

test.each([401, 403])('a server that refuses (%i) is not asked again', async (status) => {
  const { asked, states } = await listenFor(1, [new Response(null, { status })]);
  expect(states).toEqual(['connecting', 'refused']);
  expect(asked.length).toBe(1);
});

test('a line that is no JSON breaks the stream, and what came before it counts', async () => {
  const { heard } = await listenFor(1, [new Response(`${JSON.stringify(MODEL)}\n{oops}\n`)]);
  expect(heard).toEqual([MODEL]);
});

test('a model comes with its step, and undefined where there is none', async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const { asked, fetch } = answering([
    new Response(bytes, { headers: { 'x-step': '42' } }),
    new Response(null, { status: 204 }),
  ]);
  const source = new HttpSource({ token: 't', fetch });
  expect(await source.model('a')).toEqual({ step: 42, bytes });
  expect(await source.gradients('a')).toBeUndefined();
  expect(asked.map(({ path }) => path)).toEqual(['api/runs/a/model', 'api/runs/a/gradients']);
});

test('samples are asked for by dataset and place', async () => {
  const { asked, fetch } = answering([new Response(new Uint8Array([7]))]);
  const source = new HttpSource({ token: null, fetch });
  expect(await source.samples('a', 'my test', 5, 10)).toEqual(new Uint8Array([7]));
  expect(asked).toEqual([
    {
      path: 'api/runs/a/samples?dataset=my+test&first=5&count=10',
      method: 'GET',
      authorization: null,
    },
  ]);
});

test('an action is a POST, with the worker’s name in its query', async () => {
  const { asked, fetch } = answering([new Response(), new Response()]);
  const source = new HttpSource({ token: 't', fetch });
  await source.act('a', { do: 'stop' });
  await source.act('a', { do: 'drop-worker', name: 'w & 1' });
  expect(asked.map(({ path, method }) => `${method} ${path}`)).toEqual([
    'POST api/runs/a/stop',
    'POST api/runs/a/drop-worker?name=w+%26+1',
  ]);
});

test.each([
  [
    Response.json({ code: 'usage', message: 'the run has ended' }, { status: 409 }),
    'the run has ended',
  ],
  [new Response('<html>', { status: 500 }), 'the server answered 500'],
  [new Response(null, { status: 404 }), 'the server answered 404'],
  [new TypeError('network'), 'the server does not answer'],
])('why an action failed is said in words', async (answer, words) => {
  const source = new HttpSource({ token: 't', fetch: answering([answer]).fetch });
  const error = await source.act('a', { do: 'stop' }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(LockstepError);
  expect((error as Error).message).toBe(words);
});
