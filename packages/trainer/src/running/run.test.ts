// What every run does, whatever computes it: here something that computes nothing.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, LockstepError, linear, sgd } from '@lockstep/core';
import { planRun, type RunPlan, valuesOf } from '@lockstep/core/internal';
import { fromArrays } from '@lockstep/data';
import { afterEach, describe, expect, it } from 'vitest';
import type { Seen } from '../computing/engine-options.js';
import type { Computing, Held, Opening, Telling } from './computing.js';
import { failureOf } from './ending.js';
import type { TrainEvent } from './events.js';
import { type NewRunOptions, type PreparedRun, prepareRun } from './prepare-run.js';
import { Run } from './run.js';
import type { Ended } from './run-report.js';

const train = fromArrays({ inputs: [[1], [2]], labels: [0, 1], classes: 2 });

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'run-'));
  folders.push(folder);
  return join(folder, 'run');
}

/** Tells of an epoch; when asked to stop, of a checkpoint. */
class Fake implements Computing<TrainEvent> {
  readonly plan: RunPlan;
  readonly standing = { step: 2, loss: 0.5, trainingMs: 1000 };
  readonly calls: string[] = [];
  /** Of saving when it is stopped. */
  fault: Error | undefined;
  readonly #prepared: PreparedRun;
  #telling: Telling<TrainEvent> | undefined;
  #stop = (): void => {};

  constructor(prepared: PreparedRun) {
    this.#prepared = prepared;
    this.plan = planRun(prepared.config, prepared.data, [{ first: 0, end: 1 }]);
  }

  async check(): Promise<void> {
    this.calls.push('check');
  }

  async open(telling: Telling<TrainEvent>): Promise<void> {
    this.calls.push('open');
    this.#telling = telling;
  }

  held(): Held {
    const { state, judgement } = this.#prepared;
    return { step: 1, state, judgement };
  }

  async see(): Promise<Seen> {
    const { state } = this.#prepared;
    return { step: 1, values: valuesOf(state), gradients: undefined, pausedMs: 0 };
  }

  async checkpoint(): Promise<string | null> {
    return null;
  }

  async run({ saved, warnings }: Opening): Promise<Ended | undefined> {
    this.calls.push('run');
    const { events, report } = this.#telling!;
    const evaluated = { step: 2, weightsHash: 'h', epochLoss: 1, sums: {} };
    const stopped = new Promise<'stopped'>((resolve) => {
      this.#stop = () => resolve('stopped');
    });
    for (const event of [report.runStart(1, 0), ...warnings, ...saved]) events.push(event);
    events.push(report.epochEnd(evaluated, { trainingMs: 1000 }));
    const taken = events.whenTaken().then(() => 'taken' as const);
    if ((await Promise.race([stopped, taken])) === 'taken') {
      const { state } = this.#prepared;
      return { step: 2, stopped: 'epochs', bestEpoch: null, state, evaluated };
    }
    if (this.fault) throw this.fault;
    events.push(report.checkpoint(1, 'saved on the way out', 'a digest'));
    return undefined;
  }

  stop(why: 'aborted' | 'left'): void {
    this.calls.push(why);
    this.#stop();
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }
}

class FakeRun extends Run<TrainEvent, Fake> {
  constructor(prepared: PreparedRun, fake: Fake) {
    super(prepared, fake);
  }
}

function make(more: Partial<NewRunOptions> = {}): { run: FakeRun; fake: Fake } {
  const prepared = prepareRun('run', {
    ...{ model: linear(1, 2), loss: crossEntropy(), optimizer: sgd(), data: { train } },
    ...{ batchSize: 2, epochs: 1 },
    ...more,
  });
  const fake = new Fake(prepared);
  return { run: new FakeRun(prepared, fake), fake };
}

