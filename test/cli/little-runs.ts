// Runs that take no time, and what commands that look at runs say of them.
import { beforeAll, expect } from 'vitest';
import { littleMnist } from './little-mnist.js';
import { events, type Finished, type JsonEvent, workplace } from './lockstep.js';

/** For the tests of a file: a working folder with runs of these names, of 8 steps an epoch; each is `run` with other flags. */
export function littleRuns(others: Readonly<Record<string, readonly string[]>>) {
  const place = workplace();
  const flags = [
    ...[...littleMnist(256, 50), '--batch-size', '32'],
    ...['--hidden', '8', '--epochs', '3', '--threads', '1'],
  ];
  const trains = async (out: string, ...more: readonly string[]): Promise<void> => {
    const { status, stderr } = await place.says(['train', ...flags, '--out', out, ...more]);
    expect(status, stderr).toBe(0);
  };
  beforeAll(async () => {
    await trains('run');
    for (const [name, more] of Object.entries(others)) await trains(name, ...more);
  });
  return {
    ...place,
    trains,
    /** A run whose numbers overflow in its second step. */
    bursts(out: string): Promise<Finished> {
      const wild = ['--optimizer', 'sgd', '--learning-rate', '1e30'];
      return place.says(['train', ...flags, ...wild, '--out', out, '--json']);
    },
    /** What a command tells with --json, which it ends with a status. */
    async told(status: number, ...args: readonly string[]): Promise<JsonEvent> {
      const finished = await place.says([...args, '--offline', '--threads', '1', '--json']);
      expect(finished.status, finished.stderr).toBe(status);
      const [event, ...more] = events(finished.stdout);
      expect(more).toEqual([]);
      return event!;
    },
    /** What it says of an input that it cannot take. */
    async refuses(...args: readonly string[]): Promise<string> {
      const { status, stdout, stderr } = await place.says(args);
      expect([status, stdout]).toEqual([2, '']);
      return stderr;
    },
  };
}
