import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namesApart } from './names-apart.js';

const named = (...runs: readonly (readonly [name: string, folder: string])[]): string[] =>
  namesApart(runs.map(([name, folder]) => ({ name, folder })));

test.each<[string, readonly (readonly [string, string])[], string[]]>([
  [
    'names that differ stay',
    [
      ['a', '/r/x'],
      ['b', '/r/y'],
    ],
    ['a', 'b'],
  ],
  [
    'a copy goes by its folder',
    [
      ['a', '/r/a'],
      ['a', '/r/b'],
      ['c', '/r/c'],
    ],
    ['a', 'b', 'c'],
  ],
  [
    'one name below others',
    [
      ['run', '/home/me/lr-1/run'],
      ['run', '/home/me/lr-2/run'],
    ],
    ['lr-1/run', 'lr-2/run'],
  ],
  [
    'what differs far above',
    [
      ['run', '/home/me/x/y/run'],
      ['run', '/home/you/x/y/run'],
    ],
    ['me/…/run', 'you/…/run'],
  ],
  [
    'one above another',
    [
      ['run', '/run'],
      ['run', '/a/run'],
    ],
    ['run', 'a/run'],
  ],
  [
    'a folder called as another run is',
    [
      ['a', '/p/x'],
      ['a', '/p/b'],
      ['b', '/q/z'],
    ],
    ['x', 'p/b', 'z'],
  ],
  [
    'folders of Windows',
    [
      ['run', 'C:\\one\\run'],
      ['run', 'C:\\two\\run'],
    ],
    ['one/run', 'two/run'],
  ],
  [
    'what the middle tells apart',
    [
      ['r', '/p/a/m/r'],
      ['r', '/q/a/m/r'],
      ['r', '/p/b/m/r'],
      ['r', '/q/b/m/r'],
    ],
    ['p/a/m/r', 'q/a/m/r', 'p/b/m/r', 'q/b/m/r'],
  ],
  ['none', [], []],
])('%s', (_, runs, names) => {
  expect(named(...runs)).toEqual(names);
});

test('no two are ever called the same', () => {
  const part = fc.constantFrom('a', 'b', 'run');
  const folder = fc.array(part, { minLength: 1, maxLength: 5 }).map((all) => `/${all.join('/')}`);
  fc.assert(
    fc.property(fc.uniqueArray(folder, { maxLength: 8 }), fc.array(part), (folders, names) => {
      const runs = folders.map((one, i) => ({ folder: one, name: names[i] ?? 'run' }));
      expect(new Set(namesApart(runs)).size).toBe(runs.length);
    }),
  );
});
