// The page's side of the brain: answers find their calls, and no call waits for ever.
import { describe, expect, test } from 'vitest';
import { BrainClient, type WorkerLike } from './brain-client.js';
import type { Call, Reply } from './protocol.js';

class Echo implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  readonly calls: Call[] = [];
  isEnded = false;

  postMessage(call: unknown): void {
    this.calls.push(call as Call);
  }

  terminate(): void {
    this.isEnded = true;
  }

  reply(data: Reply): void {
    this.onmessage!.call(this as never, { data } as MessageEvent);
  }
}

describe('a brain', () => {
  test('answers each call by its number, in whatever order', async () => {
    const worker = new Echo();
    const brain = new BrainClient(worker);
    const [first, second] = [brain.ask('activity', 5), brain.ask('positions', 7)];
    expect(worker.calls).toEqual([
      { id: 1, method: 'activity', args: [5] },
      { id: 2, method: 'positions', args: [7] },
    ]);
    worker.reply({ id: 2, answer: 'two' });
    worker.reply({ id: 1, answer: 'one' });
    expect(await first).toBe('one');
    expect(await second).toBe('two');
  });

  test('fails the call that it cannot do, and goes on', async () => {
    const worker = new Echo();
    const brain = new BrainClient(worker);
    const [bad, good] = [brain.ask('firstLayer'), brain.ask('firstLayer')];
    worker.reply({ id: 1, failure: { code: 'config', message: 'no model was loaded' } });
    worker.reply({ id: 2, answer: 'a layer' });
    await expect(bad).rejects.toMatchObject({ code: 'config', message: 'no model was loaded' });
    expect(await good).toBe('a layer');
  });

  test.each<[string, (worker: Echo, brain: BrainClient) => void, string]>([
    [
      'its thread ends',
      (worker) => worker.onerror!.call(worker as never, { message: 'out of memory' } as ErrorEvent),
      "the network's thread ended: out of memory",
    ],
    [
      'its thread cannot begin',
      (worker) => worker.onerror!.call(worker as never, {} as ErrorEvent),
      "the network's thread ended: it cannot be started",
    ],
    ['it is closed', (_, brain) => brain.close(), "the network's thread was closed"],
  ])('fails all calls, those to come as well, when %s', async (_, end, message) => {
    const worker = new Echo();
    const brain = new BrainClient(worker);
    const waiting = brain.ask('firstLayer');
    end(worker, brain);
    await expect(waiting).rejects.toThrow(message);
    await expect(brain.ask('firstLayer')).rejects.toThrow(message);
  });

  test('ends its thread when it is closed', () => {
    const worker = new Echo();
    new BrainClient(worker).close();
    expect(worker.isEnded).toBe(true);
  });
});
