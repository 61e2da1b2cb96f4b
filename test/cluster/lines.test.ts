// What people read where there is no terminal: every line once.
import { expect, it } from 'vitest';
import type { Finished } from '../cli/lockstep.js';
import { type Cluster, clusters, RUN } from './cluster.js';

const { cluster, path } = clusters(3);

/** What a slow machine stays at for a second, again and again. */
const STATUS = /^(training|evaluating|waiting|preparing|stopping|fetching)/;

/** Lines of both streams, but those of the status. @throws if one stands there twice */
function linesOf({ stdout, stderr }: Finished): string[] {
  const all = `${stderr}${stdout}`.trimEnd().split('\n');
  const lines = all.filter((line) => !STATUS.test(line));
  expect(lines.filter((line, i) => lines.indexOf(line) !== i)).toEqual([]);
  return lines;
}

/** A coordinator for people, and where it is. */
async function listening(it: Cluster, out: string) {
  const flags = [...RUN, '--epochs', '3', '--port', '0', '--out', path(out)];
  const coordinator = it.run(['coordinator', ...flags]);
  await coordinator.holds('listening on ');
  const url = /^listening on (.*)$/m.exec(coordinator.errorText)![1]!;
  return { coordinator, url };
}

it('of a run that ends well, on both sides', async () => {
  const it = cluster();
  const { coordinator, url } = await listening(it, 'well');
  const worker = await it.run(['worker', url, '--threads', '1', '--name', 'w']).finished;
  expect(worker.status, worker.stderr).toBe(0);
  expect(linesOf(worker)).toEqual([
    `connecting to ${url}`,
    `connected to ${url}`,
    expect.stringMatching(/^data: digits \(\w+\)$/),
    'joined as w with 1 thread',
    expect.stringMatching(/^generation 1: shards 0 to 7; 1 worker \(alone\)$/),
    'the run is over at step 75',
    expect.stringMatching(/^weights {3}sha256 [\da-f]{64} at its last step$/),
  ]);
  linesOf(await coordinator.finished);
});

it('of a worker that is refused, and of one that gives up', async () => {
  const it = cluster();
  const { coordinator, url } = await listening(it, 'ill');
  const worker = ['worker', url, '--give-up-after', '0.5'];
  const refused = await it.run(worker, { LOCKSTEP_TOKEN: 'another one than theirs' }).finished;
  expect(linesOf(refused)).toEqual([
    `connecting to ${url}`,
    expect.stringMatching(/^error: worker: dial ws:.*: the token is wrong$/),
  ]);
  coordinator.child.kill('SIGKILL');
  await coordinator.finished;
  const alone = await it.run(worker).finished;
  expect(linesOf(alone)).toEqual([
    `connecting to ${url}`,
    expect.stringMatching(
      /^not connected: dial ws:.*ECONNREFUSED.*; trying again in .*, giving up/,
    ),
    expect.stringMatching(/^error: worker: gave up after 0\.5 s /),
  ]);
});
