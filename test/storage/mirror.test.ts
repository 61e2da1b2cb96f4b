// What a mirror makes of a store that answers late, refuses, loses parts, or is written to by somebody else.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointStore } from '@lockstep/trainer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchRun } from '../../apps/cli/src/mirror/fetch-run.js';
import { Mirror } from '../../apps/cli/src/mirror/mirror.js';
import { ObjectStore } from '../../apps/cli/src/mirror/object-store.js';
import { viewRun } from '../../apps/cli/src/mirror/run-files.js';
import { type StubStore, stubStore } from './stub-store.js';

const URL_OF_RUN = 's3://models/runs/a';
const never = new AbortController().signal;

let stub: StubStore;
let folder: string;
beforeEach(async () => {
  stub = await stubStore();
  folder = mkdtempSync(join(tmpdir(), 'lockstep-mirror-'));
});
afterEach(async () => {
  await stub.close();
  rmSync(folder, { recursive: true });
});

const mirror = (): Mirror => new Mirror(ObjectStore.open(URL_OF_RUN, stub.env));
const warnings: string[] = [];
const fetchInto = (out: string) =>
  fetchRun(ObjectStore.open(URL_OF_RUN, stub.env), out, {
    signal: never,
    warn: (message) => warnings.push(message),
  });

/** A run's folder with a checkpoint of each step; the newest two stay. */
class FakeRun {
  readonly out: string;
  readonly #checkpoints: CheckpointStore;
  readonly #bytes: number;

