// A script in place of the worker: who dies is started again, who cannot begin is not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WorkerProcess } from './worker-process.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-worker-process-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script as the worker. It finds in `process.argv[2]` a file to count its starts in. */
function workerOf(name: string, source: string) {
  const script = join(folder, `${name}.mjs`);
  const starts = join(folder, name);
  const count = `import { appendFileSync } from 'node:fs';\nappendFileSync(process.argv[2], '.');\n`;
  writeFileSync(script, `${count}${source}`);
  const told: string[] = [];
  const stop = new AbortController();
  let wake = (): void => {};
  const hasTold = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const tell = (line: string): void => {
    told.push(line);
    wake();
  };
  const worker = new WorkerProcess({
    ...{ script, args: [starts], env: process.env, tell, warn: tell, signal: stop.signal },
  });
  return { worker, told, hasTold, starts: () => readFileSync(starts, 'utf8').length };
}

test('one that is done is not started again, and what it says is told', async () => {
  const { worker, told, starts } = workerOf('done', `console.error('joined');`);
  await worker.run();
  expect(told).toEqual(['joined']);
  expect(starts()).toBe(1);
});

test('one that dies is started again', async () => {
  const source = `if (readFileSync(process.argv[2], 'utf8').length < 2) process.exit(7);`;
  const { worker, told, starts } = workerOf(
    'again',
    `import { readFileSync } from 'node:fs';\n${source}`,
  );
  await worker.run();
  expect(told).toEqual(['the worker of rank 0 ended with status 7; it is started again in 0.5 s']);
  expect(starts()).toBe(2);
});

test('one that cannot begin is not', async () => {
  const { worker, starts } = workerOf('usage', 'process.exit(2);');
  await expect(worker.run()).rejects.toThrow(
    'the worker of rank 0 ended with status 2; what it said',
  );
  expect(starts()).toBe(1);
});

test('at the end of the run one that stays is asked to go', async () => {
  const { worker, hasTold } = workerOf(
    'stays',
    `process.on('SIGHUP', () => process.exit(130));\nsetInterval(() => {}, 1000);\nconsole.error('up');`,
  );
  const running = worker.run();
  await hasTold;
  await worker.end(running, false);
  await running;
});
