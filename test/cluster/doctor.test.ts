// `doctor URL` beside a run: it finds what a worker would meet, and the run does not notice.

import { examine, type Finding } from '@lockstep/worker';
import { describe, expect, it } from 'vitest';
import { events, type JsonEvent } from '../cli/lockstep.js';
import { clusters, outcomeOf, TOKEN } from './cluster.js';

const { cluster, expected, path } = clusters(100);

const outline = (told: readonly (JsonEvent | Finding)[], ids: readonly string[]): string[] =>
  told.filter(({ id }) => ids.includes(id as string)).map(({ id, status }) => `${id} ${status}`);

const WAY = ['name', 'connect', 'upgrade', 'clocks', 'protocol', 'token'];

describe('a coordinator', () => {
  it('is looked at before, while and as often as one likes: nobody joins, nobody is lost, the bits are the same', async () => {
    const it = cluster('--min-workers', '1');
    await it.startCoordinator();
    const { status, stdout, stderr } = await it.run(['doctor', it.url, '--json']).finished;
    expect(status, stdout).toBe(0);
    expect(stderr).toBe('');
    const told = events(stdout);
    expect(outline(told, WAY)).toEqual(WAY.map((id) => `${id} ok`));
    expect(told.at(-1)).toMatchObject({ event: 'doctor', problems: 0 });
    expect(it.log().at(-1)).toMatchObject({ event: 'listening' });
    it.startWorker('w0', 1);
    await it.tells('epoch-end', 2);
    for (let times = 0; times < 5; times++) {
      const findings: Finding[] = [];
      for await (const one of examine(it.url, { token: TOKEN })) findings.push(one);
      expect(outline(findings, WAY)).toEqual(WAY.map((id) => `${id} ok`));
    }
    const log = await it.finish();
    expect(outcomeOf(log)).toEqual(expected());
    expect(log.filter(({ event }) => event === 'worker-joined')).toHaveLength(1);
    expect(log.filter(({ event }) => event === 'generation')).toHaveLength(1);
    expect(log.filter(({ event }) => event === 'worker-lost')).toEqual([]);
    expect(it.coordinator.errorText).not.toMatch(/warning/);
  });

  it('with another token is a problem, and without one that is not checked', async () => {
    const it = cluster();
    await it.startCoordinator();
    const wrong = it.run(['doctor', it.url], { LOCKSTEP_TOKEN: 'not the token of this run' });
    const { status, stdout, stderr } = await wrong.finished;
    expect(status).toBe(1);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^problem {2}Token +the token is wrong\n +→ take the coordinator's/m);
    expect(stdout).toMatch(/\n1 problem(, \d+ notes?)?\n$/);
    const without = await it.run(['doctor', it.url], {}).finished;
    expect(without.status, without.stdout).toBe(0);
    expect(without.stdout).toMatch(
      /^note {5}Token +not checked: there is none here\n +→ .*LOCKST/m,
    );
    expect(it.log().at(-1)).toMatchObject({ event: 'listening' });
  });

  it.skipIf(process.platform === 'win32')('is found by its Unix socket', async () => {
    const it = cluster('--listen-unix', path('looked at.sock'));
    await it.startCoordinator();
    const { stdout } = await it.run(['doctor', it.url, '--json']).finished;
    const parts = ['connect', 'protocol', 'token'];
    expect(outline(events(stdout), parts)).toEqual(parts.map((id) => `${id} ok`));
  });

  it('that is gone is a problem', async () => {
    const it = cluster();
    await it.startCoordinator();
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    const { status, stdout } = await it.run(['doctor', it.url, '--json']).finished;
    expect(status).toBe(1);
    const told = events(stdout);
    expect(outline(told, WAY)).toEqual(['name ok', 'connect problem']);
    expect(told.at(-1)).toMatchObject({ event: 'doctor', problems: 1 });
  });
});
