// A run that is stopped, and goes on: signals, exit statuses, and the same bytes in the end.
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { some } from '../long.js';
import { smallRun } from './little-mnist.js';
import { events, lastEvent, workplace } from './lockstep.js';

const SMALL = smallRun();

const { lockstep, path, start } = workplace();

/** About a second of training, so that a signal after the first epoch finds it at work. */
const LONG = [...SMALL, '--epochs', '20', '--json'];

let undisturbed: unknown;
async function undisturbedHash(): Promise<unknown> {
  if (undisturbed === undefined) {
    const { stdout } = await lockstep('train', ...LONG, '--out', 'undisturbed');
    undisturbed = lastEvent(stdout).weightsHash;
  }
  return undisturbed;
}

async function stopped(out: string, signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
  const run = start(['train', ...LONG, '--out', out]);
  await run.holds('"epoch-end"');
  run.child.kill(signal);
  return run.finished;
}

describe('a run that is stopped', () => {
  test.each(some(2, ['SIGINT', 'SIGTERM', 'SIGHUP'] as const))(
    'by %s saves a checkpoint and exits with 130; resumed, it ends with the undisturbed hash',
    async (signal) => {
      const { status, stdout, stderr } = await stopped(signal, signal);
      expect(status).toBe(130);
      const checkpoint = lastEvent(stdout);
      expect(checkpoint.event).toBe('checkpoint');
      expect(stderr).toMatch(/stopped at step [\d,]+, which is saved; go on with: .*--resume SIG/);
      const resumed = await lockstep('train', '--resume', signal, '--json', '--threads', '1');
      expect(resumed.status, resumed.stderr).toBe(0);
      expect(events(resumed.stdout)[0]!.step).toBe(checkpoint.step);
      expect(lastEvent(resumed.stdout).weightsHash).toBe(await undisturbedHash());
    },
  );

  test('a second time stops at once', async () => {
    // One step of this takes a second or more, so the first signal alone would still be waiting for it.
    const run = start([
      ...['train', ...SMALL, '--hidden', '2048,2048', '--batch-size', '2000', '--threads', '1'],
      ...['--optimizer', 'sgd', '--json', '--out', 'twice'],
    ]);
    await run.holds('"checkpoint"');
    run.child.kill('SIGINT');
    await run.holds('Ctrl-C again stops at once');
    // What comes within a moment of the first is taken for the same request.
    const again = setInterval(() => run.child.kill('SIGINT'), 50);
    const { status, stdout, stderr } = await run.finished;
    clearInterval(again);
    expect(status).toBe(130);
    expect(stderr).not.toContain('stopped at step');
    expect(lastEvent(stdout)).toMatchObject({ event: 'checkpoint', step: 0 });
  });

  test('by a Ctrl-C that comes twice, from the terminal and from pnpm, saves all the same', async () => {
    const run = start(['train', ...LONG, '--out', 'ctrl-c']);
    await run.holds('"epoch-end"');
    run.child.kill('SIGINT');
    await run.holds('stopping after this step');
    run.child.kill('SIGINT');
    const { status, stderr } = await run.finished;
    expect(status).toBe(130);
    expect(stderr).toMatch(/stopped at step [\d,]+, which is saved; go on with/);
  });

  test('by a SIGHUP beside a SIGTERM, as when a terminal goes away or systemd stops it, saves all the same', async () => {
    const run = start(['train', ...LONG, '--out', 'hung-up']);
    await run.holds('"epoch-end"');
    // Two that are pending come in the order of their numbers.
    run.child.kill('SIGTERM');
    run.child.kill('SIGHUP');
    await run.holds('stopping after this step');
    run.child.kill('SIGHUP');
    const { status, stdout, stderr } = await run.finished;
    expect(status).toBe(130);
    expect(lastEvent(stdout).event).toBe('checkpoint');
    expect(stderr).toMatch(/stopped at step [\d,]+, which is saved; go on with/);
  });

  test('by a reader of stdout that goes away saves a checkpoint and fails', async () => {
    const run = start(['train', ...LONG, '--out', 'pipe']);
    await run.holds('"run-start"');
    run.child.stdout!.destroy();
    const { status, stderr } = await run.finished;
    expect(status).toBe(1);
    expect(stderr).toContain('error: write results: nobody reads stdout any longer');
    expect(readdirSync(path('pipe'))).not.toContain('weights.safetensors');
    const resumed = await lockstep('train', '--resume', 'pipe', '--json');
    expect(lastEvent(resumed.stdout).weightsHash).toBe(await undisturbedHash());
  });
});

