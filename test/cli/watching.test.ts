// Runs that others watch: Prometheus scrapes them, OpenTelemetry takes their spans. Both change nothing of the run.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { smallRun } from './little-mnist.js';
import { lastEvent, type Running, workplace } from './lockstep.js';

const SMALL = smallRun();

const { lockstep, path, start, says } = workplace();

/** Waits until it says where its metrics are. */
async function metricsOf(run: Running): Promise<string> {
  await run.holds('metrics for Prometheus: http');
  return /metrics for Prometheus: (\S+)/.exec(run.errorText)![1]!;
}

/** Scrapes until there is a line like that. @returns the whole scrape */
async function scrapedUntil(url: string, line: RegExp): Promise<string> {
  for (;;) {
    const text = await (await fetch(url)).text();
    if (line.test(text)) return text;
  }
}

describe('--prometheus', () => {
  test('has the run as it stands, and is to be given again to go on with it', async () => {
    const flags = [...SMALL, '--epochs', '100000', '--out', 'scraped', '--metrics', 'f1'];
    const run = start(['train', ...flags, '--prometheus', '0']);
    const url = await metricsOf(run);
    const text = await scrapedUntil(url, /^lockstep_metric\{.*metric="f1".*\} 0\.\d+$/m);
    expect(text).toMatch(/^lockstep_step\{run="scraped"\} [1-9]\d*$/m);
    expect(text).toMatch(/^lockstep_epochs\{run="scraped"\} 100000$/m);
    expect(text).toMatch(/^lockstep_learning_rate\{run="scraped"\} 0\.001$/m);
    expect(text).toMatch(/^process_resident_memory_bytes\{run="scraped"\} \d+/m);
    run.child.kill('SIGINT');
    const { status, stderr } = await run.finished;
    expect(status).toBe(130);
    expect(stderr).toMatch(/go on with: .*--resume scraped .*--prometheus 0\n/);
  });

  test('is what --metrics with a port is, beside one with names, and says nothing of what the run is', async () => {
    const run = start([...['train', ...SMALL, '--json', '--out', 'named'], '--metrics', '0']);
    await metricsOf(run);
    const { status, stdout, stderr } = await run.finished;
    expect(status, stderr).toBe(0);
    const { origin } = JSON.parse(readFileSync(path('named', 'run.json'), 'utf8'));
    expect(origin.flags).not.toHaveProperty('prometheus');
    expect(origin.flags).not.toHaveProperty('metrics');
    const resumed = await lockstep('train', '--resume', 'named', '--metrics', '0', '--json');
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(lastEvent(resumed.stdout).weightsHash).toBe(lastEvent(stdout).weightsHash);
  });

  test('with a port that is taken is told before there is a run', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    for (const flag of ['--prometheus', '--metrics']) {
      const flags = ['train', ...SMALL, '--out', 'refused', flag, String(port)];
      const { status, stderr } = await lockstep(...flags);
      expect(status).toBe(2);
      expect(stderr).toBe(
        `error: --prometheus 127.0.0.1:${port}: something listens there already; choose another port, or 0 for a free one\n`,
      );
    }
    expect(existsSync(path('refused'))).toBe(false);
    other.close();
  });

  test.each([
    ['train', ['--prometheus', 'here'], /expected HOST:PORT, for example 127\.0\.0\.1:9464/],
    ['train', ['--prometheus', '99999'], /expected HOST:PORT/],
    ['train', ['--metrics', 'nothing'], /There is no "nothing"/],
    ['worker', ['ws://127.0.0.1:1', '--metrics', 'f1'], /expected HOST:PORT/],
    ['evaluate', ['run', '--metrics', '9464'], /There is no "9464"/],
  ])('of %s given as %j is refused', async (command, args, words) => {
    const { status, stderr } = await says([command, ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(words);
  });

  test('holds nothing up where somebody asks and never reads', async () => {
    const flags = [...SMALL, '--epochs', '8', '--json'];
    const alone = await lockstep('train', ...flags, '--out', 'alone');
    const run = start(['train', ...flags, '--out', 'held', '--prometheus', '0']);
    const { hostname, port } = new URL(await metricsOf(run));
    const deaf = Array.from({ length: 8 }, () => connect(Number(port), hostname));
    for (const socket of deaf) {
      socket.on('error', () => {});
      socket.pause();
      socket.write('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n'.repeat(200));
    }
    const { status, stdout, stderr } = await run.finished;
    expect(status, stderr).toBe(0);
    expect(lastEvent(stdout).weightsHash).toBe(lastEvent(alone.stdout).weightsHash);
    for (const socket of deaf) socket.destroy();
  });
});

describe('OpenTelemetry', () => {
  const tracing = fileURLToPath(new URL('tracing.mjs', import.meta.url));
  const into = (file: string) => ({
    ...{ NODE_OPTIONS: `--import ${tracing}`, SPANS: path(file) },
  });
  const spansIn = (file: string): { name: string; attributes: Record<string, unknown> }[] =>
    JSON.parse(readFileSync(path(file), 'utf8'));
  const names = (file: string): string[] => spansIn(file).map(({ name }) => name);

  test('gets the run and its epochs, all of them, before the process ends', async () => {
    const flags = [...SMALL, '--epochs', '3', '--out', 'traced', '--json'];
    const { status, stdout, stderr } = await start(['train', ...flags], into('spans')).finished;
    expect(status, stderr).toBe(0);
    expect(names('spans')).toEqual([...Array(3).fill('lockstep.epoch'), 'lockstep.run']);
    expect(spansIn('spans').at(-1)!.attributes).toMatchObject({
      ...{ 'lockstep.run': 'traced', 'lockstep.weights_hash': lastEvent(stdout).weightsHash },
    });
  });

  test('gets every n-th step where it is asked for, of the same run', async () => {
    const flags = ['train', ...SMALL, '--json', '--shards', '4'];
    const plain = await lockstep(...flags, '--out', 'plain');
    const steps = [...flags, '--out', 'steps', '--trace-steps', '10'];
    const { status, stdout, stderr } = await start(steps, into('step-spans')).finished;
    expect(status, stderr).toBe(0);
    const told = spansIn('step-spans').filter(({ name }) => name === 'lockstep.step');
    expect(told.map(({ attributes }) => attributes['lockstep.step'])).toEqual([10, 20, 30]);
    expect(lastEvent(stdout).weightsHash).toBe(lastEvent(plain.stdout).weightsHash);
  });

  test('hears of a run that failed', async () => {
    const flags = [...SMALL, '--optimizer', 'sgd', '--learning-rate', '1e30', '--out', 'failed'];
    const { status } = await start(['train', ...flags], into('failed-spans')).finished;
    expect(status).toBe(1);
    const run = spansIn('failed-spans').at(-1)!;
    expect(run).toMatchObject({ name: 'lockstep.run', status: { code: 2 } });
  });
});
