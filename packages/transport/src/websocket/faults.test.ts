// A network that misbehaves between the two ends: silence, damage, cuts, delays. The proxy is testing/proxy.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { FRAME_HEADER_BYTES } from '@lockstep/wire';
import { afterEach, expect, it } from 'vitest';
import type { Link } from '../link.js';
import {
  dialWorker,
  frameHeader,
  leave,
  pattern,
  pause,
  Recorder,
  type Served,
  serve,
} from '../testing/harness.js';
import { type FaultProxy, type ProxiedConnection, startProxy } from '../testing/proxy.js';

interface Bench {
  readonly proxy: FaultProxy;
  readonly served: Served;
  readonly wire: ProxiedConnection;
  readonly coordinator: Link;
  readonly worker: Link;
}

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) {
    bench.worker.close('test', 'the test is over');
    bench.coordinator.close('test', 'the test is over');
    await bench.proxy.close();
    await bench.served.listener.close();
  }
});

/** A worker linked to a coordinator through a proxy. */
async function through(heartbeatMs = 30_000): Promise<Bench> {
  const served = await serve({ heartbeatMs });
  const proxy = await startProxy(served.listener.port);
  const worker = await dialWorker(`ws://127.0.0.1:${proxy.port}`, { heartbeatMs });
  const bench = {
    proxy,
    served,
    wire: await proxy.connection(0),
    coordinator: await served.next(),
    worker,
  };
  benches.push(bench);
  return bench;
}

it('finds a peer silent that stopped being heard, on both sides, and says for how long', async () => {
  const { wire, coordinator, worker } = await through(200);
  const recorders = [new Recorder(coordinator), new Recorder(worker)];
  // Longer than the limit: heartbeats alone keep an idle link.
  await sleep(600);
  expect(recorders.map(({ seen }) => seen.length)).toEqual([0, 0]);
  wire.stall();
  for (const recorder of recorders) {
    const reason = await recorder.untilClosed();
    expect(reason.code).toBe('silent');
    expect(reason.message).toMatch(/^silent for \d+\.\d s, limit 0\.2 s$/);
  }
});

it('goes by the limit that was set last', async () => {
  const { wire, coordinator, worker } = await through(60_000);
  const recorders = [new Recorder(coordinator), new Recorder(worker)];
  for (const link of [coordinator, worker]) link.heartbeat(300);
  await sleep(700);
  expect(recorders.map(({ seen }) => seen.length)).toEqual([0, 0]);
  wire.stall();
  for (const recorder of recorders) {
    expect((await recorder.untilClosed()).message).toMatch(/limit 0\.3 s$/);
  }
});

it('one deaf direction is enough, and the other side learns the reason', async () => {
  const { wire, coordinator, worker } = await through(200);
  const atCoordinator = new Recorder(coordinator);
  const atWorker = new Recorder(worker);
  wire.stall('to-server');
  expect((await atCoordinator.untilClosed()).code).toBe('silent');
  const reason = await atWorker.untilClosed();
  expect(reason.code).toBe('silent');
});

it('a large frame on a slow line is not silence', async () => {
  const { wire, coordinator, worker } = await through(400);
  const payload = pattern(1024 * 1024, 5);
  const recorder = new Recorder(worker);
  new Recorder(coordinator);
  const start = wire.bytes('to-client');
  // 128 KiB every 150 ms, so that the pings behind the frame come three limits late.
  wire.fault('to-client', { kind: 'stall', at: start + 1000 });
  coordinator.sendFrame(frameHeader(1, payload.length), [payload]);
  for (let at = start + 1000; at < start + payload.length; at += 128 * 1024) {
    await sleep(150);
    wire.fault('to-client', { kind: 'stall', at: at + 128 * 1024 });
    wire.resume('to-client');
  }
  await recorder.count(1);
  const [first] = recorder.seen;
  expect(first?.kind === 'frame' && first.payload.equals(payload)).toBe(true);
});

it('the bytes of heartbeats do not keep a link alive whose framing was damaged', async () => {
  const { wire, coordinator, worker } = await through(200);
  const recorder = new Recorder(coordinator);
  new Recorder(worker);
  const payload = pattern(10_000, 5);
  // The payload's WebSocket head follows the header's fragment; its length is in bytes 2 and 3. 10,000 becomes 14,096,
  // and what comes after, the pings, is swallowed as payload: 680 of them, at one every 50 ms.
  const head = 6 + FRAME_HEADER_BYTES;
  wire.fault('to-server', { kind: 'corrupt', at: wire.bytes('to-server') + head + 2 });
  worker.sendFrame(frameHeader(1, payload.length), [payload]);
  const reason = await recorder.untilClosed();
  expect(reason.code).toBe('silent');
  expect(recorder.seen.length).toBe(1);
});

