// Errors: all that a user can meet derive from LockstepError, their codes are in the one list, and docs/errors.md shows it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '@lockstep/errors';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Files that throw plain errors: nobody meets them as they are. */
const PLAIN: Readonly<Record<string, string>> = {
  'packages/errors/src/errors.ts': 'an old Node is told before there are classes to tell it with',
  'packages/trainer/src/storing/checkpoint-file.ts': 'becomes the reason of a CheckpointError',
  'packages/trainer/src/storing/durable-file.ts': 'becomes the cause of the error of who writes',
  'packages/trainer/src/computing/fault.ts': 'a death on purpose, for tests',
  'packages/trainer/src/storing/read-limited.ts':
    'becomes the reason of a ConfigError that names the file',
  'packages/trainer/src/computing/thread-group.ts': 'becomes the reason why a thread is lost',
};

/** Words that links and handshakes close with, and a worker's good ends: no error of anybody's has them as its code. */
const NO_ERRORS: Readonly<Record<string, string>> = {
  busy: 'the coordinator is asked again later',
  closed: 'the other side closed without a word',
  crc: 'a damaged frame: the link is dialled again',
  full: 'the coordinator is asked again later',
  arithmetic: 'the handshake refuses: LinkError has `refused`',
  finished: 'a good end',
  'generation-over': 'a link between workers that is of use no longer',
  left: 'a good end',
  lost: 'the connection broke: the link is dialled again',
  over: 'a good end',
  overdue: 'a worker that hindered the others joins again',
  role: 'the handshake refuses: LinkError has `refused`',
  silent: 'the link is dialled again',
  stale: 'a link between workers that is of use no longer',
  unauthorized: 'the handshake refuses: LinkError has `refused`',
  version: 'the handshake refuses: LinkError has `refused`',
};

interface Source {
  readonly file: string;
  readonly text: string;
}

function sources(): Source[] {
  return ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).flatMap((name) => {
      const folder = join(ROOT, group, name, 'src');
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file) && !/\.(test|fixture)\.tsx?$/.test(file))
        .filter((file) => !file.split(/[\\/]/).includes('testing'))
        .map((file) => join(folder, file))
        .map((file) => ({ file: relative(ROOT, file), text: readFileSync(file, 'utf8') }));
    }),
  );
}

const SOURCES = sources();

/** Error classes of the language, made by name. */
const PLAIN_ERROR = /\b(?:new|throw) (?:Error|RangeError|TypeError|SyntaxError|AggregateError)\(/;

/** `code: 'x'`, and the first text without blanks among the arguments of what ends a link, a worker or a run. */
const CODE =
  /\bcode: '([a-z-]+)'|(?:\b|#)(?:abandon|drop|fail|refuse|close|end|giveUp|onEnd)\((?:[\w.!#]+, )*'([a-z-]+)'/g;

function codesIn(text: string): string[] {
  return [...text.matchAll(CODE)].map((match) => (match[1] ?? match[2])!);
}

describe('errors that a user can meet', () => {
  it('are of a class of our own', () => {
    const plain = SOURCES.filter(({ text }) => PLAIN_ERROR.test(text)).map(({ file }) => file);
    expect(plain.sort()).toEqual(Object.keys(PLAIN).sort());
  });

  it('have classes that derive from LockstepError', () => {
    const classes = SOURCES.flatMap(({ text }) => [
      ...text.matchAll(/\bclass (\w+) extends (\w*Error)\b/g),
    ]).map(([, name, base]) => ({ name, base }));
    expect(classes.length).toBeGreaterThan(10);
    const own = new Set(['LockstepError', ...classes.map(({ name }) => name)]);
    for (const { name, base } of classes) {
      if (name !== 'LockstepError') expect(own, `${name} extends ${base}`).toContain(base);
    }
  });

  it('have codes that are in the list, also where they come over a link', () => {
    const network = SOURCES.filter(({ file }) => /^apps|^packages.(wire|transport)/.test(file));
    const used = new Set(network.flatMap(({ text }) => codesIn(text)));
    expect(used.size).toBeGreaterThan(20);
    const known = { ...ERROR_CODES, ...NO_ERRORS };
    for (const code of used) expect(Object.keys(known)).toContain(code);
    for (const code of Object.keys(NO_ERRORS)) expect([...used], 'used no longer').toContain(code);
  });

  it('are documented, code by code', () => {
    const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| ([^|]+?) +\|/gm)];
    expect(Object.fromEntries(rows.map(([, code, words]) => [code, words]))).toEqual(ERROR_CODES);
  });
});

it('the checks see what they look for', () => {
  expect(PLAIN_ERROR.test("throw new Error('x')")).toBe(true);
  expect(PLAIN_ERROR.test("throw Error('x')")).toBe(true);
  expect(PLAIN_ERROR.test("new ConfigError('x')")).toBe(false);
  expect(
    codesIn("fail(state, 'disk', x); { code: 'full' } this.#end('a'); link.close('lost')"),
  ).toEqual(['disk', 'full', 'a', 'lost']);
});
