import { describe, expect, it } from 'vitest';
import { type Check, type Finding, note, ok, problem, together } from './check.js';
import { examineAll, examineWay } from './examination.js';

const VISIT = { cwd: '/', env: {}, now: () => new Date(0) };

async function all(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const one of findings) found.push(one);
  return found;
}

const check = (id: string, look: Check['look']): Check => ({ id, title: id.toUpperCase(), look });

describe('checks', () => {
  it('that throw or hang are problems, and the others are made all the same', async () => {
    const checks = [
      check('throws', () => {
        throw new TypeError('a defect');
      }),
      check('rejects', () => Promise.reject(new Error('EIO'))),
      check('hangs', () => new Promise(() => {})),
      check('last', () => ok('well')),
    ];
    expect(await all(examineAll(checks, VISIT, 30))).toEqual([
      ...[
        { id: 'throws', title: 'THROWS', ...problem('it could not be found out: a defect') },
        { id: 'rejects', title: 'REJECTS', ...problem('it could not be found out: EIO') },
      ],
      {
        ...{ id: 'hangs', title: 'HANGS', status: 'problem' },
        found: 'it could not be found out in 0.03 s',
        advice: expect.stringMatching(/hangs/),
      },
      { id: 'last', title: 'LAST', ...ok('well') },
    ]);
  });

  it('that take long are told before their time is over, and may tell what they have', async () => {
    const slow = check(
      'slow',
      ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(note('half of it')));
        }),
    );
    expect(await all(examineAll([slow], VISIT, 50))).toMatchObject([{ found: 'half of it' }]);
  });
});

describe('a way', () => {
  const first: Finding = { id: 'first', title: 'First', ...ok('well') };

  it('is told to its end', async () => {
    async function* way() {
      yield first;
    }
    expect(await all(examineWay(way(), 1000))).toEqual([first]);
  });

  it('that cannot be looked at any further ends with that', async () => {
    async function* throws() {
      yield first;
      throw new Error('a defect');
    }
    async function* hangs() {
      yield first;
      await new Promise(() => {});
    }
    expect(await all(examineWay(throws(), 1000))).toMatchObject([
      first,
      { id: 'way', status: 'problem', found: 'it could not be found out: a defect' },
    ]);
    expect(await all(examineWay(hangs(), 30))).toMatchObject([
      first,
      { id: 'way', status: 'problem', found: 'it could not be found out in 0.03 s' },
    ]);
  });
});

it('several judgements are as bad as the worst, which is told first', () => {
  expect(together(ok('a'), ok('b'))).toEqual(ok('a; b'));
  expect(together(ok('a'), problem('c', 'do c'), note('b', 'do b'), note('d'))).toEqual(
    problem('c; b; d; a', 'do c; do b'),
  );
});
