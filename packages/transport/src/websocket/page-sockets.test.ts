// Links of pages: signs of life are words, so that a page that stands still is lost though its browser answers pings.
import { afterEach, expect, it } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { dial } from '../dial.js';
import {
  ARITHMETIC,
  dialOver,
  endServed,
  KEY,
  Recorder,
  type Served,
  serve,
} from '../testing/harness.js';
import { PAGE, wsInPage } from '../testing/page.js';
import { holdSockets, socketBehind, type Wire } from './held-socket.js';
import type { OpenSocket, PageSocket } from './page-socket.js';
import { pageSockets } from './page-sockets.js';

const servers: Served[] = [];
afterEach(() => endServed(servers));

async function served(heartbeatMs: number): Promise<Served> {
  const one = await serve({ page: PAGE, heartbeatMs });
  servers.push(one);
  return one;
}

it('both sides stay, and hear of each other, as long as both answer', async () => {
  const one = await served(200);
  const words: string[] = [];
  const socket: OpenSocket = (url, protocol) => {
    const ws = new NodeWebSocket(url, protocol);
    ws.on('message', (data, isBinary) => void (isBinary || words.push(String(data))));
    return ws as unknown as PageSocket;
  };
  const worker = await dialOver(pageSockets({ socket }), one.listener.url, { heartbeatMs: 200 });
  const [atWorker, atCoordinator] = [new Recorder(worker), new Recorder(await one.next())];
  while (words.filter((word) => word === 'ping').length < 10 || !words.includes('pong')) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect([atWorker.closed, atCoordinator.closed]).toEqual([undefined, undefined]);
  worker.close('left', 'it was stopped');
  expect(await atCoordinator.untilClosed()).toEqual({ code: 'left', message: 'it was stopped' });
});

it('a page that stands still is lost, though its browser answers pings', async () => {
  const one = await served(200);
  let isFrozen = false;
  const socket: OpenSocket = (url, protocol) => {
    const ws = new NodeWebSocket(url, protocol);
    // As a frozen page: its handlers are not called, and nothing leaves; pings are answered below it.
    const send = ws.send.bind(ws) as (data: Uint8Array) => void;
    Object.assign(ws, { send: (data: Uint8Array) => isFrozen || send(data) });
    return ws as unknown as PageSocket;
  };
  await dialOver(pageSockets({ socket }), one.listener.url);
  const coordinator = new Recorder(await one.next());
  isFrozen = true;
  expect((await coordinator.untilClosed()).code).toBe('silent');
});

it('nobody there is an error that may pass, in words that say what a browser does not', async () => {
  const one = await served(200);
  await one.listener.close();
  const dialled = dialOver(pageSockets({ socket: wsInPage }), one.listener.url);
  await expect(dialled).rejects.toMatchObject({ code: 'unreachable' });
});

it('a wrong token is refused in the words of the coordinator', async () => {
  const one = await served(200);
  const key = new TextEncoder().encode('another token than theirs');
  const dialled = dialOver(pageSockets({ socket: wsInPage }), one.listener.url, { key });
  await expect(dialled).rejects.toMatchObject({ code: 'refused', reason: 'unauthorized' });
});

it('aborting ends an attempt at once', async () => {
  const one = await served(200);
  const control = new AbortController();
  const options = {
    key: KEY,
    role: 'worker',
    arithmetic: ARITHMETIC,
    signal: control.signal,
  } as const;
  const dialled = dial([pageSockets({ socket: wsInPage })], one.listener.url, options);
  control.abort(new Error('not any more'));
  await expect(dialled).rejects.toThrow('not any more');
});

it('a text that is no word ends the link', async () => {
  const one = await served(5000);
  let raw: NodeWebSocket | undefined;
  const socket: OpenSocket = (url, protocol) => {
    raw = new NodeWebSocket(url, protocol);
    return raw as unknown as PageSocket;
  };
  await dialOver(pageSockets({ socket }), one.listener.url);
  const coordinator = new Recorder(await one.next());
  raw!.send('hello');
  expect((await coordinator.untilClosed()).code).toBe('protocol');
});

it('a thread that computes for longer than the heartbeat keeps its link, if another holds the socket', async () => {
  const one = await served(200);
  const { port1, port2 } = new MessageChannel();
  const words: string[] = [];
  holdSockets(port2 as unknown as Wire, (url, protocol) => {
    const ws = new NodeWebSocket(url, protocol);
    ws.on('message', (data, isBinary) => void (isBinary || words.push(String(data))));
    return ws as unknown as PageSocket;
  });
  await dialOver(pageSockets({ socket: socketBehind(port1 as unknown as Wire) }), one.listener.url);
  const coordinator = new Recorder(await one.next());
  // It computes: nobody hears what the other thread tells.
  port1.onmessage = null;
  while (words.length < 12) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(coordinator.closed).toBeUndefined();
  port1.close();
});
