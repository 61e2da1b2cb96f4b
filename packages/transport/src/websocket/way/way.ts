// The way to a WebSocket listener, part by part, as a worker's dial goes it: name, TCP, TLS, the upgrade; and the clock there.
// Invariant: nothing is said on the way but what a dial says, and one request without an upgrade.
import { failed, handOver } from '../../finding.js';
import type { Channel, Finding } from '../../transport.js';
import { inTime, within } from '../../within.js';
import { connect, type DialTls } from '../connect.js';
import { requestUrl } from '../target.js';
import { examineTls } from './certificate.js';
import { compareClocks } from './clock.js';
import { findAddresses } from './name.js';
import { describeOwn } from './own-certificate.js';
import { describeReached, reachAll } from './reach.js';

const UPGRADE = { id: 'upgrade', title: 'Upgrade' } as const;
/** Meanwhile the other side waits for a handshake. */
const CLOCK_MS = 2_000;

/** @see Transport.examine */
export async function* examineWay(
  url: string,
  tls: DialTls,
  partMs: number,
): AsyncGenerator<Finding, Channel | undefined> {
  const target = requestUrl(url, 'worker');
  const isSecure = target.protocol === 'wss:';
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const { finding, addresses } = await findAddresses(host, partMs);
  yield finding;
  if (addresses.length === 0) return undefined;
  const port = Number(target.port) || (isSecure ? 443 : 80);
  const reached = describeReached(await reachAll(addresses, port, partMs), port);
  yield reached;
  if (reached.status === 'problem') return undefined;
  if (isSecure) {
    if (tls.cert !== undefined) yield describeOwn(tls.cert, new Date());
    const shown = await examineTls(target, tls, partMs);
    yield shown;
    if (shown.status === 'problem') return undefined;
  }
  const begun = performance.now();
  const upgraded = await within(partMs, (signal) =>
    connect(url, tls, { role: 'worker', signal }),
  ).catch((error: unknown) => failed(UPGRADE, error));
  if ('status' in upgraded) {
    yield upgraded;
    return undefined;
  }
  const found = `from HTTP to WebSocket, in ${inTime(performance.now() - begun)}`;
  return yield* handOver(upgraded, atTheEnd());

  async function* atTheEnd(): AsyncGenerator<Finding> {
    yield { ...UPGRADE, status: 'ok', found };
    yield await compareClocks(target, tls, Math.min(partMs, CLOCK_MS));
  }
}