describe('two processes in one folder', () => {
  const at = (out: string) =>
    start(['train', ...SMALL, '--epochs', '100000', '--json', '--out', out]);

  test('the second is refused with who has it; killed, the first leaves the folder free', async () => {
    const first = at('shared');
    await first.holds('"epoch-end"');
    const second = await lockstep('train', '--resume', 'shared');
    // It may have the folder another time.
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(
      new RegExp(
        `error: run: another is at work in .*shared: process ${first.child.pid} on .*, since 2`,
      ),
    );
    first.child.kill('SIGKILL');
    await first.finished;
    const third = start(['train', '--resume', 'shared', '--json']);
    await third.holds('"epoch-end"');
    third.child.kill('SIGINT');
    expect((await third.finished).status).toBe(130);
    const lines = events(readFileSync(path('shared', 'metrics.jsonl'), 'utf8'));
    expect(lines.filter(({ event }) => event === 'run-start')).toHaveLength(2);
    expect(readdirSync(path('shared')).filter((name) => name.startsWith('claim'))).toEqual([]);
  });

  test('a coordinator refuses another one, and goes on', async () => {
    const args = ['coordinator', '--port', '0', '--json', ...SMALL];
    const first = start([...args, '--out', 'cluster']);
    await first.holds('"listening"');
    const second = await lockstep('coordinator', '--port', '0', '--json', '--resume', 'cluster');
    expect(second.status).toBe(1);
    expect(lastEvent(second.stdout)).toMatchObject({ event: 'error', code: 'in-use' });
    first.child.kill('SIGTERM');
    expect((await first.finished).status).toBe(130);
    const again = start(['coordinator', '--port', '0', '--json', '--resume', 'cluster']);
    await again.holds('"listening"');
    again.child.kill('SIGTERM');
    expect((await again.finished).status).toBe(130);
  });
});

describe('a run that is resumed', () => {
  test('passes over a damaged checkpoint, says so, and ends with the same hash', async () => {
    await stopped('damaged', 'SIGINT');
    const newest = readdirSync(path('damaged', 'checkpoints')).sort().at(-1)!;
    truncateSync(path('damaged', 'checkpoints', newest), 5000);
    const { status, stdout, stderr } = await lockstep('train', '--resume', 'damaged', '--json');
    expect(status).toBe(0);
    expect(stderr).toMatch(
      new RegExp(`warning: .*${newest} is passed over for an older .*truncated`),
    );
    expect(lastEvent(stdout).weightsHash).toBe(await undisturbedHash());
  });

  test('after its end does nothing but say it again', async () => {
    const hash = await undisturbedHash();
    const { status, stdout } = await lockstep('train', '--resume', 'undisturbed', '--json');
    expect(status).toBe(0);
    expect(events(stdout).map(({ event }) => event)).toEqual(['run-start', 'run-end']);
    expect(lastEvent(stdout).weightsHash).toBe(hash);
  });

  test('refuses flags that contradict it, and takes those that do not', async () => {
    await undisturbedHash();
    const again = ['train', '--resume', 'undisturbed'];
    const refused = await lockstep(...again, '--epochs', '21');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('--epochs 21 contradicts the run, which has 20');
    const taken = await lockstep(...again, '--epochs', '20', '--threads', '2', '--offline');
    expect(taken.status).toBe(0);
  });
});
