// Deaths at named points: nothing is lost but the step in flight, and the end is that of the undisturbed run.
import { describe, expect, it } from 'vitest';
import { some } from '../long.js';
import { clusters, outcomeOf, recordedOutcome } from './cluster.js';

const EPOCHS = 40;
const { cluster, expected, path } = clusters(EPOCHS);

describe.each(some(1, ['mesh', 'star']))('in a %s', (topology) => {
  it('a worker is killed in the middle of an epoch: the others go on within a second', async () => {
    const it = cluster('--topology', topology, '--min-workers', '3');
    await it.startCoordinator();
    for (const name of ['w0', 'w1', 'w2']) it.startWorker(name, 1);
    await it.tells('epoch-end', 3);
    it.workers.get('w1')!.child.kill('SIGKILL');
    const lost = await it.tells('worker-lost');
    expect(lost.name).toBe('w1');
    const recovered = await it.tells('recovered');
    expect(recovered.ms).toBeLessThan(1000);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });

  it('all workers are killed: the coordinator waits and says so, and new ones end the run', async () => {
    const it = cluster('--topology', topology, '--min-workers', '2');
    await it.startCoordinator();
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await it.tells('epoch-end', 2);
    for (const { child } of it.workers.values()) child.kill('SIGKILL');
    await it.tells('worker-lost', 2);
    it.startWorker('w2', 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });

  it('a worker freezes: it is lost, and joins anew when it wakes', async () => {
    const it = cluster(
      '--topology',
      topology,
      '--min-workers',
      '2',
      '--heartbeat-timeout-ms',
      '600',
    );
    await it.startCoordinator();
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await it.tells('epoch-end', 2);
    const { child } = it.workers.get('w1')!;
    child.kill('SIGSTOP');
    const lost = await it.tells('worker-lost');
    expect(lost.reason).toMatch(/silent/);
    child.kill('SIGCONT');
    await it.tells('worker-joined', 3);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });

  it('the coordinator is killed: started again, it goes on from what the workers hold', async () => {
    const out = path(`coordinator-${topology}`);
    const it = cluster('--topology', topology, '--min-workers', '2');
    await it.startCoordinator('--out', out);
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await it.tells('epoch-end', 4);
    const before = it.log();
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    await it.startCoordinator('--resume', out);
    const begun = await it.tells('run-start');
    const checkpoints = before.filter(({ event }) => event === 'checkpoint');
    expect(begun.step).toBeGreaterThanOrEqual(checkpoints.at(-1)!.step as number);
    const after = await it.finish();
    const all = [...before.filter(({ event }) => event === 'epoch-end'), ...after];
    expect(outcomeOf(all).weightsHash).toBe(expected().weightsHash);
    const told = outcomeOf(all).epochs;
    // What the killed one wrote last may not have reached its pipe.
    expect(told.length).toBeGreaterThanOrEqual(EPOCHS - 1);
    for (const epoch of told) expect(expected().epochs).toContainEqual(epoch);
  });

  it('everything is killed at once: the last checkpoint is where it goes on', async () => {
    const out = path(`all-${topology}`);
    // Its epochs are 25 steps: some that were told already are trained again, and not told twice.
    const it = cluster(
      ...['--topology', topology, '--min-workers', '2', '--checkpoint-every', '110'],
    );
    await it.startCoordinator('--out', out);
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await it.tells('epoch-end', 7);
    for (const { child } of [it.coordinator, ...it.workers.values()]) child.kill('SIGKILL');
    await it.coordinator.finished;
    await it.startCoordinator('--resume', out);
    for (const name of ['w2', 'w3']) it.startWorker(name, 1);
    expect(outcomeOf(await it.finish()).weightsHash).toBe(expected().weightsHash);
    expect(recordedOutcome(out)).toEqual(expected());
  });
});

describe('whoever joins', () => {
  it('joins a run that goes on, beside threads of the coordinator, and has its part of the rest', async () => {
    // Saving a state every few steps takes most of the time, so that the run is there when w1 is.
    const it = cluster('--local-threads', '1', '--checkpoint-every', '5');
    await it.startCoordinator();
    it.startWorker('w0', 1);
    await it.tells('epoch-end');
    it.startWorker('w1', 1);
    const log = await it.finish();
    expect(outcomeOf(log)).toEqual(expected());
    const generations = log.filter(({ event }) => event === 'generation');
    expect(generations.at(-1)!.members).toHaveLength(3);
  });
});
