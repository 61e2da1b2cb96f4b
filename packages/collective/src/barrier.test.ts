import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { BARRIER_WORDS, Barrier } from './barrier.js';

const BARRIER_MODULE = new URL('../dist/index.js', import.meta.url).href;

/** Runs `body` on `threads` threads over one shared array of words; the first three are a barrier's. */
async function onThreads(
  threads: number,
  words: Int32Array,
  body: string,
  parties = threads,
): Promise<unknown[]> {
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { Barrier } = await import(${JSON.stringify(BARRIER_MODULE)});
    const { words, thread, parties } = workerData;
    const barrier = new Barrier(words.subarray(0, 3), parties);
    parentPort.postMessage((() => { ${body} })());`;
  const workers = Array.from(
    { length: threads },
    (_, thread) =>
      new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: { words, thread, parties },
      }),
  );
  return Promise.all(
    workers.map(
      (worker) =>
        new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );
}

function sharedWords(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

describe('Barrier', () => {
  it('lets nobody pass before all have arrived, round after round, and runs the last action once', async () => {
    const words = sharedWords(BARRIER_WORDS + 2);
    const results = await onThreads(
      3,
      words,
      `let early = 0;
       for (let round = 0; round < 300; round++) {
         Atomics.add(words, 3, 1);
         barrier.wait(() => Atomics.add(words, 4, 1));
         if (Atomics.load(words, 3) < 3 * (round + 1)) early++;
         if (Atomics.load(words, 4) !== round + 1) early++;
         barrier.wait();
       }
       return early;`,
    );
    expect(results).toEqual([0, 0, 0]);
  });

  it('lets sleepers and late-comers go with false when it is aborted', async () => {
    const words = sharedWords(BARRIER_WORDS);
    const barrier = new Barrier(words, 3);
    setTimeout(() => barrier.abort(), 20);
    // Two of the three parties never meet the third.
    const results = await onThreads(2, words, 'return [barrier.wait(), barrier.wait()];', 3);
    expect(results).toEqual([
      [false, false],
      [false, false],
    ]);
    expect(barrier.wait()).toBe(false);
    barrier.reset();
    expect(new Barrier(words, 1).wait()).toBe(true);
  });
});
