// `lockstep report`: runs as one file, which needs nothing else. What its page makes of it is told in test/dashboard.
import { cpSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { EmbeddedReport } from '../../apps/dashboard/src/report/embedded-report.js';
import { smallRun } from './little-mnist.js';
import { lastEvent, workplace } from './lockstep.js';

const SMALL = smallRun();

const { lockstep, path } = workplace();

beforeAll(async () => {
  for (const [name, rate] of [
    ['one', '0.001'],
    ['two', '0.01'],
  ] as const) {
    const { status } = await lockstep('train', ...SMALL, '--out', name, '--learning-rate', rate);
    expect(status).toBe(0);
  }
});

function embedded(file: string): EmbeddedReport {
  const html = readFileSync(path(file), 'utf8');
  return JSON.parse(/id="report">(.*?)<\/script>/s.exec(html)![1]!);
}

test('has several runs, their models, and the data that they share once', async () => {
  const done = await lockstep('report', 'one', 'two', '--offline', '--json');
  expect(done.status, done.stderr).toBe(0);
  const told = lastEvent(done.stdout);
  expect(told).toMatchObject({ event: 'report', path: path('report.html'), runs: ['one', 'two'] });
  const { messages, models, samples, notes } = embedded('report.html');
  expect(messages.map(({ type }) => type)).toEqual([
    'runs',
    'history',
    'history',
    'model',
    'model',
  ]);
  expect(models.map(({ run }) => run)).toEqual(['one', 'two']);
  expect(samples.map(({ runs, dataset }) => [runs, dataset])).toEqual([[['one', 'two'], 'test']]);
  expect(notes).toEqual([]);
  expect(readFileSync(path('report.html')).length).toBe(told.bytes);
});

test('tells runs of one name apart by their folders, and by no more of them than that takes', async () => {
  cpSync(path('one'), path('sub', 'one'), { recursive: true });
  const flags = ['--offline', '--no-models', '--json', '--out', 'apart.html'];
  const { status, stdout, stderr } = await lockstep('report', 'one', 'sub/one', 'two', ...flags);
  expect(status, stderr).toBe(0);
  const above = basename(path());
  const names = [`${above}/one`, 'sub/one', 'two'];
  expect(lastEvent(stdout).runs).toEqual(names);
  const [first] = embedded('apart.html').messages;
  expect((first as unknown as { runs: { name: string }[] }).runs.map(({ name }) => name)).toEqual(
    names,
  );
});

test('replaces no file that nobody said may be replaced', async () => {
  const refused = await lockstep('report', 'one', '--offline');
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain('report.html is there already');
  expect((await lockstep('report', 'one', '--offline', '--force', '--no-models')).status).toBe(0);
  const { models, samples, messages } = embedded('report.html');
  expect([models, samples, messages.length]).toEqual([[], [], 2]);
});

test.each([
  [['nowhere', '--out', 'new.html'], /nowhere/],
  [['one', '--out', 'one'], /it is a folder; name a file in it/],
  [[], /missing required argument/],
])('refuses %j, and says why', async (args, words) => {
  const { status, stderr } = await lockstep('report', ...args, '--offline');
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
});
