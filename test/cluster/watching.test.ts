// A cluster that Prometheus watches: the coordinator has its workers, and each worker its own part.
import { expect, it } from 'vitest';
import type { Running } from '../cli/lockstep.js';
import { clusters } from './cluster.js';

const { cluster, path } = clusters(3);

async function portOf(run: Running): Promise<string> {
  await run.holds('metrics for Prometheus: http');
  return /metrics for Prometheus: (\S+)\/metrics/.exec(run.errorText)![1]!;
}

async function scraped(run: Running, line: RegExp): Promise<string> {
  const port = await portOf(run);
  for (;;) {
    const text = await (await fetch(`${port}/metrics`)).text();
    if (line.test(text)) return text;
  }
}

/** Asks as Kubernetes does, until that is the answer. */
async function probed(run: Running, path: string, status: number): Promise<string> {
  const port = await portOf(run);
  for (;;) {
    const answer = await fetch(port + path);
    const text = await answer.text();
    if (answer.status === status) return text;
  }
}

it('on both sides: who is there, what they do, and who was lost', async () => {
  const it = cluster('--epochs', '1000000', '--min-workers', '2', '--prometheus', '0');
  await it.startCoordinator();
  const workers = ['w0', 'w1'].map((name) => it.startWorker(name, 1, '--metrics', '0'));
  const shards = /^lockstep_worker_shards\{worker="w1",run="[^"]+"\} 4$/m;
  const text = await scraped(it.coordinator, shards);
  expect(text).toMatch(/^lockstep_workers\{run="[^"]+"\} 2$/m);
  expect(text).toMatch(/^lockstep_workers_joined_total\{run="[^"]+"\} 2$/m);
  await scraped(
    it.coordinator,
    /^lockstep_worker_step_seconds\{worker="w0",part="computing",run="[^"]+"\} 0\.0/m,
  );
  const own = await scraped(
    workers[0]!,
    /^lockstep_worker_step_seconds\{worker="w0",part="sending",run="[^"]+"\} \d/m,
  );
  expect(own).toMatch(/^lockstep_worker_connected\{worker="w0",run="[^"]+"\} 1$/m);
  workers[1]!.child.kill('SIGKILL');
  const after = await scraped(
    it.coordinator,
    /^lockstep_workers_lost_total\{reason="lost",run="[^"]+"\} 1$/m,
  );
  expect(after).not.toContain('worker="w1"');
  await scraped(it.coordinator, /^lockstep_recoveries_total\{run="[^"]+"\} 1$/m);
});

it('probes: a worker lives without a coordinator, and is ready with one', async () => {
  const flags = ['--epochs', '1000000', '--min-workers', '2', '--prometheus', '0'];
  const it = cluster(...flags, '--out', path('probed'));
  await it.startCoordinator();
  // It waits for a second worker, and is ready for one.
  expect(await probed(it.coordinator, '/readyz', 200)).toBe('ok\n');
  const worker = it.startWorker('w0', 1, '--prometheus', '0');
  expect(await probed(worker, '/readyz', 200)).toBe('ok\n');
  expect(await probed(it.coordinator, '/livez', 200)).toBe('ok\n');
  it.coordinator.child.kill('SIGKILL');
  expect(await probed(worker, '/readyz', 503)).toBe('there is no coordinator\n');
  expect(await probed(worker, '/livez', 200)).toBe('ok\n');
});
