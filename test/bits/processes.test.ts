// What a whole process shows: that nothing of a run outlives it (a script ends by itself, without
// process.exit), and that memory neither grows with the epochs nor exceeds its bound.
import { describe, expect, it } from 'vitest';
import { runScript } from './runs.js';

describe('a script ends by itself', () => {
  const scripts: [string, string][] = [
    ['after a run', 'await train(base).result();'],
    [
      'after an evaluation, and after one that is refused',
      `const { parameters } = await train({ ...base, epochs: 0 }).result();
       const { loss, threads } = base;
       const options = { model, loss, threads, data: data.test };
       await evaluate({ ...options, parameters });
       await evaluate({ ...options, parameters: new Map() }).catch(() => {});`,
    ],
    [
      'after an abort',
      `const controller = new AbortController();
       const run = train({ ...base, epochs: 100_000, signal: controller.signal });
       setTimeout(() => controller.abort(), 150);
       const { stopped } = await run.result();
       if (stopped !== 'asked') throw new Error(stopped);`,
    ],
    [
      'after a run that was aborted before it began',
      `await train({ ...base, signal: AbortSignal.abort() }).result();`,
    ],
    [
      'after a number that is not finite',
      `await train({ ...base, optimizer: sgd({ learningRate: 1e20 }) }).result().catch(() => {});`,
    ],
    [
      'after a thread that was lost for good',
      `const faults = [0, 1, 2].map(() => ({ thread: 1, step: 3, when: 'reduce', how: 'exit' }));
       await train({ ...base, faults }).result().catch(() => {});`,
    ],
    ['after the loop was left at the first event', 'for await (const event of train(base)) break;'],
    [
      'after the loop was left at the end of an epoch',
      `for await (const { event } of train({ ...base, epochs: 1000 })) if (event === 'epoch-end') break;`,
    ],
    [
      'after the loop was left while threads were training, just after one died',
      `const faults = [{ thread: 1, step: 3, when: 'reduce', how: 'exit' }];
       const run = train({ ...base, epochs: 1000, faults });
       for await (const { event } of run) if (event === 'worker-lost') break;
       if (run.progress().step > 4000) throw new Error('it trained on');`,
    ],
    [
      'after the loop was left while a thread died again, which nobody is to replace',
      `const faults = ['reduce', 'compute'].map((when) => ({ thread: 1, step: 3, when, how: 'exit' }));
       const run = train({ ...base, epochs: 1000, faults });
       for await (const { event } of run) if (event === 'worker-lost') break;`,
    ],
    [
      'after the consumer of the events failed',
      `const consume = async () => { for await (const event of train(base)) throw new Error('mine'); };
       await consume().catch(({ message }) => { if (message !== 'mine') throw message; });`,
    ],
  ];

  it.each(scripts)('%s', async (_, script) => {
    expect(await runScript(`${script}\nprocess.on('exit', () => console.log('ended'));`)).toBe(
      'ended\n',
    );
  });

  it('and without a warning about a timer, a listener or a leak, after many runs and with many threads', async () => {
    const script = `process.on('warning', (warning) => console.log(warning.message));
      for (let i = 0; i < 12; i++) await train({ ...base, epochs: 1 }).result();
      await train({ ...base, shards: 16, threads: 12 }).result();`;
    expect(await runScript(script)).toBe('');
  });
});

describe('a thread that cannot be started', () => {
  // Threads from the third on, which replace one that died, fail to start this many times.
  const failing = (times: number): string => `
    const { default: threads } = await import('node:worker_threads');
    let started = 0;
    threads.Worker = class extends threads.Worker {
      constructor(file, options) {
        started++;
        super(started > 2 && started <= ${2 + times} ? '/nowhere.js' : file, options);
      }
    };
    const fault = { thread: 1, step: 3, when: 'reduce', how: 'exit' };
    const expected = await train(base).result();
    started = 0;
    const run = train({ ...base, faults: [fault] });
    const { weightsHash, code } = await run.result().catch((error) => error);
    console.log(code ?? weightsHash === expected.weightsHash);`;

  it('is tried again, and the bits are the same', async () => {
    expect(await runScript(failing(1))).toBe('true\n');
  });

  it('ends the run if it never can', async () => {
    expect(await runScript(failing(1000))).toBe('thread-lost\n');
  });
});

describe('memory', () => {
  it('does not grow from epoch 20 to epoch 120', async () => {
    const printed = await runScript(
      `const used = {};
       for await (const { event, epoch } of train({ ...base, epochs: 120 })) {
         if (event !== 'epoch-end' || (epoch !== 20 && epoch !== 120)) continue;
         // Array buffers are freed beside the collection, and not all of them at the first.
         for (let i = 0; i < 5; i++) {
           gc();
           await new Promise((resolve) => setTimeout(resolve, 20));
         }
         const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
         used[epoch] = { heapUsed, arrayBuffers, rss };
       }
       console.log(JSON.stringify(used));`,
      // A thread's young objects fill up to 32 MB before they are collected, if nothing else is said.
      ['--expose-gc', '--max-semi-space-size=1'],
    );
    const used = JSON.parse(printed);
    // One leaked copy of the parameters an epoch would be 12 MB over 100 epochs, one leaked number a step
    // 6 kB of heap, which compiled code and events (about 300 kB) hide: the bounds are a tenth of the one.
    expect(used[120].heapUsed - used[20].heapUsed).toBeLessThan(1.2e6);
    expect(used[120].arrayBuffers - used[20].arrayBuffers).toBeLessThan(1.2e6);
    // Freed pages come back late, and garbage of the threads is not collected by gc() here.
    expect(used[120].rss - used[20].rss).toBeLessThan(30e6);
  });

  it('of training on all of MNIST on two threads stays under 300 MB', async () => {
    const printed = await runScript(
      `await train({ ...base, data: mnist, epochs: 1 }).result();
       console.log(process.resourceUsage().maxRSS);`,
    );
    expect(Number(printed) * 1024).toBeLessThan(300e6);
  });
});
