// The contract of a link, run over every implementation of this package.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { Link } from './link.js';
import { memory, memoryPair } from './memory.js';
import { mpiSockets } from './mpi/mpi-sockets.js';
import { testCertificates } from './testing/certificates.js';
import { dialOver, endServed, type Served, serveOver } from './testing/harness.js';
import { linkContract } from './testing/link-contract.js';
import { PAGE, wsInPage } from './testing/page.js';
import { jobsOfRanks } from './testing/ranks.js';
import type { Transport } from './transport.js';
import { unixSockets } from './unix/unix-sockets.js';
import { holdSockets, socketBehind, type Wire } from './websocket/held-socket.js';
import { pageSockets } from './websocket/page-sockets.js';
import { webSockets } from './websocket/web-sockets.js';

const servers: Served[] = [];
afterEach(() => endServed(servers));
const ports: MessagePort[] = [];
afterAll(() => {
  for (const port of ports) port.close();
});
const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** @param others the dialling side's */
async function pair(transport: Transport, others = transport): Promise<[Link, Link]> {
  const served = await serveOver(transport);
  servers.push(served);
  const worker = await dialOver(others, served.listener.url);
  return [await served.next(), worker];
}

const { ca, server } = testCertificates();

linkContract('memory', async () => memoryPair());
linkContract('memory, with a proof', () => pair(memory()));
linkContract('a Unix socket', () => pair(unixSockets({ path: join(folder, 'socket') })));
linkContract('WebSocket', () => pair(webSockets({ port: 0 })));
const ALWAYS = 'a page cannot stop reading';
linkContract(
  'WebSocket of a page',
  () => pair(webSockets({ port: 0, page: PAGE }), pageSockets({ socket: wsInPage })),
  ALWAYS,
);
const heldElsewhere = (): Promise<[Link, Link]> => {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1);
  holdSockets(port2 as unknown as Wire, wsInPage);
  const socket = socketBehind(port1 as unknown as Wire);
  return pair(webSockets({ port: 0, page: PAGE }), pageSockets({ socket }));
};
linkContract('WebSocket of a page that another thread holds', heldElsewhere, ALWAYS);
// Node 20 has none but by a flag.
if (typeof WebSocket === 'function') {
  linkContract(
    'WebSocket as a browser has it',
    () => pair(webSockets({ port: 0, page: PAGE }), pageSockets()),
    ALWAYS,
  );
}
linkContract('WebSocket over TLS', () =>
  pair(webSockets({ port: 0, tls: server }), webSockets({ tls: { ca } })),
);

// In real jobs: test/mpi.
linkContract('MPI beside a WebSocket', () => {
  const [listening, dialling] = jobsOfRanks(2).map((job) =>
    mpiSockets(webSockets({ port: 0 }), async () => job),
  );
  return pair(listening!, dialling);
});
