// A report of a cluster's run, which is sent to others: nothing of where it was computed, or by what its workers were let in.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clusters, TOKEN } from './cluster.js';

const { cluster, path } = clusters(40);

it.each(['star', 'mesh'])(
  'of a %s that lost a worker and was stopped holds no address, folder or token',
  async (topology) => {
    const out = path(`${topology}-run`);
    const it = cluster('--topology', topology, '--min-workers', '2');
    await it.startCoordinator('--out', out);
    const { port } = new URL(it.url);
    it.startWorker('w0', 1);
    const dying = it.startWorker('w1', 1);
    await it.tells('epoch-end');
    dying.child.kill('SIGKILL');
    it.workers.delete('w1');
    await it.tells('worker-lost');
    it.coordinator.child.kill('SIGINT');
    expect((await it.coordinator.finished).status).toBe(130);
    const file = path(`${topology}.html`);
    const { status, stderr } = await it.run(['report', out, '--offline', '--out', file]).finished;
    expect(status, stderr).toBe(0);
    const report = /id="report">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))!;
    const { messages, notes } = JSON.parse(report[1]!) as { messages: unknown; notes: unknown };
    const told = JSON.stringify({ messages, notes });
    expect(told).toContain('"event":"worker-lost"');
    for (const secret of [`:${port}`, '127.0.0.1', 'ws:', path(), TOKEN]) {
      expect(told).not.toContain(secret);
    }
  },
);
