// Whoever computes a run, and in whatever topology: the bits of one thread.
import { describe, expect, it } from 'vitest';
import { clusters, outcomeOf } from './cluster.js';

const EPOCHS = 3;
const { cluster, expected } = clusters(EPOCHS, '--augment', 'shift=1,rotate=5');

describe('a cluster gives the bits of one thread', () => {
  it.each<[string, number[], string[]]>([
    ['one worker', [1], []],
    ['two workers of unequal thread counts in a mesh', [1, 2], ['--topology', 'mesh']],
    ['two workers of unequal thread counts in a star', [2, 1], ['--topology', 'star']],
    ['three workers, as they like', [1, 1, 2], ['--topology', 'auto']],
    ['five workers in a mesh', [1, 1, 1, 1, 1], ['--topology', 'mesh']],
    ['five workers in a star', [1, 1, 1, 1, 1], ['--topology', 'star']],
  ])('of %s', async (_, threads, flags) => {
    const it = cluster(...flags, '--min-workers', String(threads.length));
    await it.startCoordinator();
    for (const [rank, count] of threads.entries()) it.startWorker(`w${rank}`, count);
    const log = await it.finish();
    expect(outcomeOf(log)).toEqual(expected());
    const generations = log.filter(({ event }) => event === 'generation');
    expect(generations.at(-1)!.members).toHaveLength(threads.length);
  });

  it('of the coordinator alone, with threads of its own', async () => {
    const it = cluster('--local-threads', '2');
    await it.startCoordinator();
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });
});
