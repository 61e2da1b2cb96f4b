import { ConfigError, LockstepError, NonFiniteError } from '@lockstep/core';
import { FormatError } from '@lockstep/formats';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import {
  describeError,
  exitStatus,
  Interrupted,
  isInputError,
  OutputClosed,
  UsageError,
} from './errors.js';
import { StoreError } from './store-error.js';

const fileError = Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'open' });

test.each<[string, unknown, number, number]>([
  ['a wrong flag', new UsageError('x'), 2, 1],
  ['an error of the parser', new CommanderError(1, 'commander.x', 'error: x'), 2, 1],
  ['a damaged file', new FormatError('x'), 2, 1],
  ['a file that cannot be opened', fileError, 2, 1],
  ['a setting out of range', new ConfigError('x'), 2, 1],
  ['a loss that is not finite', new NonFiniteError(3, 'x'), 2, 1],
  ['a store that is down', new StoreError('x'), 1, 1],
  ['a store that is busy', new StoreError('x', { status: 503 }), 1, 1],
  ['a store that refuses', new StoreError('x', { status: 403 }), 2, 1],
  ['a dataset that cannot be had just now', new LockstepError('download', 'x'), 1, 1],
  ['a folder that another process works in', new LockstepError('in-use', 'x'), 1, 1],
  ['a run that has failed elsewhere', new LockstepError('run-failed', 'x'), 1, 1],
  ['other ranks that did not begin', new LockstepError('mpi', 'x'), 1, 1],
  ['a defect', new TypeError('x'), 1, 1],
  ['an interruption', new Interrupted('SIGTERM'), 130, 130],
  ['a closed stdout', new OutputClosed(new Error('EPIPE')), 1, 1],
])('%s has its exit status, before a run has begun and after', (_, error, before, after) => {
  expect(exitStatus(error, false)).toBe(before);
  expect(exitStatus(error, true)).toBe(after);
});

test('an error has its own code and message, a defect a hint besides', () => {
  expect(describeError(new ConfigError('x'))).toEqual({ code: 'config', message: 'x' });
  expect(describeError(new TypeError('x'))).toEqual({
    code: 'internal',
    message: 'x (LOCKSTEP_DEBUG=1 shows where)',
  });
  expect(describeError(fileError)).toEqual({ code: 'usage', message: 'EACCES' });
  expect(describeError('text')).toEqual({ code: 'internal', message: 'text' });
});

test('a limit on open files is told with what helps, once', () => {
  const words =
    'x: EMFILE: too many open files, open. The limit on open files is reached (ulimit -n)';
  for (const message of ['x: EMFILE: too many open files, open', words]) {
    expect(describeError(new ConfigError(message)).message.split(words)).toHaveLength(2);
  }
});

test("the parser's error is one line", () => {
  const error = new CommanderError(
    1,
    'commander.x',
    "error: unknown option '--a'\n(Did you mean --b?)",
  );
  expect(describeError(error)).toEqual({
    code: 'usage',
    message: "unknown option '--a' (Did you mean --b?)",
  });
});

test('an evaluation that is not finite is no input error', () => {
  expect(isInputError(new NonFiniteError(0, 'x'))).toBe(false);
  expect(isInputError(new ConfigError('x'))).toBe(true);
  expect(isInputError(new TypeError('x'))).toBe(false);
});

test('stdout that takes nothing more is told from one that nobody reads', () => {
  const closed = (code: string, message: string) =>
    new OutputClosed(Object.assign(new Error(message), { code }));
  expect(closed('EPIPE', 'EPIPE, write').message).toContain('nobody reads stdout');
  expect(closed('ENOSPC', 'ENOSPC: no space left').message).toBe(
    'write results: stdout cannot be written: ENOSPC: no space left',
  );
});
