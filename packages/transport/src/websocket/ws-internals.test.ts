// What is left out of ws: messages are the same with it and without, masked or not, in fragments or whole.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { leaveInChunks } from './ws-internals.js';

async function received(mask: number, sizes: readonly number[]): Promise<Buffer[]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxFragments: 8 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = { generateMask: (into: Buffer) => void into.fill(mask) };
  const client = new WebSocket(`ws://127.0.0.1:${port}`, options);
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
  const ws = accepted as WebSocket;
  ws.binaryType = 'fragments';
  leaveInChunks(ws);
  const message = once(ws, 'message');
  sizes.forEach((bytes, i) => {
    const piece = Buffer.alloc(bytes, 'lockstep, in pieces');
    client.send(piece, { binary: true, fin: i === sizes.length - 1 });
  });
  const [pieces] = (await message) as [Buffer[]];
  const copies = pieces.map((piece) => Buffer.from(piece));
  client.terminate();
  await new Promise((resolve) => server.close(resolve));
  return copies;
}

const sizes = [100, 300_000, 0, 70_001];
const whole = Buffer.concat(sizes.map((bytes) => Buffer.alloc(bytes, 'lockstep, in pieces')));

test('a large fragment comes as windows on the chunks that it came in', async () => {
  const pieces = await received(0, sizes);
  expect(pieces.length).toBeGreaterThan(3);
  expect(Buffer.concat(pieces).equals(whole)).toBe(true);
});

test('a masked one is unmasked', async () => {
  const pieces = await received(0x5a, sizes);
  expect(pieces).toHaveLength(3);
  expect(Buffer.concat(pieces).equals(whole)).toBe(true);
});
