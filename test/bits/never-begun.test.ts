// A program that makes a run and forgets to await or iterate it ends with an error that shows where; so does one that gives
// `work` a function without a link.
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const PRELUDE = `
import { coordinate, resumeCoordinated } from '@lockstep/coordinator';
import { linear, meanSquaredError, sgd } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { resume, train } from '@lockstep/trainer';
import { work } from '@lockstep/worker';
const data = { train: fromArrays({ inputs: [[0], [1]], targets: [0, 1] }) };
const base = { model: linear(1, 1), data, loss: meanSquaredError(), optimizer: sgd() };
const token = 'a token of more than 16 characters';
`;

/** A script's exit status and what it wrote to stderr. */
async function end(script: string): Promise<{ status: unknown; stderr: string }> {
  const env = { ...process.env, OUT: join(await temporaryFolder(), 'run') };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', PRELUDE + script],
      { cwd: dirname(fileURLToPath(import.meta.url)), env, timeout: 50_000, killSignal: 'SIGKILL' },
      (error, _, stderr) => resolve({ status: error ? error.code : 0, stderr }),
    );
  });
}

it.each([
  ['train', 'train(base);'],
  ['train', 'await train(base);'],
  ['train', 'const { parameters } = await train(base).result;'],
  ['train', 'train(base); process.exit();'],
  ['train', 'train(base)[Symbol.asyncIterator]();'],
  [
    'resume',
    'const out = process.env.OUT; await train({ ...base, out }).result(); await resume({ out, data });',
  ],
  ['coordinate', 'coordinate({ ...base, token });'],
  ['work', "work('ws://127.0.0.1:1', { token });"],
  ['work', 'work(async () => undefined);'],
])('%s: a program that ends without having begun its run fails: %s', async (operation, script) => {
  const { status, stderr } = await end(script);
  expect(stderr).toContain(`${operation}: the run was made and never begun`);
  // The first line of the stack is the caller's own.
  expect(stderr).toMatch(/never begun.*\n +at .*\[eval1\]/);
  expect(status).toBe(1);
});

it.each([
  ['a run that was begun', 'await train(base).result();', 0],
  ['a loop that was left', 'for await (const event of train(base)) break;', 0],
  ['a failure of its own', 'train(base); process.exit(3);', 3],
])('%s ends as it did', async (_, script, status) => {
  expect(await end(script)).toEqual({ status, stderr: '' });
});

it.each([
  ['nothing', '() => {}', /work: its function gave nothing, expected a promise of a link/],
  ['a link at once', '() => ({ start() {} })', /gave an object, expected a promise/],
  ['a promise of nothing', 'async () => {}', /gave a promise of nothing, expected a promise of a/],
  ['an error', '() => { throw new Error("mine"); }', /mine/],
])('work with a function that gives %s fails', async (_, connect, message) => {
  const { status, stderr } = await end(`await work(${connect}).result();`);
  expect(stderr).toMatch(message);
  expect(status).toBe(1);
});
