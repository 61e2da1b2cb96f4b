// Runs that end before their end: what is saved by then, and what people are told.
import { writeFileSync } from 'node:fs';
import { testCertificates } from '@lockstep/transport/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { workplace } from '../cli/lockstep.js';
import { Cluster, RUN, toldBy } from './cluster.js';

const place = workplace();
/** More than it gets to; nothing is saved on the way. */
const LONG = [...RUN, '--epochs', '20000', '--checkpoint-every', '1000000'];

let open: Cluster | undefined;
afterEach(() => open?.end());

function cluster(...more: readonly string[]): Cluster {
  open = new Cluster(place.start, [...LONG, ...more]);
  return open;
}

describe('a mesh that must be one', () => {
  it('and in which two cannot reach each other is given up when all their steps are saved', async () => {
    const { stranger } = testCertificates();
    writeFileSync(place.path('cert.pem'), stranger.cert);
    writeFileSync(place.path('key.pem'), stranger.key);
    const run = cluster('--topology', 'mesh', '--out', place.path('mesh'));
    await run.startCoordinator();
    // Others reach this one over TLS only, with a certificate that nobody trusts.
    const tls = ['--tls-cert', place.path('cert.pem'), '--tls-key', place.path('key.pem')];
    const first = run.startWorker('w0', 1, ...tls);
    await run.tells('generation');
    run.startWorker('w1', 1);
    const { status } = await run.coordinator.finished;
    expect(status).toBe(1);
    const log = run.log();
    const steps = toldBy(first).flatMap(({ event, step }) => (event === 'progress' ? [step] : []));
    const saved = log.findLast(({ event }) => event === 'checkpoint')!.step as number;
    expect(saved).toBeGreaterThan(0);
    expect(saved).toBeGreaterThanOrEqual(Math.max(...(steps as number[])));
    const { event, code, message } = log.at(-1)!;
    expect({ event, code }).toEqual({ event: 'error', code: 'mesh' });
    expect(message).toMatch(
      /^mesh: w1 cannot reach w0 at wss:\/\/127\.0\.0\.1:\d+ \(.*certificate/,
    );
    expect(message).toContain(`Step ${saved} is saved`);
    expect(message).toMatch(/; go on with: .*coordinator --resume \S*mesh .*--topology mesh/);
  });
});
