import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordedScreen } from './recorder.fixture.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the live line', () => {
  test('is rewritten ten times a second and leaves an empty line behind', () => {
    const { screen, stderr } = recordedScreen(true);
    let count = 0;
    screen.show(() => `step ${count++}`);
    vi.advanceTimersByTime(1000);
    expect(count).toBe(11);
    expect(stderr.shown).toEqual(['step 10']);
    screen.hide();
    vi.advanceTimersByTime(1000);
    expect(count).toBe(11);
    expect(stderr.shown).toEqual(['']);
  });

  test('is asked for ten times a second at most, also where many lines come between', () => {
    const { screen, stderr } = recordedScreen(true);
    let count = 0;
    screen.show(() => `step ${count++}`);
    for (let line = 0; line < 50; line++) screen.err(`note ${line}`);
    expect(count).toBe(1);
    expect(stderr.shown.slice(-2)).toEqual(['note 49', 'step 0']);
    vi.advanceTimersByTime(100);
    expect(stderr.shown.slice(-2)).toEqual(['note 49', 'step 1']);
  });

  test('is no higher than the terminal: lines that have left it could not be taken back', () => {
    const { screen, stderr } = recordedScreen(true);
    stderr.rows = 3;
    screen.show(() => 'a\nb\nc\nd');
    expect(stderr.shown).toEqual(['a', 'b']);
  });

  test('is cleared before a line on either stream, so the two never mix', () => {
    const { screen, stdout, stderr } = recordedScreen(true);
    screen.show(() => 'live');
    screen.err('note');
    expect(stderr.shown).toEqual(['note', 'live']);
    screen.out('result');
    expect(stderr.shown).toEqual(['note', '']);
    expect(stdout.text).toBe('result\n');
  });

  test('may be a few lines, which are rewritten and taken away together', () => {
    const { screen, stderr } = recordedScreen(true);
    let text = 'a\nb\nc';
    screen.show(() => text);
    expect(stderr.shown).toEqual(['a', 'b', 'c']);
    text = 'd\ne';
    vi.advanceTimersByTime(100);
    expect(stderr.shown).toEqual(['d', 'e']);
    screen.err('note');
    expect(stderr.shown).toEqual(['note', 'd', 'e']);
    screen.hide();
    expect(stderr.shown).toEqual(['note', '']);
  });

  test('is told the width less one column', () => {
    const { screen, stderr } = recordedScreen(true);
    stderr.columns = 33;
    let width = 0;
    screen.show((columns) => {
      width = columns;
      return '';
    });
    expect(width).toBe(32);
  });

  test.each<[string, boolean, Record<string, string>]>([
    ['stderr is not a terminal', false, {}],
    ['CI is set', true, { CI: 'true', NO_COLOR: '1' }],
    ['the terminal is dumb', true, { TERM: 'dumb' }],
  ])('does not exist where %s: not one control character is written', (_, isTTY, env) => {
    const { screen, stdout, stderr } = recordedScreen(isTTY, env);
    screen.show(() => 'live');
    vi.advanceTimersByTime(1000);
    screen.warn('careful');
    screen.out('result');
    screen.hide();
    expect(stderr.text).toBe('warning: careful\n');
    expect(stdout.text).toBe('result\n');
  });
});

describe('colours', () => {
  const colored = (isTTY: boolean, env: Record<string, string>): boolean =>
    recordedScreen(isTTY, env).screen.errColors.isColorSupported;

  test('are for terminals, unless NO_COLOR says otherwise', () => {
    expect(colored(true, {})).toBe(true);
    expect(colored(true, { NO_COLOR: '1' })).toBe(false);
    expect(colored(true, { NO_COLOR: '' })).toBe(true);
    expect(colored(false, {})).toBe(false);
    expect(colored(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(colored(true, { FORCE_COLOR: '0' })).toBe(false);
    expect(colored(true, { OMPI_COMM_WORLD_RANK: '0' })).toBe(false);
    expect(colored(true, { OMPI_COMM_WORLD_RANK: '0', FORCE_COLOR: '1' })).toBe(true);
  });
});

test.each<[boolean, Record<string, string>]>([
  [true, {}],
  [true, { LANG: 'en_US.UTF-8' }],
  [true, { LANG: 'C', LC_ALL: 'de_DE.utf8' }],
  [true, { LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }],
  [true, { TERM: 'xterm-256color' }],
  [true, { OS: 'Windows_NT', WT_SESSION: '1' }],
  [false, { LANG: 'C' }],
  [false, { LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }],
  [false, { LC_CTYPE: 'de_DE.ISO-8859-1' }],
  [false, { TERM: 'dumb' }],
  [false, { TERM: 'linux', LANG: 'en_US.UTF-8' }],
  [false, { OS: 'Windows_NT' }],
])('shows blocks and arrows: %s, of %o', (is, env) => {
  expect(recordedScreen(true, env).screen.hasUnicode).toBe(is);
});
