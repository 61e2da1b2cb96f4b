// Runs that are stopped on purpose, and go on: signals to both roles, exit statuses, words, and flags that contradict.
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { events, lastEvent } from '../cli/lockstep.js';
import { some } from '../long.js';
import { type Cluster, clusters, outcomeOf, RUN, recordedOutcome, toldBy } from './cluster.js';

const EPOCHS = 40;
const { cluster, expected, path } = clusters(EPOCHS);

function resumption(out: string, ...more: readonly string[]): string[] {
  return ['coordinator', '--json', '--offline', '--port', '0', '--resume', out, ...more];
}

/** Two workers, in the middle of the run. */
async function underWay(out: string, ...more: readonly string[]): Promise<Cluster> {
  const it = cluster('--min-workers', '2', ...more);
  await it.startCoordinator('--out', out);
  for (const name of ['w0', 'w1']) it.startWorker(name, 1);
  await it.tells('epoch-end', 2);
  return it;
}

describe('a coordinator that is stopped', () => {
  it.each(some(1, ['SIGTERM', 'SIGINT', 'SIGHUP'] as const))(
    'by %s saves, exits with 130 and says how to go on; its workers wait for it, and go on',
    async (signal) => {
      const out = path(signal);
      const it = await underWay(out, '--checkpoint-every', '1000');
      it.coordinator.child.kill(signal);
      const { status, stdout, stderr } = await it.coordinator.finished;
      expect(status, stderr).toBe(130);
      const saved = lastEvent(stdout);
      expect(saved.event).toBe('checkpoint');
      expect(saved.step).toBeGreaterThanOrEqual(50);
      expect(stderr).toMatch(
        new RegExp(
          `stopped at step [\\d,]+, which is saved; go on with: .*coordinator --resume .*${signal}`,
        ),
      );
      for (const worker of it.workers.values()) {
        await worker.holds('"disconnected"');
        expect(worker.child.exitCode).toBeNull();
      }
      await it.startCoordinator('--resume', out);
      const begun = await it.tells('run-start');
      expect(begun.step).toBe(saved.step);
      await it.finish();
      expect(recordedOutcome(out)).toEqual(expected());
    },
  );

  it('before anybody came has nothing to save, and can be resumed', async () => {
    const out = path('alone');
    const it = cluster();
    await it.startCoordinator('--out', out);
    it.coordinator.child.kill('SIGINT');
    expect((await it.coordinator.finished).status).toBe(130);
    await it.startCoordinator('--resume', out);
    it.startWorker('w0', 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });

  it('leaves threads of its own with nothing to do, and ends', async () => {
    const out = path('local');
    const it = cluster('--local-threads', '1');
    await it.startCoordinator('--out', out);
    await it.tells('epoch-end');
    it.coordinator.child.kill('SIGINT');
    expect((await it.coordinator.finished).status).toBe(130);
    await it.startCoordinator('--resume', out);
    await it.finish();
    expect(recordedOutcome(out)).toEqual(expected());
  });
});

it.each([[[]], [['--local-threads', '1']]])(
  'a run whose loss is no number fails with what is wrong, and with the last good state saved (%j)',
  async (flags) => {
    const it = cluster('--optimizer', 'sgd', '--learning-rate', '1e30', ...flags);
    await it.startCoordinator('--out', path(`nan${flags.length}`));
    const worker = flags.length === 0 ? it.startWorker('w0', 1) : undefined;
    const { status, stdout, stderr } = await it.coordinator.finished;
    expect(status, stderr).toBe(1);
    const told = lastEvent(stdout);
    expect(told).toMatchObject({ event: 'error', code: 'non-finite' });
    expect(told.message).toMatch(/step \d+: loss is/);
    expect(stderr).toContain(`error: ${told.message}`);
    expect(stderr).not.toContain('    at ');
    const finished = await worker?.finished;
    if (finished) expect(finished.stderr).toMatch(/refused by the coordinator: .*loss is/);
    expect(finished?.status ?? 1).toBe(1);
  },
);

describe('a worker that is stopped', () => {
  it.each(some(1, ['SIGTERM', 'SIGINT', 'SIGHUP'] as const))(
    'by %s leaves at once, with 130, and the others go on',
    async (signal) => {
      const it = await underWay(path(`worker-${signal}`));
      const worker = it.workers.get('w1')!;
      worker.child.kill(signal);
      expect((await worker.finished).status).toBe(130);
      it.workers.delete('w1');
      const lost = await it.tells('worker-lost');
      expect(lost).toMatchObject({ name: 'w1', left: true, reason: 'left: stopped by its user' });
      expect(outcomeOf(await it.finish())).toEqual(expected());
    },
  );

  it('while it waits for a coordinator that is gone says so, and ends as well', async () => {
    const it = cluster();
    await it.startCoordinator();
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    const worker = it.run(['worker', it.url, '--threads', '1']);
    await worker.holds('trying again in');
    worker.child.kill('SIGINT');
    const { status, stderr } = await worker.finished;
    expect(status).toBe(130);
    expect(stderr).toMatch(/not connected: dial ws:.*ECONNREFUSED.*; trying again in 0\.1 s/);
  });

  it('and is the last one: the coordinator waits, and the next one goes on', async () => {
    const it = await underWay(path('last'));
    for (const worker of it.workers.values()) worker.child.kill('SIGINT');
    await it.tells('worker-lost', 2);
    for (const worker of it.workers.values()) expect((await worker.finished).status).toBe(130);
    it.workers.clear();
    it.startWorker('w2', 2);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });
});

describe('a run that is resumed', () => {
  it('after its end says it again, and needs nobody', async () => {
    const out = path('over');
    const first = await underWay(out);
    const end = (await first.finish()).at(-1)!;
    const before = recordedOutcome(out);
    const again = cluster();
    const { status, stdout, stderr } = await again.run(resumption(out)).finished;
    expect(status, stderr).toBe(0);
    const { event, step, samples, weightsHash, testLoss, testAccuracy } = lastEvent(stdout);
    expect({ event, step, samples, weightsHash, testLoss, testAccuracy }).toEqual({
      ...{ event: 'run-end', step: end.step, samples: end.samples, weightsHash: end.weightsHash },
      ...{ testLoss: end.testLoss, testAccuracy: end.testAccuracy },
    });
    expect(recordedOutcome(out)).toEqual(before);
  });

  it('without epochs writes the initial weights, and so does its resumption', async () => {
    const out = path('none');
    const it = cluster('--epochs', '0');
    await it.startCoordinator('--out', out);
    it.startWorker('w0', 1);
    const log = await it.finish();
    const again = await it.run(resumption(out)).finished;
    expect(again.status, again.stderr).toBe(0);
    expect(lastEvent(again.stdout).weightsHash).toBe(log.at(-1)!.weightsHash);
    expect(log.at(-1)).toMatchObject({ event: 'run-end', step: 0, samples: 0 });
    expect(recordedOutcome(out).epochs).toEqual([]);
  });

  it('after its metrics were torn in the middle of an epoch tells of that epoch once more', async () => {
    const out = path('torn');
    const it = await underWay(out);
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    const file = join(out, 'metrics.jsonl');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const last = lines.findLastIndex((line) => line.includes('"epoch-end"'));
    const whole = lines.slice(0, last).map((line) => `${line}\n`);
    writeFileSync(file, `${whole.join('')}${lines[last]!.slice(0, 70)}`);
    await it.startCoordinator('--resume', out);
    await it.finish();
    expect(recordedOutcome(out)).toEqual(expected());
  });

  it('with a damaged journal is refused, by line', async () => {
    const out = path('damaged');
    const it = await underWay(out);
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    const journal = join(out, 'journal');
    const text = readFileSync(journal, 'latin1');
    writeFileSync(journal, text.replace('"generation"', '"generatiom"'), 'latin1');
    const { status, stderr } = await it.run(resumption(out)).finished;
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/journal: line \d+ of .* is damaged/);
    writeFileSync(journal, text, 'latin1');
    appendFileSync(journal, '0123');
    await it.startCoordinator('--resume', out);
    await it.finish();
    expect(recordedOutcome(out)).toEqual(expected());
  });

  it.each<[string[], RegExp]>([
    [['--epochs', '41'], /--epochs 41 contradicts the run, which has 40/],
    [['--seed', '1'], /--seed 1 contradicts the run/],
    [['--hidden', '25'], /--hidden 25 contradicts the run/],
    [['--shards', '16'], /--shards 16 contradicts the run/],
    [['--limit-train', '1000'], /--limit-train 1000 contradicts the run/],
  ])('with %j is refused', async (flags, message) => {
    const out = await stopped();
    const files = readdirSync(out);
    const { status, stdout, stderr } = await cluster().run(resumption(out, ...flags)).finished;
    expect(status, stderr).toBe(2);
    expect(stderr).toMatch(message);
    expect(events(stdout)).toMatchObject([{ event: 'error', code: 'usage' }]);
    expect(readdirSync(out)).toEqual(files);
  });

  it('with all of its flags again is taken', async () => {
    const out = await stopped();
    const it = cluster();
    await it.startCoordinator('--resume', out, ...RUN);
    it.coordinator.child.kill('SIGINT');
    expect((await it.coordinator.finished).status).toBe(130);
  });

  it('by the other command is refused, both ways: only one of them keeps a journal', async () => {
    const it = cluster();
    const out = await stopped();
    const byTrain = await it.run(['train', '--offline', '--resume', out]).finished;
    expect(byTrain.status, byTrain.stderr).toBe(2);
    expect(byTrain.stderr).toMatch(
      /it was trained by a coordinator; go on with "coordinator --resume"/,
    );
    const byCoordinator = await it.run(resumption(path('one-thread'))).finished;
    expect(byCoordinator.status, byCoordinator.stderr).toBe(2);
    expect(byCoordinator.stderr).toMatch(
      /no journal of a coordinator: .*; go on with "train --resume/,
    );
    expect(existsSync(join(path('one-thread'), 'journal'))).toBe(false);
    const asBefore = await it.run(['train', '--offline', '--resume', path('one-thread')]).finished;
    expect(asBefore.status, asBefore.stderr).toBe(0);
  });
});

let stoppedRun: Promise<string> | undefined;
/** The folder of a run that was stopped in its middle; nobody changes it. */
function stopped(): Promise<string> {
  stoppedRun ??= (async () => {
    const out = path('stopped');
    const it = await underWay(out);
    it.coordinator.child.kill('SIGINT');
    await it.coordinator.finished;
    expect(toldBy(it.coordinator).at(-1)).toMatchObject({ event: 'checkpoint' });
    return out;
  })();
  return stoppedRun;
}
