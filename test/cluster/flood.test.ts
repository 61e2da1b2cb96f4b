// A participant that asks for ever more and never reads: what it costs the coordinator, a process of its own, and the
// others meanwhile. How links bound what they queue is tested in packages/transport.
import { readFileSync, writeFileSync } from 'node:fs';
import { wasm } from '@lockstep/kernels';
import { dial, type Link, webSockets } from '@lockstep/transport';
import { connectRogue, Rogue, testCertificates } from '@lockstep/transport/testing';
import { MAX_PIECE_BYTES, type RunMessage } from '@lockstep/wire';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, clusters, outcomeOf, TOKEN } from './cluster.js';

const { cluster, expected, path } = clusters(2);
const certificates = testCertificates();
const key = new TextEncoder().encode(TOKEN);

const rogues: Rogue[] = [];
const links: Link[] = [];
beforeAll(() => {
  writeFileSync(path('ca.pem'), certificates.ca);
  writeFileSync(path('server.pem'), certificates.server.cert);
  writeFileSync(path('server.key.pem'), certificates.server.key);
});
afterEach(() => {
  for (const rogue of rogues.splice(0)) rogue.end();
  for (const link of links.splice(0)) link.close('test', 'the test is over');
});

/** Requests that were answered with 1.1 GB before what had not left was counted. */
const REQUESTS = 3000;
/** A piece or two with their encryption and what the garbage collector has not looked at yet. */
const MOST_GROWTH_BYTES = 96 * 1024 * 1024;
/** An event loop that stands still for a second is silent; it stood for 12 s. */
const HEARTBEAT_MS = 2000;

/** The most memory that a process ever had; undefined where the system does not say. */
function peakBytes({ coordinator }: Cluster): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const status = readFileSync(`/proc/${coordinator.child.pid}/status`, 'utf8');
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]);
}

/** A worker that never joins and asks for a little of the data again and again. */
class Honest {
  run: RunMessage | undefined;
  trips = 0;
  closed: string | undefined;
  #wake: () => void = () => {};

  constructor(link: Link) {
    const ask = (): void => {
      const { sha256 } = this.run!.datasets[0]!.inputs;
      link.sendControl({ type: 'fetch', sha256, offset: 0, length: 1000 });
    };
    link.start({
      control: (message) => {
        if (message.type !== 'run') return;
        this.run = message;
        ask();
      },
      frame: () => {
        this.trips++;
        ask();
        this.#wake();
      },
      closed: ({ message }) => {
        this.closed = message;
        this.#wake();
      },
    });
  }

  /** Waits until it was served so often. */
  async served(trips: number): Promise<void> {
    while (this.trips < trips && this.closed === undefined) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    expect(this.closed).toBeUndefined();
  }
}

describe.each([
  ['plain', false],
  ['over TLS', true],
])('a participant that asks and does not read, %s', (_, isTls) => {
  const ca = isTls ? certificates.ca : undefined;
  const show = isTls ? ['--tls-cert', path('server.pem'), '--tls-key', path('server.key.pem')] : [];

  it.each([
    ['before it joins', false],
    ['after it joined', true],
  ])(
    '%s: it is let go, the others are served meanwhile, and the run ends with its bits',
    async (_name, joins) => {
      const it = cluster('--topology', 'star', '--heartbeat-timeout-ms', `${HEARTBEAT_MS}`);
      await it.startCoordinator(...show);
      const options = { key, arithmetic: wasm.arithmetic };
      const transport = webSockets({ tls: ca ? { ca } : {} });
      const link = await dial([transport], it.url, {
        ...options,
        role: 'worker',
        heartbeatMs: HEARTBEAT_MS,
      });
      links.push(link);
      const honest = new Honest(link);
      await honest.served(100);
      const rogue = await connectRogue(it.url, { ...options, ...(ca && { ca }) });
      rogues.push(rogue);
      rogue.stopReading();
      if (joins) {
        const join = { type: 'join', name: 'greedy', threads: 1, url: null, held: null } as const;
        rogue.write(Rogue.bytesOf(join));
        await it.tells('worker-joined');
      }
      const before = peakBytes(it);
      const { sha256 } = honest.run!.datasets[0]!.inputs;
      const fetch = { type: 'fetch', sha256, offset: 0, length: MAX_PIECE_BYTES } as const;
      rogue.write(Buffer.concat(Array(REQUESTS).fill(Rogue.bytesOf(fetch))));
      await honest.served(honest.trips + 200);
      const after = peakBytes(it);
      if (before !== undefined) expect(after! - before).toBeLessThan(MOST_GROWTH_BYTES);
      rogue.readOn();
      expect(await rogue.untilClosed()).toEqual([4000, expect.stringMatching(/^protocol fetch: /)]);
      link.close('left', 'it has seen enough');

      it.startWorker('w0', 1, ...(isTls ? ['--tls-ca', path('ca.pem')] : []));
      expect(outcomeOf(await it.finish())).toEqual(expected());
    },
  );
});
