// What requests are answered with, without sockets, and by a server on a free port of this machine.
import { type ClientRequest, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import {
  adam,
  concat,
  crossEntropy,
  fit,
  linear,
  namedModel,
  type TrainedModel,
} from '@lockstep/core';
import { fromArrays, prepare, tableOf } from '@lockstep/data';
import { beforeAll, describe, expect, test } from 'vitest';
import { modelCard } from '../asking/card.js';
import { Handler, type HandlerOptions, type Request } from './handler.js';
import { startServer } from './http-server.js';

let trained: TrainedModel;
beforeAll(() => {
  const inputs = [
    [0, 1],
    [1, 0],
    [0, 2],
    [2, 0],
  ];
  const data = fromArrays({ inputs, labels: [0, 1, 0, 1], classNames: ['up', 'right'] });
  ({ trained } = fit({
    ...{ model: linear(2, 2), data: { train: { ...data, inputNames: ['x', 'y'] } } },
    ...{ loss: crossEntropy(), optimizer: adam({ learningRate: 0.1 }), epochs: 60, batchSize: 4 },
  }));
});

async function handler(options: Partial<HandlerOptions> = {}, model = trained): Promise<Handler> {
  return new Handler(model, {
    card: await modelCard(model),
    ...{ waiting: 8, samples: 8, pixels: 1000, bytes: 1000, token: undefined, hosts: undefined },
    schedule: setImmediate,
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
}

const post = (body: string, headers: Request['headers'] = {}): Request => ({
  ...{ method: 'POST', url: '/predict', headers },
  body: async () => new TextEncoder().encode(body),
});
const packed = (text: string | Uint8Array, type = 'text/csv'): Request => ({
  ...{ method: 'POST', url: '/predict', headers: { 'content-type': type } },
  body: async () => gzipSync(text),
});
const get = (url: string, headers: Request['headers'] = {}): Request => ({
  ...{ method: 'GET', url, headers },
  body: async () => new Uint8Array(0),
});

describe('rows in JSON are answered as the model does', () => {
  test.each([
    ['one row of numbers', '[0, 1]', ['up']],
    ['several rows', '[[0, 1], [2, 0]]', ['up', 'right']],
    ['one row of named columns', '{"y": 0, "x": 2}', ['right']],
    ['several of them, and columns that nobody asks for', '[{"x": 0, "y": 1, "z": "?"}]', ['up']],
    ['rows by name', '{"rows": [[2, 0], [0, 1], [1, 0]]}', ['right', 'up', 'right']],
  ])('%s', async (_, body, labels) => {
    const { status, body: answer } = await (await handler()).answer(post(body));
    expect(status).toBe(200);
    const { predictions } = answer as { predictions: { label: string; probabilities: number[] }[] };
    expect(predictions.map(({ label }) => label)).toEqual(labels);
    expect(predictions[0]!.probabilities).toHaveLength(2);
  });

  test('and as CSV', async () => {
    const request = post('y,x\n1,0\n0,3\n', { 'content-type': 'text/csv; charset=utf-8' });
    const { body } = await (await handler()).answer(request);
    expect(body).toMatchObject({ predictions: [{ label: 'up' }, { label: 'right' }] });
  });

  test('and packed by gzip', async () => {
    const { body } = await (await handler()).answer(packed('[[0, 1], [2, 0]]', 'application/json'));
    expect(body).toMatchObject({ predictions: [{ label: 'up' }, { label: 'right' }] });
  });

  test('of a model whose inputs have names, by these', async () => {
    const inputs = { far: [[0], [1], [0], [2]], near: [[1], [0], [2], [0]] };
    const data = fromArrays({ inputs, labels: [0, 1, 0, 1], inputDivisor: { near: 2 } });
    const { trained: named } = fit({
      model: namedModel(({ far, near }, scope) => linear(2, 2)(concat([far, near]), scope)),
      ...{ data, loss: crossEntropy(), optimizer: adam(), epochs: 1, batchSize: 4 },
    });
    const own = await handler({}, named);
    const one = { far: [1], near: [3] };
    const predictions = [named.classify(one)];
    expect((await own.answer(post(JSON.stringify(one)))).body).toEqual({ predictions });
    const rows = { rows: [one, one] };
    expect((await own.answer(post(JSON.stringify(rows)))).body).toEqual({
      predictions: [...predictions, ...predictions],
    });
    expect((await own.answer(post('[1, 3]'))).status).toBe(400);
    expect((await own.answer(post('1,3\n', { 'content-type': 'text/csv' }))).status).toBe(400);
  });

  test('together as alone, to the bit', async () => {
    const own = await handler();
    const bodies = ['[0.3, 0.4]', '[[1, 2], [3, 4]]', '{"x": 0.1, "y": 7}'];
    const together = await Promise.all(bodies.map((body) => own.answer(post(body))));
    for (const [i, body] of bodies.entries()) {
      expect(await (await handler()).answer(post(body))).toEqual(together[i]);
    }
    expect((await own.answer(get('/health'))).body).toMatchObject({ answered: 3, batches: 1 });
  });
});

describe('what cannot be answered says why', () => {
  test.each([
    [400, 'json', post('{')],
    [400, 'data', post('')],
    [400, 'config', post('7')],
    [400, 'data', post('[1, 2, 3]')],
    [400, 'data', post('{"x": 1}')],
    [400, 'data', post('{"x": 1, "y": "a"}')],
    [400, 'data', post('[]')],
    [400, 'data', post('[[3e38, 3e38], [-3e38, 3e38]]')],
    [400, 'data', post(`${'['.repeat(1e5)}${']'.repeat(1e5)}`)],
    [400, 'data', packed(`x,y\n${'0,1\n'.repeat(1e5)}`)],
    [400, 'data', packed(gzipSync(`x,y\n${'0,1\n'.repeat(1e5)}`))],
    [400, 'data', packed(' '.repeat(1e5), 'application/json')],
    [415, 'content-encoding', post('[0, 1]', { 'content-encoding': 'br' })],
    [415, 'content-type', post('[0, 1]', { 'content-type': 'application/xml' })],
    [404, 'not-found', get('/other')],
    [405, 'method', get('/predict')],
  ])('%i %s', async (status, code, request) => {
    const answer = await (await handler()).answer(request);
    expect([answer.status, answer.body]).toEqual([
      status,
      { error: { code, message: expect.stringMatching(/.{10}/) } },
    ]);
  });

  test('numbers, where the model prepares named columns', async () => {
    const table = tableOf({ x: [0, 1, 0, 2], kind: ['up', 'right', 'up', 'right'] });
    const { data } = prepare(table, { target: 'kind' });
    const { trained: named } = fit({
      ...{ model: linear(1, 2), data, loss: crossEntropy(), optimizer: adam() },
      ...{ epochs: 1, batchSize: 4 },
    });
    const own = await handler({}, named);
    expect((await own.answer(post('[{"x": 2}]'))).status).toBe(200);
    expect(await own.answer(post('[2]'))).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('takes columns by name: x') } },
    });
  });

  test('more than may wait are told to come back', async () => {
    const own = await handler({ waiting: 1 });
    const answers = await Promise.all(['[0, 1]', '[1, 0]'].map((body) => own.answer(post(body))));
    expect(answers.map(({ status }) => status)).toEqual([200, 503]);
    expect(answers[1]!.headers).toEqual({ 'retry-after': '1' });
  });

  test('a token that is wrong or missing', async () => {
    const own = await handler({ token: 'secret' });
    const asked = (authorization?: string) =>
      own.answer(get('/health', authorization === undefined ? {} : { authorization }));
    expect((await asked()).status).toBe(401);
    expect((await asked('Bearer wrong')).status).toBe(401);
    expect((await asked('Bearer secret')).status).toBe(200);
  });

  test('a host that it does not go by, as a page of another site would name it', async () => {
    const own = await handler({ hosts: ['127.0.0.1'] });
    expect((await own.answer(get('/health', { host: 'evil.example:80' }))).status).toBe(403);
    expect((await own.answer(get('/health', { host: '127.0.0.1:8080' }))).status).toBe(200);
  });
});

