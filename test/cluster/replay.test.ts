// A cluster's run is computed again on one machine: a step is the step, whoever took it and however often it had to be redone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { events } from '../cli/lockstep.js';
import { clusters } from './cluster.js';

// 25 steps an epoch: digests are reported between the epochs' ends.
const EPOCHS = 40;
const { cluster, path, says } = clusters(EPOCHS);

interface Told {
  readonly step: number;
  readonly place: string;
  readonly isSame: boolean;
}

async function replayed(...args: readonly string[]) {
  const finished = await says(['replay', ...args, '--offline', '--threads', '1', '--json']);
  expect(finished.status, finished.stderr).toBe(0);
  const [event] = events(finished.stdout);
  return event as unknown as { isSame: boolean; from: number; compared: readonly Told[] };
}

it('each step that was recorded is what one machine computes, through the death of a worker', async () => {
  const out = path('cluster');
  const it = cluster('--min-workers', '2', '--checkpoint-every', '40');
  await it.startCoordinator('--out', out);
  for (const name of ['w0', 'w1']) it.startWorker(name, 1);
  await it.tells('digest');
  it.workers.get('w1')!.child.kill('SIGKILL');
  await it.tells('worker-lost');
  const log = await it.finish();
  const digests = log.filter(({ event }) => event === 'digest');
  expect(digests.length).toBeGreaterThanOrEqual(3);
  expect(new Set(digests.map(({ step }) => step)).size).toBe(digests.length);
  expect(digests.every(({ step }) => (step as number) % 256 === 0)).toBe(true);

  const whole = await replayed(out, '--step', '1000', '--from', '0');
  expect(whole).toMatchObject({ from: 0, isSame: true });
  const places = new Set(whole.compared.map(({ place }) => place));
  for (const place of ['by its workers', 'in its journal', 'with its checkpoint']) {
    expect(places).toContain(place);
  }
  const compared = new Set(whole.compared.map(({ step }) => step));
  for (const { step } of digests) expect(compared).toContain(step);

  // What threads recorded of the same run is the same, and how far, is known without computing.
  const { status, stdout } = await says(['diff', path('one-thread'), out]);
  expect([status, stdout]).toEqual([
    0,
    'settings  the same\nrecorded  the same up to step 1,000\nsame      up to step 1,000\n',
  ]);
});

it('a step between two reports can be computed while the cluster goes on', async () => {
  const out = path('going');
  const it = cluster('--min-workers', '2');
  await it.startCoordinator('--out', out);
  for (const name of ['w0', 'w1']) it.startWorker(name, 1);
  await it.tells('digest');
  const { compared, isSame } = await replayed(out, '--step', '256', '--from', '0');
  expect(isSame).toBe(true);
  expect(compared.map(({ step, place }) => [step, place])).toContainEqual([256, 'by its workers']);
  const before = readFileSync(join(out, 'run.json'), 'utf8');
  await it.finish();
  expect(readFileSync(join(out, 'run.json'), 'utf8')).toBe(before);
});
