// Workers of the coordinator's own machine, by a Unix socket: the bits, and what becomes of its file.
import { existsSync, lstatSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clusters, outcomeOf, recordedOutcome, toldBy } from './cluster.js';

const { cluster, expected, path, says } = clusters(40);

describe.skipIf(process.platform === 'win32')('by a Unix socket (Windows has none)', () => {
  it('a mesh of two workers that are told nothing else, and no port is opened', async () => {
    const socket = path('mesh.sock');
    const it = cluster('--listen-unix', socket, '--topology', 'mesh', '--min-workers', '2');
    await it.startCoordinator();
    const { url, urls } = await it.tells('listening');
    expect({ url, urls }).toEqual({ url: `unix:${socket}`, urls: [`unix:${socket}`] });
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    const log = await it.finish();
    expect(outcomeOf(log)).toEqual(expected());
    expect(log.find(({ event }) => event === 'generation')!.topology).toBe('mesh');
    expect(existsSync(socket)).toBe(false);
  });

  it('a worker that is killed is lost at once, and another takes its place', async () => {
    const it = cluster('--listen-unix', path('killed.sock'), '--min-workers', '2');
    await it.startCoordinator();
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await it.tells('epoch-end', 2);
    it.workers.get('w1')!.child.kill('SIGKILL');
    expect(await it.tells('worker-lost')).toMatchObject({ name: 'w1' });
    it.startWorker('w2', 1);
    await it.tells('worker-joined', 3);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });

  it('a coordinator that is killed leaves its socket, which the next one takes over', async () => {
    const socket = path('taken over.sock');
    const out = path('taken-over');
    const it = cluster('--listen-unix', socket, '--min-workers', '2');
    await it.startCoordinator('--out', out);
    for (const name of ['w0', 'w1']) it.startWorker(name, 1);
    await it.tells('epoch-end', 2);
    it.coordinator.child.kill('SIGKILL');
    await it.coordinator.finished;
    expect(lstatSync(socket).isSocket()).toBe(true);
    for (const worker of it.workers.values()) await worker.holds('"disconnected"');
    await it.startCoordinator('--resume', out);
    await it.finish();
    expect(recordedOutcome(out)).toEqual(expected());
    expect(existsSync(socket)).toBe(false);
  });

  it('and a port beside it, where one is asked for', async () => {
    const it = cluster('--listen-unix', path('both.sock'), '--port', '0', '--min-workers', '2');
    await it.startCoordinator();
    const [first, second] = (await it.tells('listening')).urls as string[];
    expect([first, second]).toEqual([
      expect.stringMatching(/^ws:/),
      expect.stringMatching(/^unix:/),
    ]);
    await it.coordinator.holds(' worker unix:');
    expect(it.coordinator.errorText).toMatch(
      /on each machine that is to compute, run:\n.* worker ws:.*\non this machine, run:\n.* worker unix:/s,
    );
    it.startWorkerAt(first!, 'w0', 1);
    it.startWorkerAt(second!, 'w1', 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
    expect(toldBy(it.workers.get('w1')!).at(-1)).toMatchObject({ event: 'run-end' });
  });

  it('where somebody listens already, a second coordinator is told so before it begins', async () => {
    const socket = path('held.sock');
    const it = cluster('--listen-unix', socket);
    await it.startCoordinator();
    const second = ['coordinator', '--offline', '--listen-unix', socket, '--out', path('second')];
    const { status, stderr } = await says(second);
    expect(status).toBe(2);
    expect(stderr).toMatch(/listen on .*held\.sock: another process listens there already/);
    expect(existsSync(path('second'))).toBe(false);
    it.startWorker('w0', 1);
    expect(outcomeOf(await it.finish())).toEqual(expected());
  });

  it.each<[string, string[], RegExp]>([
    [
      'a path that is too long',
      ['coordinator', '--listen-unix', `/${'x'.repeat(200)}`],
      /the path has 201 bytes/,
    ],
    ['an address without a path', ['worker', 'unix:'], /expected unix:\/PATH/],
    ['a path alone', ['worker', '/run/x.sock'], /, as unix:\/run\/x\.sock/],
  ])('%s is bad usage', async (_, args, message) => {
    const { status, stderr } = await says(args);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) });
  });
});