test('the card says what the model takes and gives', async () => {
  expect((await (await handler()).answer(get('/model?x'))).body).toMatchObject({
    input: { shape: [2], columns: ['x', 'y'] },
    output: { shape: [2], classes: ['up', 'right'] },
    parameters: 6,
    weightsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('over sockets: answers, a body that is too large, and an end that answers what has come', async () => {
  const options = { host: '127.0.0.1', port: 0, bodyBytes: 100, timeoutMs: 10_000 };
  const server = await startServer(await handler(), options);
  const ask = (body: string) => fetch(`${server.url}/predict`, { method: 'POST', body });
  const good = await ask('[0, 1]');
  expect([good.status, await good.json()]).toMatchObject([200, { predictions: [{ label: 'up' }] }]);
  const large = await ask(`[${'0, '.repeat(200)}1]`);
  expect([large.status, await large.json()]).toMatchObject([413, { error: { code: 'too-large' } }]);
  const last = ask('[1, 0]');
  expect((await last).status).toBe(200);
  await server.stop();
  await expect(ask('[0, 1]')).rejects.toThrow();
});

test('over sockets: bodies that many send and none ends are bounded together, and go with their senders', async () => {
  const options = { host: '127.0.0.1', port: 0, bodyBytes: 1000, timeoutMs: 30_000 };
  const server = await startServer(await handler(), options);
  const { port } = new URL(server.url);
  const begin = (): Promise<{ status: number; end(): void }> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { port, host: '127.0.0.1', path: '/predict', method: 'POST', agent: false },
        ({ statusCode = 0 }) => resolve({ status: statusCode, end: () => asked.destroy() }),
      );
      asked.on('error', reject);
      asked.write(`[${' '.repeat(989)}`, () => begun.push(asked));
    });
  const begun: ClientRequest[] = [];
  const all = Array.from({ length: 9 }, begin);
  // One of the nine is too much; the others wait for what they send next.
  expect((await Promise.race(all)).status).toBe(503);
  for (const one of all) one.catch(() => {});
  for (const one of begun) one.destroy();
  await expect
    .poll(
      async () => (await fetch(`${server.url}/predict`, { method: 'POST', body: '[0, 1]' })).status,
    )
    .toBe(200);
  await server.stop();
});
