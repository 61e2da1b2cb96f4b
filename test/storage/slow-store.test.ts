// A store that takes a connection and never answers, or whose answer never ends: nobody waits for it for long who can do without,
// whoever cannot is told what is wrong, and whoever is told to stop does.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { takeNewest } from '../../apps/cli/src/mirror/home.js';
import { Mirror } from '../../apps/cli/src/mirror/mirror.js';
import { ObjectStore } from '../../apps/cli/src/mirror/object-store.js';
import { Screen } from '../../apps/cli/src/screen.js';
import type { Session } from '../../apps/cli/src/session.js';
import { lastEvent } from '../cli/lockstep.js';
import { clusters, RUN, recordedOutcome } from '../cluster/cluster.js';
import { type StubStore, stubStore } from './stub-store.js';

const SLOW = ['silent', 'trickle'] as const;
const URL_OF_RUN = 's3://models/runs/a';

let stub: StubStore;
beforeAll(async () => {
  stub = await stubStore();
});
afterAll(() => stub.close());

const asked = (): number => stub.asked.length;

describe('a request to a store that is', () => {
  it.each(SLOW)('%s ends when its time is over, and names the store', async (fault) => {
    stub.fault = () => fault;
    const store = ObjectStore.open(URL_OF_RUN, stub.env, 100);
    await expect(store.read('x', 1_000_000)).rejects.toMatchObject({
      ...{ code: 'store', isLate: true, isRefused: false },
      message: `${URL_OF_RUN}/x: GET: the store at ${stub.env.AWS_ENDPOINT_URL} gave no whole answer in 0.1 s`,
    });
  });

  it.each(SLOW)(
    '%s ends when whoever asked stops, also after a garbage collection',
    async (fault) => {
      stub.fault = () => fault;
      const before = asked();
      const stop = new AbortController();
      const reading = ObjectStore.open(URL_OF_RUN, stub.env).read('x', 1e6, {
        signal: stop.signal,
      });
      await expect.poll(asked).toBe(before + 1);
      collectGarbage();
      stop.abort(new Error('enough'));
      await expect(reading).rejects.toThrow('enough');
    },
  );

  it.each(SLOW)('%s is not made again by who fetches a run', async (fault) => {
    stub.fault = () => fault;
    const out = mkdtempSync(join(tmpdir(), 'lockstep-slow-'));
    const mirror = new Mirror(ObjectStore.open(`s3://models/fetched/${fault}`, stub.env, 100));
    const taking = { flag: '--out', out: join(out, 'run'), isNeeded: true };
    await expect(takeNewest(mirror, taking, session())).rejects.toMatchObject({
      code: 'store',
      message: expect.stringMatching(
        /gave no whole answer in 0\.1 s\. What it holds is needed here, and nothing was begun: .*AWS_ENDPOINT_URL.*start the same command again/,
      ),
    });
    // On a busy machine its time may be over before the store hears of it.
    const requests = stub.asked.filter(({ key }) => key.startsWith(`fetched/${fault}`));
    expect(requests.length).toBeLessThanOrEqual(1);
    rmSync(out, { recursive: true });
  });
});

describe('a run whose store is', () => {
  const EPOCHS = 3;
  const { cluster, expected, path } = clusters(EPOCHS);
  const FLAGS = [...RUN, '--epochs', String(EPOCHS), '--json', '--mirror', URL_OF_RUN];
  beforeEach(() => stub.asked.splice(0));
  afterEach(() => {
    stub.fault = () => undefined;
  });

  it.each(SLOW)('%s begins all the same, and is over when it is', async (fault) => {
    stub.fault = () => fault;
    const out = path(`begun-${fault}`);
    const train = cluster().run(['train', ...FLAGS, '--out', out], stub.env);
    await train.holds('sending what is left to');
    // What is not there yet is left, and told.
    train.child.kill('SIGTERM');
    const { status, stdout, stderr } = await train.finished;
    expect(status, stderr).toBe(0);
    expect(lastEvent(stdout)).toMatchObject({ event: 'run-end', stopped: 'epochs' });
    expect(recordedOutcome(out)).toEqual(expected());
    expect(stderr).toMatch(
      /what s3:\S+ holds is not known: .* gave no whole answer in 3 s\. It is/,
    );
    expect(stderr).toMatch(
      /step 75 is not in s3:\S+, which got nothing of this run: .*Send it with/,
    );
  });

  it.each(SLOW)(
    '%s, and which it cannot begin without, stops as soon as it is told to',
    async (fault) => {
      stub.fault = () => fault;
      const out = path(`stopped-${fault}`);
      const train = cluster().run(['train', ...FLAGS, '--continue', '--out', out], stub.env);
      await expect.poll(asked, { timeout: 30_000 }).toBe(1);
      train.child.kill('SIGTERM');
      const { status, stdout, stderr } = await train.finished;
      expect(status, stderr).toBe(130);
      expect(stdout).toBe('');
      expect(existsSync(out)).toBe(false);
    },
  );
});

function session(): Session {
  const nowhere = { write: () => true };
  const screen = new Screen({ stdout: nowhere, stderr: nowhere, env: {} });
  return { screen, signal: new AbortController().signal } as Partial<Session> as Session;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i++) collect();
}
