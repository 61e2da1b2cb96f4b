// A cluster and what is shown of it, from before the first worker to after the last step: its page, its metrics, its words.
import { expect, it } from 'vitest';
import { pageOf } from '../cli/page.js';
import { clusters, outcomeOf } from './cluster.js';

const { cluster, path, expected } = clusters(40);

interface Heard {
  readonly sample: { readonly waitsFor: string | null; readonly step: number };
  readonly event: { readonly event: string; readonly [more: string]: unknown };
}

it('waits, is saved, loses workers, is stopped and goes on, and says so', async () => {
  const out = path('watched');
  const watched = ['--dashboard', '127.0.0.1:0', '--prometheus', '0', '--out', out];
  const it = cluster('--min-workers', '2', '--checkpoint-every', '100000');
  await it.startCoordinator(...watched);
  const page = await pageOf(it.coordinator);
  const next = async (type: string) => (await page.next(type)) as unknown as Heard;

  // Before anybody is there.
  expect((await next('sample')).sample.waitsFor).toBe('waiting for workers: 0 of 2');
  await it.coordinator.holds('waiting for workers: 0 of 2');
  const [, metrics] = /metrics for Prometheus: (\S+)/.exec(it.coordinator.errorText)!;
  const first = await (await fetch(metrics!)).text();
  expect(first).toMatch(/^lockstep_run_info\{.*run="watched"\} 1$/m);
  expect(first).toMatch(/^lockstep_workers_missing\{run="watched"\} 2$/m);
  expect(first).toMatch(/^process_cpu_seconds_total\{run="watched"\} /m);
  const series = first.split('\n').filter((line) => /^\w/.test(line));
  expect(series.filter((line) => !line.includes('run="watched"'))).toEqual([]);

  it.startWorker('w0', 1);
  await it.coordinator.holds('waiting for workers: 1 of 2');
  const dying = it.startWorker('w1', 1);
  while ((await next('sample')).sample.waitsFor);
  await it.tells('digest');
  dying.child.kill('SIGKILL');
  it.workers.delete('w1');
  const lost = await it.tells('worker-lost');
  expect(lost).toMatchObject({ name: 'w1', left: false });

  // A checkpoint that nobody would have made yet.
  expect((await page.ask('runs/watched/checkpoint', 'POST')).status).toBe(200);
  const saved = await it.tells('checkpoint', 2);
  expect(saved.step).toBeGreaterThan(0);

  // Nobody is left: it waits again, and says so.
  it.workers.get('w0')!.child.kill('SIGINT');
  await it.workers.get('w0')!.finished;
  it.workers.delete('w0');
  expect(await it.tells('worker-lost', 2)).toMatchObject({ left: true, code: 'left' });
  while ((await next('sample')).sample.waitsFor !== 'waiting for workers: 0 of 1');

  expect((await page.ask('runs/watched/stop', 'POST')).status).toBe(200);
  const heard = await page.until('runs');
  expect(heard.at(-1)).toMatchObject({
    runs: [{ again: expect.stringMatching(/ coordinator --resume watched .*--min-workers 2/) }],
  });
  const stopped = (heard as unknown as Heard[]).findLast(
    ({ event }) => event?.event === 'interrupted',
  )!.event;
  expect(stopped).toMatchObject({ saved: stopped.step, reason: 'stopped by its page' });
  await page.next('bye');
  const { status, stderr } = await it.coordinator.finished;
  expect(status, stderr).toBe(130);

  await it.startCoordinator('--resume', out);
  expect((await it.tells('listening')).event).toBe('listening');
  // For as many as at the beginning, since the same flags were given.
  await it.coordinator.holds('waiting for workers: 0 of 2');
  it.startWorker('w2', 1);
  await it.coordinator.holds('waiting for workers: 1 of 2');
  it.startWorker('w3', 1);
  const log = await it.finish();
  expect(log.find(({ event }) => event === 'run-start')).toMatchObject({ step: stopped.step });
  expect(outcomeOf(log).weightsHash).toBe(expected().weightsHash);
});