async function eventsIn(out: string): Promise<TrainEvent[]> {
  const text = await readFile(join(out, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function logged(out: string): Promise<string[]> {
  return (await eventsIn(out)).map(({ event }) => event);
}

async function lastLogged(out: string): Promise<TrainEvent | undefined> {
  return (await eventsIn(out)).at(-1);
}

describe('a run', () => {
  it('is checked, opened, computed and closed, and has its result when the last event comes', async () => {
    const { run, fake } = make();
    const told: string[] = [];
    expect(run.progress()).toBeUndefined();
    for await (const { event } of run) {
      told.push(event);
      if (event === 'run-end')
        expect(await run.result()).toMatchObject({ step: 2, weightsHash: 'h' });
    }
    expect(told).toEqual(['run-start', 'epoch-end', 'run-end']);
    expect(fake.calls).toEqual(['check', 'open', 'run', 'close']);
    expect(run.progress()).toMatchObject({ step: 2, loss: 0.5 });
  });

  it('saves where it begins before it can be seen, and logs an event before it tells it', async () => {
    const out = await temporary();
    const told: string[] = [];
    for await (const { event } of make({ out }).run) {
      if (told.length === 0) expect((await readdir(out)).sort()).toContain('run.json');
      told.push(event);
      expect(await logged(out)).toEqual(told);
    }
    expect(told).toEqual(['run-start', 'checkpoint', 'epoch-end', 'run-end']);
    expect((await readdir(out)).sort()).toEqual(
      ['checkpoints', 'metrics.jsonl', 'run.json', 'weights.safetensors'].sort(),
    );
  });

  it('that is aborted stops, tells what was saved, and ends with what it came to', async () => {
    const out = await temporary();
    const abort = new AbortController();
    const { run, fake } = make({ out, signal: abort.signal });
    const told: TrainEvent[] = [];
    for await (const event of run) {
      told.push(event);
      if (event.event === 'epoch-end') abort.abort(new Error('enough'));
    }
    const names = ['run-start', 'checkpoint', 'epoch-end', 'checkpoint'];
    expect(told.map(({ event }) => event)).toEqual([...names, 'run-end']);
    expect(told.at(-1)).toMatchObject({ step: 1, stopped: 'asked', testLoss: null, metrics: {} });
    expect(fake.calls.slice(-2)).toEqual(['aborted', 'close']);
    expect(await run.result()).toMatchObject({ step: 1, stopped: 'asked', bestEpoch: null });
    // It can go on, and its folder says how it was stopped, which nobody is told who has stopped it.
    expect(await logged(out)).toEqual([...names, 'interrupted']);
    expect(await lastLogged(out)).toMatchObject({ step: 2, saved: 1, reason: 'enough' });
    expect((await readdir(out)).sort()).toEqual(['checkpoints', 'metrics.jsonl', 'run.json']);
  });

  it('that is aborted has a result without a folder, and when nobody iterates', async () => {
    const { run } = make({ signal: AbortSignal.abort() });
    const { stopped, parameters, weightsHash } = await run.result();
    expect([stopped, parameters.size, weightsHash.length]).toEqual(['asked', 2, 64]);
  });

  it('whose loop is left stops, logs what it still tells, and lets the folder go', async () => {
    const out = await temporary();
    const { run, fake } = make({ out });
    for await (const { event } of run) if (event === 'epoch-end') break;
    expect(fake.calls.slice(-2)).toEqual(['left', 'close']);
    const names = ['run-start', 'checkpoint', 'epoch-end', 'checkpoint'];
    expect(await logged(out)).toEqual([...names, 'interrupted']);
    expect(await lastLogged(out)).toMatchObject({ reason: 'the loop over its events was left' });
    expect(await run.result()).toMatchObject({ step: 1, stopped: 'asked' });
    expect((await readdir(out)).sort()).toEqual(['checkpoints', 'metrics.jsonl', 'run.json']);
    await expect(run[Symbol.asyncIterator]().next()).rejects.toThrow(
      'it can be iterated only once',
    );
  });

  it('whose loop is left says so if it cannot be saved, and is closed all the same', async () => {
    const { run, fake } = make();
    fake.fault = new Error('the disk is full');
    const leaving = (async () => {
      for await (const { event } of run) if (event === 'epoch-end') break;
    })();
    await expect(leaving).rejects.toThrow('the disk is full');
    expect(fake.calls.at(-1)).toBe('close');
  });

  it('that fails says so in its folder, and the error knows what was recorded of it', async () => {
    const out = await temporary();
    const { run, fake } = make({ out });
    fake.run = async (opening) => {
      await Fake.prototype.run.call(fake, { ...opening, warnings: [] });
      throw new LockstepError('kernel-memory', 'no more memory');
    };
    const error = await run.result().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: 'no more memory' });
    const failure = { event: 'error', code: 'kernel-memory', message: 'no more memory', step: 2 };
    expect(await lastLogged(out)).toMatchObject(failure);
    expect(failureOf(new Error('told otherwise', { cause: error }))).toEqual(await lastLogged(out));
    expect(failureOf(new Error('another'))).toBeUndefined();
  });

  it('that fails before it tells anything is as it was', async () => {
    const out = await temporary();
    const { run, fake } = make({ out });
    fake.run = () => Promise.reject(new Error('no port'));
    await expect(run.result()).rejects.toThrow('no port');
    await expect(logged(out)).rejects.toThrow('ENOENT');
  });

  it('that cannot log stops and is closed, and says so in the words of what computes', async () => {
    const out = await temporary();
    const { run, fake } = make({ out });
    Object.assign(fake, {
      unlogged: (event: string, { message }: Error) => new Error(`${event}: ${message}`),
    });
    const following = (async () => {
      for await (const { event } of run) {
        if (event !== 'run-start') continue;
        await rm(join(out, 'metrics.jsonl'));
        await rm(out, { recursive: true });
      }
    })();
    await expect(following).rejects.toThrow(/^checkpoint: /);
    expect(fake.calls.slice(-2)).toEqual(['left', 'close']);
  });

  it('that cannot begin is closed, and nothing is written', async () => {
    const out = await temporary();
    const { run, fake } = make({ out });
    fake.check = () => Promise.reject(new Error('no room'));
    await expect(run.result()).rejects.toThrow('no room');
    expect(fake.calls).toEqual(['close']);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});
