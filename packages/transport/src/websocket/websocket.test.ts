// What only a WebSocket link has: strangers, HTTP, the size limits of ws, scopes.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ClientHandshake,
  encodeFrameHeader,
  PRE_AUTH_BYTES,
  PROTOCOL_VERSION,
  payloadChecksum,
} from '@lockstep/wire';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { LinkError } from '../errors.js';
import {
  ARITHMETIC,
  dialWorker,
  endServed,
  frameHeader,
  KEY,
  leave,
  Recorder,
  RUN,
  type Served,
  serve,
} from '../testing/harness.js';
import { HttpProxy, type HttpProxyOptions } from '../testing/http-proxy.js';
import { connectRogue, connectStranger, type Rogue } from '../testing/rogue.js';
import { webSockets } from './web-sockets.js';

const servers: Served[] = [];
const sockets: WebSocket[] = [];
const proxies: HttpProxy[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  await endServed(servers);
});

async function server(options: Parameters<typeof serve>[0] = {}): Promise<Served> {
  const served = await serve(options);
  servers.push(served);
  return served;
}

function createProxy(options: HttpProxyOptions = {}): HttpProxy {
  const proxy = new HttpProxy(options);
  proxies.push(proxy);
  return proxy;
}

/** Somebody who proves nothing. */
async function stranger(served: Served): Promise<Rogue> {
  return kept(await connectStranger(served.listener.url));
}

/** Somebody who knows the key, and then may write what it likes. */
async function rogue(served: Served): Promise<Rogue> {
  return kept(await connectRogue(served.listener.url, { key: KEY, arithmetic: ARITHMETIC }));
}

function kept(one: Rogue): Rogue {
  sockets.push(one.ws);
  return one;
}

async function refusal(dialling: Promise<unknown>): Promise<LinkError> {
  const error = await dialling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LinkError);
  return error as LinkError;
}

it('refuses a wrong token', async () => {
  const { listener, accepted, refusals } = await server();
  const error = await refusal(dialWorker(listener.url, { key: new Uint8Array(16) }));
  expect(error).toMatchObject({ code: 'refused', reason: 'unauthorized' });
  expect(error.message).toMatch(/token is wrong/);
  expect(accepted).toEqual([]);
  expect(refusals).toEqual([expect.stringMatching(/token/)]);
});

it('refuses another arithmetic, naming both', async () => {
  const { listener } = await server();
  const other = 'numbers-2';
  const error = await refusal(dialWorker(listener.url, { arithmetic: other }));
  expect(error).toMatchObject({ code: 'refused', reason: 'arithmetic' });
  expect(error.message).toContain(other);
  expect(error.message).toContain(ARITHMETIC);
});

it('refuses another protocol version, naming both', async () => {
  const served = await server();
  const { ws } = await stranger(served);
  const client = new ClientHandshake({
    role: 'worker',
    arithmetic: ARITHMETIC,
    key: KEY,
    nonce: new Uint8Array(32).fill(7),
  });
  const hello = Uint8Array.from(client.start().send!);
  hello[2] = 9;
  ws.send(hello);
  const [answer] = await once(ws, 'message');
  const { refused } = client.receive(answer as Buffer);
  expect(refused?.code).toBe('version');
  expect(refused?.message).toMatch(new RegExp(`version 9 .*\\b${PROTOCOL_VERSION}\\b`));
});

it("refuses what identify does not want, with identify's words", async () => {
  const { listener } = await server({
    identify: (hello) =>
      hello.generation === 4
        ? { key: KEY, run: RUN, incarnation: 1, rank: 0 }
        : { code: 'stale', message: `generation ${hello.generation} is over` },
  });
  const peer = (generation: number) =>
    dialWorker(listener.url, { role: 'peer', scope: { generation, rank: 2 } });
  expect(await refusal(peer(3))).toMatchObject({ code: 'refused', reason: 'stale' });
  const link = await peer(4);
  expect(link.remote).toMatchObject({ role: 'peer', run: RUN, incarnation: 1, rank: 0 });
  const [accepted] = servers[0]!.accepted;
  expect(accepted!.remote).toMatchObject({ role: 'peer', generation: 4, rank: 2 });
});

it('cuts off a connection that says nothing, before and after the upgrade', async () => {
  const served = await server({ handshakeMs: 150 });
  const mute = connect(served.listener.port, '127.0.0.1');
  const { ws } = await stranger(served);
  const [[status, reason]] = await Promise.all([once(ws, 'close'), once(mute, 'close')]);
  expect([status, String(reason)]).toEqual([4000, expect.stringMatching(/^timeout .*150 ms/)]);
});

it('gives up on a server that says nothing', async () => {
  const served = await server();
  served.listener.close();
  const { createServer } = await import('node:net');
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as { port: number };
  const error = await refusal(dialWorker(`ws://127.0.0.1:${port}`, { handshakeMs: 100 }));
  expect(error.code).toBe('timeout');
  mute.close();
});

