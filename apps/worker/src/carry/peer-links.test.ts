import { wasm } from '@lockstep/kernels';
import { type Listener, type ListenTls, listen, webSockets } from '@lockstep/transport';
import { connectRogue, testCertificates } from '@lockstep/transport/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { PeerLinks } from './peer-links.js';

const SCOPE = { run: 'd'.repeat(32), incarnation: 3, floats: 64, heartbeatMs: 5000 };
const KEY = new Uint8Array(32).fill(1);

interface Peer {
  readonly peers: PeerLinks;
  readonly listener: Listener;
  readonly told: string[];
  readonly reasons: string[];
}

const open: Peer[] = [];
afterEach(async () => {
  for (const { peers, listener } of open.splice(0)) {
    peers.close();
    await listener.close();
  }
});

async function peer(tls?: ListenTls): Promise<Peer> {
  const told: string[] = [];
  const reasons: string[] = [];
  const transport = webSockets({ host: '127.0.0.1', port: 0, tls });
  const peers = new PeerLinks({
    transports: [transport],
    arithmetic: wasm.arithmetic,
    onOpen: (generation) => told.push(`open ${generation}`),
    onFailed: (generation, rank, reason) => {
      told.push(`failed ${generation} ${rank}`);
      reasons.push(reason);
    },
    onFrame: (rank, { step }, payload) => told.push(`frame ${rank} ${step} ${payload[0]![0]}`),
  });
  const listener = (await listen(transport, {
    arithmetic: wasm.arithmetic,
    identify: (hello) => peers.identify(hello),
    onLink: (link) => peers.accept(link),
  }))!;
  open.push({ peers, listener, told, reasons });
  return { peers, listener, told, reasons };
}

function planFor(all: readonly Peer[], generation = 7, key = KEY) {
  const members = all.map(({ listener }, rank) => ({
    name: `w${rank}`,
    url: listener.url,
    first: rank,
    end: rank + 1,
  }));
  return (rank: number) => ({ generation, rank, members, key });
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !condition(); ) {
    if (Date.now() > end) throw new Error('it does not come to that');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('links between workers', () => {
  it('open between all, also when one hears of the generation later, and carry frames', async () => {
    const all = [await peer(), await peer(), await peer()];
    const plan = planFor(all);
    for (const rank of [2, 1]) all[rank]!.peers.open(plan(rank), SCOPE);
    await new Promise((resolve) => setTimeout(resolve, 50));
    all[0]!.peers.open(plan(0), SCOPE);
    await until(() => all.every(({ told }) => told.includes('open 7')));
    const header = {
      kind: 'partial',
      generation: 7,
      step: 4,
      rank: 2,
      offset: 0,
      bytes: 4,
    } as const;
    all[2]!.peers.send(0, header, [new Uint8Array(4).fill(9)]);
    await until(() => all[0]!.told.includes('frame 2 4 9'));
    expect(all.flatMap(({ told }) => told).filter((line) => line.startsWith('failed'))).toEqual([]);
  });

  it('a frame larger than the step can need breaks the link', async () => {
    const all = [await peer(), await peer()];
    for (const [rank, { peers }] of all.entries()) peers.open(planFor(all)(rank), SCOPE);
    await until(() => all.every(({ told }) => told.includes('open 7')));
    // Each holds one block of 64 floats, which two swap whole.
    const header = { kind: 'partial', generation: 7, step: 0, rank: 1, offset: 0 } as const;
    all[1]!.peers.send(0, { ...header, bytes: 256 }, [new Uint8Array(256)]);
    await until(() => all[0]!.told.includes('frame 1 0 0'));
    all[1]!.peers.send(0, { ...header, bytes: 260 }, [new Uint8Array(260)]);
    await until(() => all[0]!.told.includes('failed 7 1'));
    expect(all[0]!.told.filter((line) => line.startsWith('frame')).length).toBe(1);
  });

  it.each([
    ['plain', false],
    ['over TLS', true],
  ])(
    'a peer that takes nothing has three steps queued at most, and then its link is lost, %s',
    async (_, isTls) => {
      const { ca, member } = testCertificates();
      const { peers, listener, told, reasons } = await peer(isTls ? member : undefined);
      const floats = 2 ** 20;
      const scope = { generation: 7, rank: 1 };
      const members = [0, 1].map((rank) => ({
        ...{ name: `w${rank}`, url: listener.url, first: rank, end: rank + 1 },
      }));
      peers.open({ generation: 7, rank: 0, members, key: KEY }, { ...SCOPE, floats });
      const arithmetic = wasm.arithmetic;
      const rogue = await connectRogue(listener.url, {
        ...{ key: KEY, arithmetic, scope },
        ...(isTls && { ca }),
      });
      rogue.stopReading();
      await until(() => told.includes('open 7'));
      const payload = new Uint8Array(4 * floats);
      const header = {
        kind: 'partial',
        generation: 7,
        rank: 0,
        offset: 0,
        bytes: 4 * floats,
      } as const;
      // A kernel may take a few; of what it does not take, the fourth is too much.
      for (let step = 0; step < 20 && reasons.length === 0; step++) {
        peers.send(1, { ...header, step }, [payload]);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      rogue.end();
      const [reason] = reasons;
      expect(reason).toMatch(/^the other side does not take what is sent/);
      const [queued, due, limit] = reason!.match(/\d+/g)!.map(Number);
      expect(limit).toBe(3 * 4 * floats + 64 * 1024);
      expect(queued).toBeLessThanOrEqual(limit!);
      expect(queued! + due!).toBeGreaterThan(limit!);
    },
  );

  it('a peer with another generation or key is not let in', async () => {
    const all = [await peer(), await peer()];
    all[0]!.peers.open(planFor(all)(0), SCOPE);
    all[1]!.peers.open(planFor(all, 6)(1), SCOPE);
    await new Promise((resolve) => setTimeout(resolve, 100));
    all[1]!.peers.open(planFor(all, 7, new Uint8Array(32).fill(2))(1), SCOPE);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(all.flatMap(({ told }) => told)).toEqual([]);
  });

  it('a closed generation tells nothing more on this side, and is a failure on the other', async () => {
    const all = [await peer(), await peer()];
    for (const [rank, { peers }] of all.entries()) peers.open(planFor(all)(rank), SCOPE);
    await until(() => all.every(({ told }) => told.includes('open 7')));
    all[0]!.peers.close();
    await until(() => all[1]!.told.includes('failed 7 0'));
    expect(all[0]!.told).toEqual(['open 7']);
  });
});
