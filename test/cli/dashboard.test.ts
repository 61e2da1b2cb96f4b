// The page's server as the command starts it: what a page hears and asks for while a run goes on, and when it is over.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeModel } from '@lockstep/core';
import { decodeSafetensors } from '@lockstep/formats';
import { describe, expect, test } from 'vitest';
import { smallRun } from './little-mnist.js';
import { events, lastEvent, workplace } from './lockstep.js';
import { pageOf, type Told } from './page.js';

const SMALL = smallRun();

const { lockstep, path, start } = workplace();

const ANYWHERE = ['--dashboard', '127.0.0.1:0'];
/** Minutes, of which a test takes what it needs. */
const LONG = [...SMALL, '--epochs', '20000', '--json'];

describe('a run with a page', () => {
  test('tells it what happens, gives it the newest model, gradients and samples, and is stopped by it', async () => {
    const run = start(['train', ...LONG, ...ANYWHERE, '--out', 'live', '--threads', '2']);
    const page = await pageOf(run);
    expect(await page.runs()).toMatchObject([
      {
        ...{ id: 'live', name: 'live', command: 'train', isLive: true },
        can: { stop: true, checkpoint: true, dropWorker: false },
        config: { batchSize: 64, 'optimizer.learningRate': 0.001 },
        datasets: [
          { name: 'train', samples: 2000, inputType: 'uint8' },
          { name: 'test', samples: 500, classes: 10 },
        ],
      },
    ]);
    await page.next('history');
    while ((await page.next('model')).step === 0);
    const { sample } = (await page.next('sample')) as unknown as { sample: Told };
    expect(sample).toMatchObject({ steps: 640_000, learningRate: 0.001, workers: [] });
    expect(sample.gradientNorm).toBeGreaterThan(0);
    expect(sample.weightNorm).toBeGreaterThan(0);
    expect(sample.lanes).toMatchObject([{ thread: 0 }, { thread: 1 }]);

    const trained = decodeModel(await page.bytes('runs/live/model'));
    const gradients = decodeSafetensors(await page.bytes('runs/live/gradients')).tensors;
    expect([...gradients.keys()]).toEqual([...trained.parameters.keys()]);
    const { tensors } = decodeSafetensors(
      await page.bytes('runs/live/samples?dataset=test&first=490&count=10'),
    );
    expect(tensors.get('inputs')).toMatchObject({ dtype: 'U8', shape: [10, 1, 28, 28] });
    expect(tensors.get('targets')).toMatchObject({ dtype: 'I32', shape: [10] });

    expect((await page.ask('runs/live/checkpoint', 'POST')).status).toBe(200);
    const { event } = (await page.next('event')) as unknown as { event: Told };
    expect(event.event).toBeTypeOf('string');
    expect((await page.ask('runs/live/stop', 'POST')).status).toBe(200);
    const { runs: told } = (await page.next('runs')) as unknown as { runs: Told[] };
    const { again } = told[0] as unknown as { again: string };
    expect(told).toMatchObject([{ isLive: false, can: { stop: false } }]);
    await page.next('bye');
    const { status, stderr } = await run.finished;
    expect(status).toBe(130);
    const recorded = readFileSync(path('live/metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const stopped = JSON.parse(recorded.at(-1)!) as { step: number; saved: number };
    expect(stopped).toMatchObject({ event: 'interrupted', saved: stopped.step });
    const words = stopped.step.toLocaleString('en-US');
    expect(stderr).toContain(`stopped at step ${words}, which is saved; go on with: ${again}`);
    expect(stderr).toContain('--dashboard 127.0.0.1:0');
    const written = readFileSync(path('live/samples.jsonl'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(written.at(-1)!)).toMatchObject({ steps: 640_000 });
  });

  test('that is over before anybody looks says how it is looked at again', async () => {
    const { status, stderr } = await lockstep('train', ...SMALL, ...ANYWHERE, '--out', 'short');
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /its page goes with the run; it is shown again by: .* dashboard short$/m,
    );
  });

  test('ends with the same bytes as one without', async () => {
    const plain = await lockstep('train', ...SMALL, '--json', '--out', 'plain');
    const run = start(['train', ...SMALL, '--json', ...ANYWHERE, '--out', 'watched']);
    const page = await pageOf(run);
    const heard = page.until('bye');
    const { status, stdout } = await run.finished;
    const ends = (await heard).flatMap(({ event }) => (event as Told | undefined)?.event ?? []);
    expect(ends.at(-1)).toBe('run-end');
    expect(status).toBe(0);
    expect(lastEvent(stdout).weightsHash).toBe(lastEvent(plain.stdout).weightsHash);
  });

  test('that fails tells its page why', async () => {
    const failing = start([
      ...['train', ...SMALL, '--learning-rate', '1e30', ...ANYWHERE, '--out', 'failing'],
    ]);
    const page = await pageOf(failing);
    let told: unknown;
    for (let kind: unknown; kind !== 'error'; ) {
      const { event } = (await page.next('event')) as unknown as { event: Told };
      kind = event.event;
      told = event;
    }
    expect(told).toMatchObject({ code: 'non-finite', message: expect.stringContaining('step') });
    expect((await failing.finished).status).toBe(1);
  });

  test('that goes on has its way so far', async () => {
    await lockstep('train', ...SMALL, '--epochs', '2', '--json', '--out', 'before');
    const resumed = start(['train', '--resume', 'before', '--json', ...ANYWHERE]);
    const page = await pageOf(resumed);
    const { events: told } = (await page.next('history')) as unknown as { events: Told[] };
    expect(told.filter(({ event }) => event === 'epoch-end').length).toBeGreaterThanOrEqual(2);
    await resumed.finished;
  });

  test('is refused before it begins where the page cannot be served', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const refused = await lockstep(
      ...['train', ...SMALL, '--dashboard', `127.0.0.1:${port}`, '--out', 'refused'],
    );
    other.close();
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('--dashboard: the page cannot be served');
    const nonsense = await lockstep('train', ...SMALL, '--dashboard', 'somewhere');
    expect(nonsense.status).toBe(2);
    expect(nonsense.stderr).toContain('expected a port or host:port');
  });
});

describe('lockstep dashboard', () => {
  test('shows runs that are over, with all that their folders hold', async () => {
    await lockstep('train', ...SMALL, '--out', 'one');
    await lockstep('train', ...SMALL, '--seed', '1', '--out', 'two');
    const shown = start([
      ...['dashboard', 'one', 'two', 'one', '--listen', '127.0.0.1:0', '--json', '--offline'],
    ]);
    const page = await pageOf(shown);
    expect(events(shown.text)[0]!.event).toBe('listening');
    expect(await page.runs()).toMatchObject([
      { id: 'one', isLive: false, can: { stop: false }, config: { seed: 0 } },
      { id: 'two', isLive: false, config: { seed: 1 } },
    ]);
    const history = (await page.next('history')) as unknown as {
      events: Told[];
      samples: Told[];
    };
    expect(history.events.at(-1)!.event).toBe('run-end');
    expect(history.samples.length).toBeGreaterThan(0);
    const { traits } = decodeModel(await page.bytes('runs/two/model'));
    expect(traits).toMatchObject({ classes: 10, inputShape: [1, 28, 28] });
    const samples = await page.bytes('runs/one/samples?dataset=test&count=3');
    expect(decodeSafetensors(samples).tensors.get('inputs')!.shape).toEqual([3, 1, 28, 28]);
    expect((await page.ask('runs/one/stop', 'POST')).status).toBe(409);
    shown.child.kill('SIGINT');
    expect((await shown.finished).status).toBe(0);
  });

  test('follows a run that another process trains, and says when that is over', async () => {
    const run = start(['train', ...LONG, '--out', 'elsewhere', '--threads', '1']);
    await run.holds('"epoch-end"');
    const shown = start(['dashboard', 'elsewhere', '--listen', '127.0.0.1:0', '--offline']);
    const page = await pageOf(shown);
    const standing = async () => (await page.runs())[0];
    expect(await standing()).toMatchObject({
      ...{ isLive: true, can: { stop: false, checkpoint: false } },
    });
    const { events: before } = (await page.next('history')) as unknown as { events: Told[] };
    const { event } = (await page.next('event')) as unknown as { event: Told };
    expect(Date.parse(String(event.time))).toBeGreaterThanOrEqual(
      Date.parse(String(before.at(-1)!.time)),
    );
    await page.next('sample');
    const told = (await page.next('model')) as unknown as { step: number };
    const model = await page.ask('runs/elsewhere/model');
    expect(model.status).toBe(200);
    expect(Number(model.headers.get('x-step'))).toBeGreaterThanOrEqual(told.step);
    expect((await page.ask('runs/elsewhere/stop', 'POST')).status).toBe(409);
    run.child.kill('SIGINT');
    const over = await standing();
    expect(over).toMatchObject({
      ...{ isLive: false, again: expect.stringMatching(/train --resume elsewhere$/) },
    });
    await run.finished;
    shown.child.kill('SIGINT');
    const { status, stderr } = await shown.finished;
    expect(status).toBe(0);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('stopped');
    expect(stderr).not.toMatch(/step|Ctrl-C/);
  });

  test('is refused for what is no run', async () => {
    const refused = await lockstep('dashboard', 'nowhere');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('nowhere');
  });
});