it('says what is unreachable, and stops when it is told to', async () => {
  const served = await server();
  await served.listener.close();
  expect((await refusal(dialWorker(served.listener.url))).code).toBe('unreachable');
  const gone = new Error('changed my mind');
  await expect(dialWorker('ws://127.0.0.1:9', { signal: AbortSignal.abort(gone) })).rejects.toBe(
    gone,
  );
  expect((await refusal(dialWorker('http://127.0.0.1:9'))).code).toBe('protocol');
});

it(`refuses a message of ${PRE_AUTH_BYTES} + 1 bytes before the proof, without waiting for it`, async () => {
  const served = await server();
  const { ws, socket } = await stranger(served);
  socket.write(webSocketHead(PRE_AUTH_BYTES + 1));
  const [status] = await once(ws, 'close');
  expect(status).toBe(1009);
  expect(served.refusals.length).toBe(1);
});

it('refuses many small messages before the proof once they are too much together', async () => {
  const served = await server();
  const { ws } = await stranger(served);
  const closed = once(ws, 'close');
  // Pongs, which nobody answers and no message limit counts.
  for (let i = 0; i < 1000; i++) ws.pong(Buffer.alloc(125));
  await closed;
  expect(served.refusals).toEqual([expect.stringMatching(/more than 65536 bytes/)]);
});

it('holds at most so many strangers: one more pushes out the oldest', async () => {
  const served = await server({ maxPending: 2 });
  const first = await stranger(served);
  const second = await stranger(served);
  const firstClosed = once(first.ws, 'close');
  const link = await dialWorker(served.listener.url);
  await firstClosed;
  expect(second.ws.readyState).toBe(WebSocket.OPEN);
  expect(link.remote.role).toBe('coordinator');
});

it('answers an Origin, another Host or path, and plain HTTP with a status', async () => {
  const served = await server();
  const { port } = served.listener;
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket' };
  const ask = async (path: string, headers: Record<string, string>) => {
    const asked = request({ port, host: '127.0.0.1', path, headers });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    return response.statusCode as number;
  };
  const key = { 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') };
  const full = { ...upgrade, ...key, 'Sec-WebSocket-Version': '13' };
  expect(await ask('/lockstep', { ...full, Origin: 'http://127.0.0.1' })).toBe(403);
  expect(await ask('/lockstep', { ...full, Host: 'evil.example:7070' })).toBe(421);
  expect(await ask('/lockstep', { ...full, Host: 'a b' })).toBe(400);
  expect(await ask('/other', full)).toBe(404);
  expect(await ask('/lockstep/other', full)).toBe(404);
  expect(await ask('/otherlockstep', full)).toBe(404);
  expect(await ask('/lockstep?x=1', full)).toBe(404);
  expect(await ask('/lockstep', {})).toBe(426);
  expect(await ask('/lockstep', { ...upgrade, 'Sec-WebSocket-Version': '13' })).toBe(400);
  expect(served.accepted).toEqual([]);
});

it('accepts other names of itself only when they are given', async () => {
  const open = await server({ names: ['lockstep.example'] });
  const ask = (served: Served, host: string) =>
    new Promise<unknown>((resolve) => {
      const ws = new WebSocket(`${served.listener.url}/lockstep`, { headers: { Host: host } });
      sockets.push(ws);
      ws.on('open', () => resolve('open'));
      ws.on('error', (error) => resolve(error.message));
    });
  expect(await ask(open, 'Lockstep.Example')).toBe('open');
  expect(await ask(open, 'localhost:1')).toBe('open');
  expect(await ask(await server(), 'lockstep.example')).toMatch(/421/);
});

it('says by which flag a name that it does not know is made known', async () => {
  const refused = await server();
  const proxy = createProxy({ headers: (own) => ({ ...own, host: 'train.example:443' }) });
  const url = await proxy.before(refused.listener.port);
  expect(await refusal(dialWorker(url))).toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/421: .*"train\.example".*--reachable-as train\.example/),
  });
});

it.each([
  ['/team/one', '/team/one/lockstep'],
  ['/team/one/', '/team/one/lockstep'],
  ['/team/lockstep', '/team/lockstep'],
  ['/', '/lockstep'],
  ['', '/lockstep'],
  ['/lockstep', '/lockstep'],
])('asks for the path of ws://host%s as %s, which the listener takes', async (path, asked) => {
  const served = await server();
  const proxy = createProxy();
  const link = await dialWorker((await proxy.before(served.listener.port)) + path);
  expect(proxy.paths).toEqual([asked]);
  link.close('done', '');
});

it('a peer is dialled at no other path', async () => {
  const scope = { generation: 1, rank: 1 };
  const dialled = dialWorker('ws://127.0.0.1:9/admin', { role: 'peer', scope });
  expect(await refusal(dialled)).toMatchObject({
    code: 'protocol',
    message: expect.stringMatching(/path of a peer/),
  });
});

