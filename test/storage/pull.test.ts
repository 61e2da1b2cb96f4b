// `lockstep pull`: where it puts a run, and what it says to what it cannot do anything with, before it asks the store.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { smallRun } from '../cli/little-mnist.js';
import { workplace } from '../cli/lockstep.js';
import { type StubStore, stubStore } from './stub-store.js';

const SMALL = smallRun();

const URL_OF_RUN = 's3://models/runs/a';

const { path, says, start } = workplace();
let stub: StubStore;
beforeAll(async () => {
  stub = await stubStore();
  const train = ['train', ...SMALL, '--out', 'here', '--mirror', URL_OF_RUN];
  const { status, stderr } = await start(train, stub.env).finished;
  expect(status, stderr).toBe(0);
});
afterAll(() => stub.close());

const pull = (...args: readonly string[]) => says(['pull', ...args], stub.env);

it('puts the run where it is told, or into runs/, and what is there already is not fetched again', async () => {
  for (const [args, out] of [
    [[URL_OF_RUN], path('runs', 'a')],
    [[`${URL_OF_RUN}/`, 'there/b'], path('there', 'b')],
  ] as const) {
    const { status, stdout, stderr } = await pull(...args);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('run');
    expect(readFileSync(`${out}/run.json`)).toEqual(readFileSync(path('here', 'run.json')));
    const before = stub.asked.length;
    expect((await pull(URL_OF_RUN, out)).status).toBe(0);
    expect(stub.asked.slice(before)).toHaveLength(1);
  }
});

it.each<[string, string[], RegExp]>([
  ['a file', [URL_OF_RUN, 'a-file'], /pull a-file: it is not a folder/],
  ['a place below a file', [URL_OF_RUN, 'a-file/a'], /pull a-file.a: .*a-file is not a folder/],
  ['another folder’s files', [URL_OF_RUN, 'other'], /pull other: it holds no run, and other files/],
  ['the other way round', ['here', URL_OF_RUN], /Expected s3:.*train --resume DIR --mirror s3:/],
  ['from store to store', [URL_OF_RUN, 's3://models/runs/b'], /Expected a path on this machine/],
  ['from folder to folder', ['here', 'there'], /Expected s3:/],
  ['to a URL', [URL_OF_RUN, 'file:///tmp/a'], /Expected a path on this machine/],
  ['to nothing', [URL_OF_RUN, ''], /must not be empty/],
  ['from another server', ['http://127.0.0.1/models/a'], /Expected s3:/],
  ['a whole bucket', ['s3://models'], /Expected s3:..BUCKET.PREFIX/],
  ['two at once', [URL_OF_RUN, 'c', 'd'], /too many arguments/],
  ['nothing', [], /missing required argument 'url'/],
])('refuses %s, and asks for nothing', async (_, args, message) => {
  writeFileSync(path('a-file'), 'text');
  mkdirSync(path('other'), { recursive: true });
  writeFileSync(path('other', 'metrics.jsonl'), 'text');
  const asked = stub.asked.length;
  const { status, stderr } = await pull(...args);
  expect(status, stderr).toBe(2);
  expect(stderr).toMatch(message);
  expect(stub.asked).toHaveLength(asked);
  expect(readFileSync(path('a-file'), 'utf8')).toBe('text');
  expect(readdirSync(path('other'))).toEqual(['metrics.jsonl']);
});

it('refuses a folder that holds another run, which stays', async () => {
  const other = await says(['train', ...SMALL, '--seed', '1', '--out', 'second']);
  expect(other.status, other.stderr).toBe(0);
  const before = readFileSync(path('second', 'run.json'));
  const { status, stderr } = await pull(URL_OF_RUN, 'second');
  expect(status).toBe(2);
  expect(stderr).toMatch(/pull second: it holds another run than s3:/);
  expect(readFileSync(path('second', 'run.json'))).toEqual(before);
});

it('says that there is no run, and makes no folder for it', async () => {
  const { status, stderr } = await pull('s3://models/runs/none');
  expect(status).toBe(2);
  expect(stderr).toMatch(/pull: s3:..models.runs.none holds no run/);
  expect(existsSync(path('runs', 'none'))).toBe(false);
});