  constructor(out: string, bytes = 1000) {
    this.out = out;
    this.#bytes = bytes;
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'run.json'), '{"a":"run"}\n');
    this.#checkpoints = new CheckpointStore(join(out, 'checkpoints'));
  }

  async step(step: number) {
    const data = new Uint8Array(this.#bytes).fill(step % 251);
    const tensors = new Map([['w', { dtype: 'U8' as const, shape: [this.#bytes], data }]]);
    await this.#checkpoints.save({ step, tensors, metadata: {} });
    writeFileSync(join(this.out, 'metrics.jsonl'), `${step}\n`, { flag: 'a' });
    return viewRun(this.out, { step, ended: false });
  }
}

/** What a reader would find at this moment is whole. */
function isWhole(): boolean {
  const list = stub.objects.get('runs/a/manifest.json');
  if (!list) return true;
  const { files } = JSON.parse(list.toString()) as {
    files: readonly { key: string; bytes: number; sha256: string }[];
  };
  return files.every(({ key, bytes, sha256 }) => {
    const object = stub.objects.get(`runs/a/${key}`);
    const found = object && createHash('sha256').update(object).digest('hex');
    return object?.byteLength === bytes && found === sha256;
  });
}

/** The same files, with the same bytes. */
function expectSame(one: string, other: string): void {
  const names = (path: string): string[] =>
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes('.'))
      .sort();
  expect(names(one)).toEqual(names(other));
  for (const name of names(one)) {
    expect(readFileSync(join(one, name)).equals(readFileSync(join(other, name))), name).toBe(true);
  }
}

describe('a run that is mirrored', () => {
  it('is there whole at every moment, whatever is being written, and comes back as it was', async () => {
    const run = new FakeRun(join(folder, 'a'));
    const one = mirror();
    let looks = 0;
    stub.fault = () => {
      looks++;
      expect(isWhole()).toBe(true);
      return undefined;
    };
    for (const step of [0, 10, 20, 30])
      expect(await one.save(await run.step(step), never)).toBe(true);
    expect(looks).toBeGreaterThan(20);
    expect(await fetchInto(join(folder, 'b'))).toMatchObject({ step: 30 });
    expectSame(run.out, join(folder, 'b'));
    // Of the steps that had to make room, what nobody can be reading any more is gone.
    const kept = [...stub.objects.keys()].filter((key) => key.includes('step-'));
    expect(kept.sort()).toHaveLength(3);
  });

  it('sends a checkpoint once, however often it is looked at', async () => {
    const run = new FakeRun(join(folder, 'a'));
    const one = mirror();
    const view = await run.step(5);
    await one.save(view, never);
    await one.save(view, never);
    const puts = stub.asked.filter(({ method, key }) => method === 'PUT' && key.includes('step-'));
    expect(puts).toHaveLength(1);
  });

  it('that is larger than a part goes in parts, and no more is in memory than one of them', async () => {
    const run = new FakeRun(join(folder, 'a'), 9 * 1024 * 1024);
    await mirror().save(await run.step(1), never);
    expect(stub.largest()).toBe(8 * 1024 * 1024);
    expect(isWhole()).toBe(true);
    await fetchInto(join(folder, 'b'));
    expectSame(run.out, join(folder, 'b'));
  });

  it.each(['lost', 503, 'cut'] as const)(
    'of which a part is %s is sent again, and is whole then',
    async (fault) => {
      const run = new FakeRun(join(folder, 'a'), 9 * 1024 * 1024);
      let faults = 1;
      stub.fault = ({ method, query }) =>
        method === 'PUT' && query.get('partNumber') === '2' && faults-- > 0 ? fault : undefined;
      expect(await mirror().save(await run.step(1), never)).toBe(true);
      expect(faults).toBeLessThan(1);
      expect(isWhole()).toBe(true);
    },
  );

  it('of which a small file is cut short is sent again, too', async () => {
    const run = new FakeRun(join(folder, 'a'));
    let faults = 1;
    stub.fault = ({ method, key }) =>
      method === 'PUT' && key.includes('metrics') && faults-- > 0 ? 'lost' : undefined;
    expect(await mirror().save(await run.step(1), never)).toBe(true);
    expect(isWhole()).toBe(true);
  });

  it.each([403, 503] as const)(
    'is not there if the store answers %i, and the reason is told',
    async (status) => {
      const run = new FakeRun(join(folder, 'a'));
      stub.fault = ({ method }) => (method === 'PUT' ? status : undefined);
      await expect(mirror().save(await run.step(1), never)).rejects.toMatchObject({
        code: 'store',
        status,
        message: expect.stringMatching(/PUT was answered with \d+ \(Told: as it was told to\)/),
      });
      expect(stub.objects.has('runs/a/manifest.json')).toBe(false);
    },
  );

  it('whose list was taken, while the answer was lost, knows its own list again', async () => {
    const run = new FakeRun(join(folder, 'a'));
    const one = mirror();
    await one.save(await run.step(1), never);
    const view = await run.step(2);
    let cut = 1;
    stub.fault = ({ method, key }) =>
      method === 'PUT' && key.endsWith('manifest.json') && cut-- > 0 ? 'unanswered' : undefined;
    await expect(one.save(view, never)).rejects.toMatchObject({ code: 'store' });
    expect(await one.save(view, never)).toBe(true);
    expect(await one.save(await run.step(3), never)).toBe(true);
  });
});

describe.each([true, false])(
  'two that write to one place, in a store that knows conditions: %s',
  (knows) => {
    beforeEach(() => {
      stub.knowsConditions = knows;
    });

    it('are not both taken: who comes second to it stops', async () => {
      const run = new FakeRun(join(folder, 'a'));
      const [first, second] = [mirror(), mirror()];
      await first.save(await run.step(1), never);
      // Both go on from what is there.
      await first.look();
      await second.look();
      const view = await run.step(2);
      expect(await second.save(view, never)).toBe(true);
      await expect(first.save(view, never)).rejects.toMatchObject({
        code: 'store',
        message: expect.stringMatching(/another process writes there since/),
      });
      expect(await second.save(await run.step(3), never)).toBe(true);
    });

    it('is not written over by another run', async () => {
      await mirror().save(await new FakeRun(join(folder, 'a')).step(1), never);
      const other = new FakeRun(join(folder, 'b'));
      writeFileSync(join(other.out, 'run.json'), '{"another":"run"}\n');
      await expect(mirror().save(await other.step(5), never)).rejects.toThrow(
        /it holds another run/,
      );
    });

    it('goes to who leads: the one with the higher fence, whatever the other wrote last', async () => {
      const run = new FakeRun(join(folder, 'a'));
      const [before, now] = [mirror(), mirror()];
      [before.fence, now.fence] = [3, 8];
      await before.save(await run.step(1), never);
      await now.look();
      await before.save(await run.step(2), never);
      expect(await now.save(await run.step(3), never)).toBe(true);
      await expect(before.save(await run.step(4), never)).rejects.toThrow(/has taken over/);
    });
  },
);

it('of two that write at once in a store with conditions, one list stands', async () => {
  const run = new FakeRun(join(folder, 'a'));
  const [first, second] = [mirror(), mirror()];
  const view = await run.step(1);
  // Both have looked, and then both write.
  let writes = 0;
  const both: (() => void)[] = [];
  stub.fault = ({ method, key }) => {
    if (method !== 'PUT' || !key.endsWith('manifest.json') || writes >= 2) return undefined;
    writes++;
    return new Promise((go) => {
      both.push(() => go(undefined));
      if (both.length === 2) for (const each of both) each();
    });
  };
  const outcomes = await Promise.allSettled([first.save(view, never), second.save(view, never)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

describe('a run that is fetched', () => {
  it('starts over where the list was written over meanwhile', async () => {
    const run = new FakeRun(join(folder, 'a'));
    const one = mirror();
    await one.save(await run.step(1), never);
    let writes = 1;
    stub.fault = async ({ method, key }) => {
      // Three more checkpoints, so that what the first list names is gone.
      if (method === 'GET' && key.includes('files/') && writes-- > 0) {
        for (const step of [2, 3, 4, 5]) await one.save(await run.step(step), never);
      }
      return undefined;
    };
    expect(await fetchInto(join(folder, 'b'))).toMatchObject({ step: 5 });
    expect(readFileSync(join(folder, 'b', 'metrics.jsonl'), 'utf8')).toBe('1\n2\n3\n4\n5\n');
  });

  it('with a damaged newest checkpoint has the one before, and a warning', async () => {
    const run = new FakeRun(join(folder, 'a'));
    await run.step(1);
    await mirror().save(await run.step(2), never);
    const key = [...stub.objects.keys()].find((one) => one.includes('step-000000002'))!;
    const bytes = Buffer.from(stub.objects.get(key)!);
    bytes[bytes.byteLength - 1]! ^= 1;
    stub.objects.set(key, bytes);
    warnings.splice(0);
    await fetchInto(join(folder, 'b'));
    expect(readdirSync(join(folder, 'b', 'checkpoints'))).toEqual(['step-000000001.safetensors']);
    expect(warnings).toEqual([expect.stringMatching(/what came has SHA-256 .*older checkpoint/)]);
  });

  it('whose other files are damaged is refused, and no run is left in the folder', async () => {
    const run = new FakeRun(join(folder, 'a'));
    await mirror().save(await run.step(2), never);
    const key = [...stub.objects.keys()].find((one) => one.includes('metrics'))!;
    stub.objects.set(key, randomBytes(stub.objects.get(key)!.byteLength));
    await expect(fetchInto(join(folder, 'b'))).rejects.toMatchObject({ code: 'store' });
    expect(readdirSync(join(folder, 'b'))).not.toContain('run.json');
  });

  it('must be a run: a list that names what is none is refused', async () => {
    const files = [{ name: '../../etc/passwd', key: 'x', bytes: 1, sha256: 'a'.repeat(64) }];
    const list = { format: 'lockstep-mirror/1', step: 1, ended: false, writer: 'w', time: '' };
    const text = JSON.stringify({ ...list, files, previous: [] });
    stub.objects.set('runs/a/manifest.json', Buffer.from(text));
    await expect(fetchInto(join(folder, 'b'))).rejects.toThrow(/lists what is no file of a run/);
  });

  it('that is nowhere is not made up', async () => {
    expect(await fetchInto(join(folder, 'b'))).toBeUndefined();
  });
});