it('never delivers a frame with one bit changed, wherever that is', async () => {
  const bytes = 20_000;
  // WebSocket head, frame header, second WebSocket head, payload from its first byte to its last.
  const fragment = 2 + 4;
  const start = fragment + FRAME_HEADER_BYTES + 4 + 4;
  const places: [number, string][] = [
    [start, 'crc'],
    [start + bytes / 2, 'crc'],
    [start + bytes - 1, 'crc'],
    [fragment + 1, 'protocol'],
    [fragment + 30, 'protocol'],
    [fragment + FRAME_HEADER_BYTES - 1, 'protocol'],
  ];
  for (const [place, code] of places) {
    const { wire, coordinator, worker } = await through();
    const atCoordinator = new Recorder(coordinator);
    const atWorker = new Recorder(worker);
    worker.sendControl(leave('before'));
    await atCoordinator.count(1);
    const payload = pattern(bytes, place);
    wire.fault('to-server', { kind: 'corrupt', at: wire.bytes('to-server') + place });
    worker.sendFrame(frameHeader(1, bytes), [payload]);
    worker.sendControl(leave('after'));
    expect((await atCoordinator.untilClosed()).code, `byte ${place}`).toBe(code);
    expect((await atWorker.untilClosed()).code).toBe(code);
    expect(atCoordinator.seen.map(({ kind }) => kind)).toEqual(['control', 'closed']);
  }
});

it('a cut in the middle of a frame loses the link and delivers nothing of the frame', async () => {
  for (const direction of ['to-server', 'to-client'] as const) {
    const { wire, coordinator, worker } = await through();
    const atCoordinator = new Recorder(coordinator);
    const atWorker = new Recorder(worker);
    const payload = pattern(500_000, 3);
    wire.fault(direction, { kind: 'cut', at: wire.bytes(direction) + 300_000 });
    const sender = direction === 'to-server' ? worker : coordinator;
    sender.sendControl(direction === 'to-server' ? leave('first') : pause(1));
    sender.sendFrame(frameHeader(1, payload.length), [payload]);
    expect((await atCoordinator.untilClosed()).code).toBe('lost');
    expect((await atWorker.untilClosed()).code).toBe('lost');
    const receiver = direction === 'to-server' ? atCoordinator : atWorker;
    expect(receiver.seen.map(({ kind }) => kind)).toEqual(['control', 'closed']);
  }
});

it('a stall in the middle of a frame that ends in time loses nothing', async () => {
  const { wire, coordinator, worker } = await through();
  const recorder = new Recorder(coordinator);
  new Recorder(worker);
  const payload = pattern(500_000, 3);
  wire.fault('to-server', { kind: 'stall', at: wire.bytes('to-server') + 250_000 });
  worker.sendFrame(frameHeader(1, payload.length), [payload]);
  worker.sendControl(leave('after it'));
  await sleep(50);
  expect(recorder.seen).toEqual([]);
  wire.resume();
  await recorder.count(2);
  expect(recorder.seen[0]?.kind === 'frame' && recorder.seen[0].payload.equals(payload)).toBe(true);
});

it('a delayed line keeps the order, and both sides see its end', async () => {
  const { proxy, wire, coordinator, worker } = await through();
  const recorder = new Recorder(worker);
  new Recorder(coordinator);
  proxy.delay(20);
  for (let i = 0; i < 50; i++) coordinator.sendControl(pause(i));
  await sleep(5);
  proxy.delay(0);
  for (let i = 50; i < 60; i++) coordinator.sendControl(pause(i));
  await recorder.count(60);
  const order = recorder.seen.map((one) =>
    one.kind === 'control' && one.message.type === 'pause' ? one.message.generation : -1,
  );
  expect(order).toEqual(Array.from({ length: 60 }, (_, i) => i));
  wire.cut();
  expect((await recorder.untilClosed()).code).toBe('lost');
  expect(wire.open).toBe(false);
});

it('a proxy that refuses is unreachable', async () => {
  const { proxy } = await through();
  proxy.refuse(true);
  await expect(dialWorker(`ws://127.0.0.1:${proxy.port}`)).rejects.toMatchObject({
    code: 'unreachable',
  });
});
