// `doctor` on this machine, and on one that something is wrong with.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { events, workplace } from './lockstep.js';

const { path, says, start } = workplace();

const IDS = [
  ...['node', 'packages', 'environment', 'clock', 'cores', 'simd', 'kernels', 'threads'],
  ...['memory', 'shared-memory', 'limits', 'disk', 'cache', 'datasets', 'ports'],
];

test('everything is looked at, and nothing is left behind', async () => {
  mkdirSync(path('cache'));
  const env = { LOCKSTEP_CACHE: path('cache') };
  const { status, stdout, stderr } = await start(['doctor', '--json'], env).finished;
  expect(stderr).toBe('');
  expect(status, stdout).toBe(0);
  const told = events(stdout);
  expect(told.slice(0, -1).map(({ event, id }) => [event, id])).toEqual(
    IDS.map((id) => ['check', id]),
  );
  for (const check of told.slice(0, -1)) {
    expect(check).toMatchObject({ found: expect.stringMatching(/./), title: expect.any(String) });
    expect(Date.parse(check.time)).toBeGreaterThan(0);
  }
  const notes = told.filter((check) => check.status === 'note').length;
  expect(told.at(-1)).toMatchObject({ event: 'doctor', problems: 0, notes });
  expect(told.find(({ id }) => id === 'datasets')!.found).toMatch(/whole: mnist/);
  expect(readdirSync(path())).toEqual(['cache']);
  expect(readdirSync(path('cache'))).toEqual([]);
});

test('for people it is a line each, and what to do below it', async () => {
  writeFileSync(path('a file'), '');
  const env = { LOCKSTEP_CACHE: path('a file', 'cache'), NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  const { status, stdout } = await start(['doctor'], env).finished;
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ok {7}Node +\d+\.\d+/m);
  expect(stdout).toMatch(/^problem {2}Environment +NODE_TLS.*\n +→ unset it/m);
  expect(stdout).toMatch(/^problem {2}Cache +.*ENOTDIR.*\n +→ .*LOCKSTEP_CACHE=DIR/m);
  expect(stdout).toMatch(/\n2 problems(, \d+ notes?)?\n$/);
});

test('threads that cannot be started are told with their cause', async () => {
  const agent = path('agent.cjs').replaceAll('\\', '/');
  writeFileSync(
    agent,
    "if (!require('node:worker_threads').isMainThread) throw new Error('agent: no licence key');",
  );
  const env = { NODE_OPTIONS: `--require "${agent}"` };
  const { status, stdout } = await start(['doctor', '--json'], env).finished;
  expect(status).toBe(1);
  const told = events(stdout);
  expect(told.find(({ id }) => id === 'environment')).toMatchObject({ status: 'note' });
  expect(told.find(({ id }) => id === 'threads')).toMatchObject({
    status: 'problem',
    found: expect.stringMatching(/cannot be started: agent: no licence key\. NODE_OPTIONS loads/),
  });
});

describe('what is wrong with the flags is told before anything is looked at: status 2', () => {
  test.each<[string, string[], RegExp]>([
    ['no address', ['example.org:7070'], /is not an address to dial; expected .*as ws:\/\/example/],
    ['a page', ['http://127.0.0.1:7070'], /as ws:\/\/127\.0\.0\.1:7070/],
    ['two addresses', ['ws://a:1', 'ws://b:1'], /too many arguments/],
    ['no such token', ['ws://a:1', '--token-file', 'none'], /--token-file none: cannot be read/],
    ['no such authority', ['ws://a:1', '--tls-ca', 'none'], /--tls-ca none: cannot be read/],
    ['half a pair', ['ws://a:1', '--tls-cert', 'c.pem'], /go together/],
    ['an unknown flag', ['--fix'], /unknown option '--fix'/],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await says(['doctor', ...args]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(existsSync(path('runs'))).toBe(false);
  });
});

test.each([
  'ws://127.0.0.1:7070/#token=secret',
  'http://127.0.0.1:7070/#token=secret',
  'ws://me:secret@127.0.0.1:7070',
  '127.0.0.1:7070?token=secret',
])('a token that stands in %s is told to nobody', async (url) => {
  for (const args of [
    ['doctor', url],
    ['doctor', url, '--json'],
    ['worker', url],
  ]) {
    const { status, stdout, stderr } = await says(args, { LOCKSTEP_TOKEN: 'another' });
    expect(status).toBe(2);
    expect(stderr + stdout).toMatch(/127\.0\.0\.1:7070/);
    expect(stderr + stdout).not.toContain('secret');
  }
});