it('does not listen beyond loopback without TLS, unless told to', async () => {
  for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.org']) {
    expect(() => webSockets({ host })).toThrow(/--tls-cert.*--insecure/);
  }
  const { listener } = await server({ host: '0.0.0.0', insecure: true });
  expect(listener.url).not.toContain('0.0.0.0');
  await expect(server({ host: '192.0.2.1', insecure: true })).rejects.toMatchObject({
    code: 'address',
  });
});

it('a frame whose declared size is above the limit is refused before its bytes are there', async () => {
  const served = await server();
  const { ws, socket } = await rogue(served);
  const link = await served.next();
  link.limit(220 * 1024);
  const recorder = new Recorder(link);
  const before = process.memoryUsage().arrayBuffers;
  socket.write(webSocketHead(1024 * 1024 * 1024));
  const [status] = await once(ws, 'close');
  expect(status).toBe(1009);
  expect(await recorder.untilClosed()).toMatchObject({
    code: 'protocol',
    message: expect.stringMatching(/too large/),
  });
  // A read buffer or two of 64 KiB each, not a GiB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
});

it('drops frames of another run or incarnation and counts them', async () => {
  const served = await server();
  const { ws } = await rogue(served);
  const link = await served.next();
  const recorder = new Recorder(link);
  const payload = Buffer.alloc(400, 3);
  const send = (run: string, incarnation: number) => {
    const scope = { run, incarnation };
    const head = encodeFrameHeader(
      frameHeader(incarnation, 400),
      scope,
      payloadChecksum([payload]),
    );
    ws.send(Buffer.concat([head, payload]));
  };
  send('f'.repeat(32), 3);
  send(RUN, 2);
  send(RUN, 3);
  await recorder.count(1);
  expect(recorder.seen).toMatchObject([{ kind: 'frame', header: { step: 3 } }]);
  expect(link.staleFrames).toBe(2);
});

it('takes a frame that something on the way has cut into other fragments', async () => {
  const served = await server();
  const { ws } = await rogue(served);
  const recorder = new Recorder(await served.next());
  const payload = Buffer.from(Array.from({ length: 400 }, (_, i) => i & 255));
  const head = encodeFrameHeader(
    frameHeader(1, 400),
    { run: RUN, incarnation: 3 },
    payloadChecksum([payload]),
  );
  const whole = Buffer.concat([head, payload]);
  const cuts = [0, 1, 30, 70, 200, whole.length];
  for (let i = 1; i < cuts.length; i++) {
    ws.send(whole.subarray(cuts[i - 1], cuts[i]), { fin: i === cuts.length - 1 });
  }
  await recorder.count(1);
  expect(recorder.seen[0]?.kind === 'frame' && recorder.seen[0].payload.equals(payload)).toBe(true);
});

it('closes on text, on unknown kinds, and on sizes that do not agree', async () => {
  const payload = Buffer.alloc(400);
  const scope = { run: RUN, incarnation: 3 };
  const head = encodeFrameHeader(frameHeader(1, 400), scope, payloadChecksum([payload]));
  const bad: (Buffer | string)[] = [
    'text',
    Buffer.alloc(0),
    Buffer.of(3, 1, 2),
    Buffer.from(head),
    Buffer.from(head.subarray(0, 20)),
    Buffer.concat([head, payload, Buffer.alloc(4)]),
    Buffer.of(1, 0, 0, 0, 0, 1),
  ];
  const served = await server();
  for (const message of bad) {
    const { ws } = await rogue(served);
    const recorder = new Recorder(await served.next());
    ws.send(message);
    expect((await recorder.untilClosed()).code).toBe('protocol');
    expect(recorder.seen.length).toBe(1);
  }
});

it('sends frames unmasked in effect: a client writes the very bytes of the payload', async () => {
  const served = await server();
  const { createServer } = await import('node:net');
  const written: Buffer[] = [];
  const tap = createServer((client) => {
    const upstream = connect(served.listener.port, '127.0.0.1');
    client.on('data', (chunk) => written.push(chunk));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(tap, 'listening');
  const { port } = tap.address() as { port: number };
  const link = await dialWorker(`ws://127.0.0.1:${port}`);
  const recorder = new Recorder(await served.next());
  const payload = Buffer.alloc(8192, 'Lockstep');
  link.sendFrame(frameHeader(1, payload.length), [payload]);
  await recorder.count(1);
  expect(Buffer.concat(written).includes(payload)).toBe(true);
  link.close('done', '');
  tap.close();
});

it('the listener closes without its links', async () => {
  const served = await server();
  const link = await dialWorker(served.listener.url);
  const recorder = new Recorder(await served.next());
  await served.listener.close();
  link.sendControl(leave('still here'));
  await recorder.count(1);
  expect(recorder.seen).toMatchObject([{ kind: 'control' }]);
  await sleep(1);
  expect((await refusal(dialWorker(served.listener.url))).code).toBe('unreachable');
});

/** The beginning of a masked, final, binary frame of that size. */
function webSocketHead(bytes: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
}
