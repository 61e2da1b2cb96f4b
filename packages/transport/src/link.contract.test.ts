// The contract of a link, run over every implementation of this package.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { Link } from './link.js';
import { memory, memoryPair } from './memory.js';
import { testCertificates } from './testing/certificates.js';
import { dialOver, endServed, type Served, serveOver } from './testing/harness.js';
import { linkContract } from './testing/link-contract.js';
import type { Transport } from './transport.js';
import { unixSockets } from './unix/unix-sockets.js';
import { webSockets } from './websocket/web-sockets.js';

const servers: Served[] = [];
afterEach(() => endServed(servers));
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
linkContract('WebSocket over TLS', () =>
  pair(webSockets({ port: 0, tls: server }), webSockets({ tls: { ca } })),
);
