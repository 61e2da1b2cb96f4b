// What ranks of a job are to each other, run by each of them: the contract of a link between a rank and itself, which both ends of
// lie in one process for, and what only several show. They find each other by files in a folder.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Link, mpiSockets, type Transport, webSockets } from '@lockstep/transport';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  dialOver,
  endServed,
  frameHeader,
  pattern,
  pause,
  Recorder,
  type Served,
  serveOver,
} from '../../packages/transport/src/testing/harness.js';
import { linkContract } from '../../packages/transport/src/testing/link-contract.js';

const rank = Number(process.env.OMPI_COMM_WORLD_RANK);
const ranks = Number(process.env.OMPI_COMM_WORLD_SIZE);
const folder = process.env.LOCKSTEP_TEST_FOLDER!;
const others = Array.from({ length: ranks }, (_, other) => other).filter((one) => one !== rank);

/** Sizes on both sides of what goes at once, what is copied, and what goes piece by piece. */
const SIZES = [0, 4, 1780, 1788, 1800, 2048, 4096, 9000, 65_536, 438_000, 3_000_000];

let transport: Transport;
let served: Served;

beforeAll(async () => {
  transport = mpiSockets(webSockets({ port: 0 }));
  served = await serveOver(transport, { towards: 'ws://127.0.0.1:1' });
  write(`url-${rank}`, served.listener.url);
});
afterAll(async () => {
  // None ends before all have what it sent.
  await meet('the end');
  await endServed([served]);
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.part`), text);
  renameSync(join(folder, `${name}.part`), join(folder, name));
}

async function read(name: string): Promise<string> {
  while (!existsSync(join(folder, name))) await sleep(10);
  return readFileSync(join(folder, name), 'utf8');
}

/** Waits until all ranks are here. */
async function meet(place: string): Promise<void> {
  write(`${place}-${rank}`, '');
  for (const other of others) await read(`${place}-${other}`);
}

/** The link to each other rank, of which the higher one dials. */
async function linkAll(place: string): Promise<Map<number, Link>> {
  await meet(`${place} begins`);
  const links = new Map<number, Link>();
  for (const other of others.filter((one) => one < rank)) {
    const link = await dialOver(transport, await read(`url-${other}`));
    links.set(other, link);
  }
  for (const _ of others.filter((one) => one > rank)) {
    const link = await served.next();
    links.set(Number(/MPI rank (\d+)$/.exec(link.remote.address)![1]), link);
  }
  for (const link of links.values()) {
    link.limit(4_000_000);
    link.limitQueue(2 ** 30);
  }
  return links;
}

linkContract(`MPI, of rank ${rank} with itself`, async () => {
  const worker = await dialOver(transport, served.listener.url);
  expect(worker.remote.address).toContain(`MPI rank ${rank}`);
  return [await served.next(), worker];
});

it('all ranks have each other’s messages of any size, in order and byte by byte', async () => {
  const links = await linkAll('sizes');
  expect([...links.keys()].sort()).toEqual(others);
  await Promise.all(
    [...links].map(async ([other, link]) => {
      const recorder = new Recorder(link);
      for (let i = 0; i < 10 * SIZES.length; i++) {
        const payload = pattern(SIZES[i % SIZES.length]!, 1000 * rank + i);
        const cut = Math.floor(payload.length / 3);
        link.sendFrame(frameHeader(i, payload.length), [
          payload.subarray(0, cut),
          payload.subarray(cut),
        ]);
      }
      await recorder.count(10 * SIZES.length);
      for (const [i, one] of recorder.seen.entries()) {
        if (one.kind !== 'frame') throw new Error(`${i}: ${one.kind}`);
        expect(one.header.step).toBe(i);
        expect(one.payload.equals(pattern(SIZES[i % SIZES.length]!, 1000 * other + i))).toBe(true);
      }
    }),
  );
  await meet('sizes end');
  for (const link of links.values()) link.close('enough', 'of sizes');
});

it('who closes is heard by the other rank after all that it sent', async () => {
  const links = await linkAll('reasons');
  await Promise.all(
    [...links].map(async ([other, link]) => {
      const recorder = new Recorder(link);
      if (other > rank) {
        const payload = pattern(900_000, rank);
        for (let i = 0; i < 5; i++) link.sendFrame(frameHeader(i, payload.length), [payload]);
        link.sendControl(pause(rank));
        link.close('done', `rank ${rank} is`);
        expect(await recorder.untilClosed()).toMatchObject({ code: 'done' });
      } else {
        const reason = await recorder.untilClosed();
        expect(reason).toEqual({ code: 'done', message: `rank ${other} is` });
        const kinds = recorder.seen.map(({ kind }) => kind);
        expect(kinds).toEqual([...Array(5).fill('frame'), 'control', 'closed']);
      }
    }),
  );
});

it('a worker that is no rank comes to a rank by its address, without MPI', async () => {
  const worker = await dialOver(webSockets(), served.listener.url);
  const link = await served.next();
  expect(worker.remote.address + link.remote.address).not.toContain('MPI');
  const [there, here] = [new Recorder(worker), new Recorder(link)];
  const payload = pattern(500_000, rank);
  for (const one of [worker, link]) one.sendFrame(frameHeader(1, payload.length), [payload]);
  for (const recorder of [there, here]) {
    await recorder.count(1);
    const [first] = recorder.seen;
    expect(first?.kind === 'frame' && first.payload.equals(payload)).toBe(true);
  }
  worker.close('enough', '');
});
