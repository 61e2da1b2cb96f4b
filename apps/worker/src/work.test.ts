import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fit, weightsHash } from '@lockstep/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backoffMs } from './carry/coordinator-link.js';
import type { WorkOptions } from './carry/work-options.js';
import type { WorkerEvent } from './carry/worker-event.js';
import { DATA, ScriptedCoordinator, TRAINING } from './testing/scripted-coordinator.js';
import { work } from './work.js';

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), 'lockstep-work-'));
});
afterEach(() => rmSync(cacheDir, { recursive: true, force: true }));

/** Works to the end. */
async function worked(coordinator: ScriptedCoordinator, options: WorkOptions = {}) {
  const run = work(coordinator.connect, { cacheDir, name: 'w', threads: 1, ...options });
  const events: WorkerEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, result: await run.result() };
}

const expectedHash = async () => weightsHash((await fit(TRAINING)).parameters);

describe('a worker', () => {
  it.each([1, 2])(
    'fetches data, trains on %i threads with the bits of one, and ends',
    async (threads) => {
      const coordinator = new ScriptedCoordinator();
      const { events, result } = await worked(coordinator, { threads });
      expect(result.finished).toEqual({ step: 20, weightsHash: await expectedHash() });
      // Where something lasts for a second, there is a status too.
      const told = events
        .map(({ event }) => event)
        .filter((event) => event !== 'progress' && event !== 'status');
      expect(told).toEqual([
        ...['dialling', 'connected', 'dataset', 'joined', 'generation', 'run-end'],
      ]);
      expect(coordinator.says('fetch').length).toBe(2);
      expect(readdirSync(join(cacheDir, 'arrays')).length).toBe(2);
      expect(
        coordinator.says('digest').map((message) => 'step' in message && message.step),
      ).toEqual([5, 10, 15]);
    },
  );

  it('that is alone heeds the coordinator between two steps', async () => {
    const coordinator = new ScriptedCoordinator();
    let pauses = 0;
    coordinator.intercept = (message, link) => {
      if (message.type !== 'prepared' || pauses++ > 0) return false;
      const orders = { type: 'advance', generation: 1, firstChunk: 0, endChunk: 0 } as const;
      link.sendControl({ ...orders, until: 20 });
      setImmediate(() => coordinator.pause(link));
      return true;
    };
    await worked(coordinator);
    const [, paused] = coordinator.says('paused');
    expect(paused).toMatchObject({ generation: 2, held: { step: expect.any(Number) } });
    expect((paused as Extract<typeof paused, { type: 'paused' }>).held!.step).toBeLessThan(20);
  });

  it.each([21, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])(
    'takes no state and no generation of step %i, which the run has not',
    async (step) => {
      const coordinator = new ScriptedCoordinator();
      const common = { generation: 1, step, digest: '0'.repeat(64) };
      const plan = { rank: 0, topology: 'alone', behind: [], key: new Uint8Array(32) } as const;
      const members = [{ name: 'w', url: null, first: 0, end: 4 }];
      const wrong = [
        { type: 'take-state', ...common, bytes: 72 },
        { type: 'generation', ...common, ...plan, members },
      ] as const;
      let told = 0;
      coordinator.intercept = (message, link) => {
        const next = message.type === 'paused' ? wrong[told++] : undefined;
        if (next) link.sendControl({ ...next, generation: told });
        return next !== undefined;
      };
      const { result } = await worked(coordinator);
      expect(coordinator.closings.slice(0, 2)).toEqual(['protocol', 'protocol']);
      expect(result.finished?.step).toBe(20);
    },
  );

  it('fetches nothing that it is given', async () => {
    const coordinator = new ScriptedCoordinator();
    const { events } = await worked(coordinator, { data: [DATA] });
    expect(coordinator.says('fetch')).toEqual([]);
    expect(events.find(({ event }) => event === 'dataset')).toMatchObject({ source: 'memory' });
  });

  it('comes back after its link broke, with its state, and ends with the same bits', async () => {
    const coordinator = new ScriptedCoordinator();
    let cuts = 0;
    coordinator.intercept = (message, link) => {
      const cut = message.type === 'reached' && cuts++ === 0;
      if (cut) link.close('restart', 'the coordinator restarts');
      return cut;
    };
    const { events, result } = await worked(coordinator);
    expect(result.finished?.weightsHash).toBe(await expectedHash());
    expect(coordinator.says('join')).toMatchObject([{ held: null }, { held: { step: 7 } }]);
    expect(coordinator.says('fetch').length).toBe(2);
    const told = events.map(({ event }) => event).filter((event) => event !== 'status');
    expect(told.filter((event) => event === 'disconnected').length).toBe(1);
    const lost = told.indexOf('disconnected');
    expect(told.slice(lost + 1, lost + 4)).toEqual(['dialling', 'connected', 'joined']);
  });

  it('asks again for a piece whose answer was lost with the link', async () => {
    const coordinator = new ScriptedCoordinator();
    let cuts = 0;
    coordinator.intercept = (message, link) => {
      const cut = message.type === 'fetch' && cuts++ === 0;
      if (cut) link.close('lost', 'cut');
      return cut;
    };
    const { result } = await worked(coordinator);
    expect(result.finished?.weightsHash).toBe(await expectedHash());
    expect(coordinator.says('fetch').length).toBe(3);
  });

  it('closes a link on which a piece comes that it did not ask for', async () => {
    const coordinator = new ScriptedCoordinator();
    coordinator.intercept = (message, link) => {
      if (message.type !== 'join' || coordinator.closings.length > 0) return false;
      const header = { kind: 'dataset', generation: 0, step: 0, rank: 0xffff } as const;
      link.sendFrame({ ...header, offset: 0, bytes: 4 }, [new Uint8Array(4)]);
      return true;
    };
    await worked(coordinator);
    expect(coordinator.closings[0]).toBe('protocol');
  });

  it('does not keep all its answers for a coordinator that asks and does not read: the link is lost', async () => {
    const coordinator = new ScriptedCoordinator();
    coordinator.reads = false;
    const connect = async () => {
      const theirs = await coordinator.connect();
      // Smaller than a worker's, so that the test is short.
      theirs.limitQueue(20_000);
      return theirs;
    };
    const abort = new AbortController();
    const run = work(connect, { data: [DATA], cacheDir, threads: 1, signal: abort.signal });
    const reasons: string[] = [];
    for await (const event of run) {
      if (event.event === 'joined') {
        // Each is answered, in some 60 bytes.
        for (let i = 0; i < 1000; i++) coordinator.pause(coordinator.link!);
      } else if (event.event === 'disconnected') {
        reasons.push(event.reason);
        abort.abort();
      }
    }
    expect(reasons).toEqual([
      expect.stringMatching(/^the other side does not take what is sent: 1\d{4} bytes/),
    ]);
  });

  it('leaves when it is told to, with a word', async () => {
    const coordinator = new ScriptedCoordinator();
    const abort = new AbortController();
    coordinator.intercept = (message) => {
      if (message.type === 'prepared') abort.abort();
      return message.type === 'prepared';
    };
    const { result } = await worked(coordinator, { signal: abort.signal });
    expect(result).toEqual({ finished: undefined, reason: 'stopped by its user' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(coordinator.says('leave').length).toBe(1);
    expect(coordinator.closings).toEqual(['left']);
  });

  it('ends with the reason when it is refused', async () => {
    const coordinator = new ScriptedCoordinator();
    coordinator.intercept = (message, link) => {
      link.sendControl({ type: 'refused', code: 'unreachable', message: '256 workers are enough' });
      return message.type === 'join';
    };
    await expect(worked(coordinator)).rejects.toThrow(
      expect.objectContaining({
        code: 'unreachable',
        message: expect.stringMatching(/256 workers/),
      }),
    );
  });

  it.each([
    ['no JSON', '{', 'config'],
    ['no configuration', '{}', 'config'],
    [
      'an operator nobody knows',
      JSON.stringify({ shards: 4, graph: { nodes: [{ op: 'eval' }] } }),
      'graph',
    ],
  ])('ends with the reason when the run is %s', async (_, config, code) => {
    const coordinator = new ScriptedCoordinator();
    coordinator.config = config;
    await expect(worked(coordinator)).rejects.toThrow(expect.objectContaining({ code }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(coordinator.says('leave').length).toBe(1);
  });

  it('says what it does', async () => {
    const doing: string[] = [];
    await worked(new ScriptedCoordinator(), { onStatus: (status) => doing.push(status.doing) });
    expect(doing).toContain('training');
    expect(doing.at(-1)).toBe('the run is over at step 20');
  });

  it.each<[string, WorkOptions, RegExp]>([
    ['127.0.0.1:7070', {}, /"127\.0\.0\.1:7070" is not an address to dial; .*as ws:/],
    ['ws://h/?x', {}, /query or fragment/],
    ['ws://h', { giveUpAfterMs: -1 }, /giveUpAfterMs must be .*, got -1$/],
    ['ws://h', { giveUpAfterMs: Number.NaN }, /giveUpAfterMs must be .*, got NaN$/],
    [
      'ws://h',
      { listen: { host: '[::1]', port: 0 } },
      /listen on \[::1\]: .*without brackets, ::1$/,
    ],
    ['ws://h', { tls: { ca: 'no PEM' } }, /tls\.ca \(--tls-ca\) holds no certificate/],
  ])('at %s with %j is refused in its caller’s face', (where, options, words) => {
    expect(() => work(where, { token: 'x'.repeat(16), ...options })).toThrow(words);
  });

  it('ends when nobody can be there, and says that there is no token', async () => {
    expect(() => work('ws://127.0.0.1:1')).toThrow(/there is no token/);
    const reasons: string[] = [];
    const abort = new AbortController();
    const run = work('ws://127.0.0.1:1', {
      token: 'x'.repeat(16),
      cacheDir,
      signal: abort.signal,
      onStatus: ({ doing }) => {
        reasons.push(doing);
        if (/trying again/.test(doing)) abort.abort();
      },
    });
    expect((await run.result()).finished).toBeUndefined();
    expect(reasons.some((reason) => /^not connected: .*trying again in 0\.1 s/.test(reason))).toBe(
      true,
    );
  });
});

describe('back-off', () => {
  it('grows from 0.1 s to 3 s and differs', () => {
    expect([0, 1, 2, 5, 20].map((attempt) => backoffMs(attempt, 1))).toEqual([
      100, 200, 400, 3000, 3000,
    ]);
    expect(backoffMs(20, 0)).toBe(1500);
  });
});
