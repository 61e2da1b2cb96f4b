// Peers that send without end and do not read: what that costs this side, and the links of others meanwhile.
import { once } from 'node:events';
import { encodeFrameHeader, payloadChecksum } from '@lockstep/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificates } from '../testing/certificates.js';
import {
  ARITHMETIC,
  dialWorker,
  endServed,
  frameHeader,
  KEY,
  leave,
  pause,
  Recorder,
  type Served,
  serve,
} from '../testing/harness.js';
import { connectRogue, connectStranger, masked, Rogue } from '../testing/rogue.js';

const servers: Served[] = [];
const rogues: Rogue[] = [];
afterEach(async () => {
  for (const rogue of rogues.splice(0)) rogue.end();
  await endServed(servers);
});

describe.each([
  ['plain', false],
  ['over TLS', true],
])('a peer that sends and does not read, %s', (_, isTls) => {
  const certificates = testCertificates();
  const ca = isTls ? certificates.ca : undefined;

  async function server(): Promise<Served> {
    const served = await serve(isTls ? { tls: certificates.server } : {});
    servers.push(served);
    return served;
  }

  async function rogue(served: Served): Promise<Rogue> {
    const options = { key: KEY, arithmetic: ARITHMETIC, ...(ca && { ca }) };
    const one = await connectRogue(served.listener.url, options);
    rogues.push(one);
    return one;
  }

  async function stranger(served: Served): Promise<Rogue> {
    const one = await connectStranger(served.listener.url, ca);
    rogues.push(one);
    return one;
  }

  it('has one pong queued at most, however many pings it sends', async () => {
    const served = await server();
    const peer = await rogue(served);
    const link = await served.next();
    const bytes = 24 * 1024 * 1024;
    link.limitQueue(2 * bytes);
    new Recorder(link);
    peer.stopReading();
    // More than any kernel takes: what comes after stays queued.
    link.sendFrame(frameHeader(1, bytes), [new Uint8Array(bytes)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = link.queuedBytes;
    for (let i = 0; i < 90; i++) peer.write(masked(9, new Uint8Array(125)));
    const recorder = new Recorder(await otherLink(served));
    await recorder.count(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(link.queuedBytes - before).toBeLessThan(2 * 131);
  });

  /** One that says something, so that what was sent before it has come. */
  async function otherLink(served: Served) {
    const worker = await dialWorker(served.listener.url, ca ? { tls: { ca } } : {});
    worker.sendControl(leave('hello'));
    return served.next();
  }

  it('is closed when it pings without end, with the reason', async () => {
    const served = await server();
    const peer = await rogue(served);
    const recorder = new Recorder(await served.next());
    peer.stopReading();
    peer.write(Buffer.concat(Array(20_000).fill(masked(9, new Uint8Array(0)))));
    expect(await recorder.untilClosed()).toEqual({
      code: 'protocol',
      message: 'pings: more than 100 between two looks at the clock',
    });
  });

  it('leaves the others their turn: a message of another link comes through a flood of messages', async () => {
    const served = await server();
    const peer = await rogue(served);
    const flooded = await served.next();
    const worker = await dialWorker(served.listener.url, ca ? { tls: { ca } } : {});
    const other = await served.next();
    const flood = new Recorder(flooded);
    let seenBefore = -1;
    const atOther = new Recorder(other, () => {
      seenBefore = flood.seen.length;
    });
    peer.stopReading();
    const count = 3000;
    peer.write(Buffer.concat(Array(count).fill(Rogue.bytesOf(leave('')))));
    worker.sendControl(leave('through'));
    await atOther.count(1);
    await flood.count(count);
    // A few turns of the event loop later than the flood began, not after all of it.
    expect(seenBefore).toBeLessThan(1000);
  });

  it('leaves them their turn after it was closed, too, and whatever it sends', async () => {
    const served = await server();
    const peer = await rogue(served);
    const recorder = new Recorder(await served.next());
    const worker = await dialWorker(served.listener.url, ca ? { tls: { ca } } : {});
    const other = await served.next();
    const answers = new Recorder(worker);
    new Recorder(other, () => other.sendControl(pause(1)));
    peer.stopReading();
    const scope = { run: 'f'.repeat(32), incarnation: 1 };
    const head = encodeFrameHeader(frameHeader(1, 0), scope, payloadChecksum([]));
    const stale = masked(2, Buffer.from(head));
    const junk = masked(2, Uint8Array.of(9));
    peer.write(Buffer.concat([...Array(2000).fill(stale), ...Array(100_000).fill(junk)]));
    for (let trip = 0; trip < 20; trip++) {
      worker.sendControl(leave('and back'));
      await answers.count(trip + 1);
    }
    expect((await recorder.untilClosed()).code).toBe('protocol');
  });

  it('gets no pong before the proof', async () => {
    const served = await server();
    const one = await stranger(served);
    let pongs = 0;
    one.ws.on('pong', () => pongs++);
    for (let i = 0; i < 50; i++) one.write(masked(9, new Uint8Array(0)));
    one.ws.send(Buffer.of(1, 2, 3));
    // A refusal, or a close: an answer to what came after the pings.
    await Promise.race([once(one.ws, 'message'), once(one.ws, 'close')]);
    expect(pongs).toBe(0);
  });

  it('cannot make much of little by cutting a message into single bytes', async () => {
    const served = await server();
    const one = await stranger(served);
    // A stranger's largest message, each byte in a record or a fragment of its own.
    const message = masked(2, new Uint8Array(60_000));
    if (isTls) {
      // Written one after the other has left: else they would share records.
      for (let i = 0; i < 1400 && one.socket.writable; i++) {
        await new Promise((resolve) => one.socket.write(message.subarray(i, i + 1), resolve));
      }
    } else {
      one.write(masked(2, new Uint8Array(1), false));
      for (let i = 0; i < 200; i++) one.write(masked(0, new Uint8Array(1), false));
    }
    const [status] = await one.untilClosed();
    expect(status).toBe(1008);
    expect(served.refusals).toEqual([expect.stringMatching(/Too many/)]);
  });
});
