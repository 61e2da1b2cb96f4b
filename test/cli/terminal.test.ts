// What somebody at a terminal sees, which a pipe does not: util-linux's `script` is the terminal. The end of a run shows how
// its numbers went, and commands that can be typed as they stand there.
import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Recorder } from '../../apps/cli/src/recorder.fixture.js';
import { LOCKSTEP, workplace } from './lockstep.js';

const { path, lockstep } = workplace();
const HOUSES = fileURLToPath(new URL('../../examples/data/houses.csv', import.meta.url));
const TABLE = ['--csv', HOUSES, '--target', 'price', '--missing', 'mean', '--hidden', '8'];
const hasTerminal = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
);
const onTerminal = test.skipIf(!hasTerminal);

/** The command in a terminal of 24 lines of 100 columns. @returns all that was written to it, and its lines in the end */
async function typed(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = [process.execPath, LOCKSTEP, ...args].map((word) => `'${word}'`).join(' ');
  const inner = `stty rows 24 cols 100; ${command}`;
  const terminal = spawn('script', ['-q', '-e', '-c', inner, '/dev/null'], {
    cwd: path(),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, SHELL: '/bin/sh' },
      ...{ TERM: 'xterm', NO_COLOR: '1', ...env },
    },
  });
  const status = new Promise((resolve) => terminal.on('close', resolve));
  const written = await text(terminal.stdout);
  const screen = new Recorder();
  screen.write(written);
  return { status: await status, written, lines: screen.shown };
}

/** What follows a label. */
function resultOf(lines: readonly string[], label: string): string | undefined {
  return lines.find((line) => line.startsWith(`${label.padEnd(9)} `))?.slice(10);
}

onTerminal(
  'a run on a terminal ends with its curves, and with commands that do what they say (needs the command script of util-linux)',
  async () => {
    const { status, lines } = await typed(['train', ...TABLE, '--epochs', '5', '--out', 'a']);
    expect(status, lines.join('\n')).toBe(0);
    const curves = lines.filter((line) => / [▁▂▃▄▅▆▇█]{5} {2}\S+ → \S+$/.test(line));
    expect(curves.map((line) => line.split('  ')[0])).toEqual(
      expect.arrayContaining(['train loss', 'test loss', 'r2']),
    );
    for (const label of ['evaluate', 'predict', 'report']) {
      const command = resultOf(lines, label)!;
      const ran = spawnSync('/bin/sh', ['-c', command], { cwd: path(), encoding: 'utf8' });
      expect(ran.status, `${command}\n${ran.stderr}`).toBe(0);
      expect(ran.stdout).not.toBe('');
    }
    const again = await typed(['train', '--resume', 'a']);
    expect(again.lines).toEqual(expect.arrayContaining(curves));
  },
);

onTerminal(
  'without blocks there are no curves, and the commands are there all the same',
  async () => {
    const flags = [...TABLE, '--epochs', '2', '--out', 'dumb'];
    const { written, lines } = await typed(['train', ...flags], { TERM: 'dumb' });
    expect(written).not.toMatch(/[▁█→]/);
    expect(resultOf(lines, 'predict')).toMatch(/ predict dumb /);
  },
);

onTerminal(
  'a coordinator shows a row for each worker, and ends as a run on threads does',
  async () => {
    const flags = [
      ...TABLE,
      '--epochs',
      '400',
      '--port',
      '0',
      '--local-threads',
      '1',
      '--out',
      'c',
    ];
    const { status, written, lines } = await typed(['coordinator', ...flags]);
    expect(status, lines.join('\n')).toBe(0);
    expect(written).toMatch(/ {2}worker +doing +ms\/step/);
    expect(written).toMatch(/ {2}local +(training|evaluating|waiting)/);
    expect(lines.join('\n')).not.toMatch(/ {2}worker +doing/);
    expect(resultOf(lines, 'predict')).toContain(`predict c ${HOUSES}`);
  },
);

test('where nobody looks there is neither', async () => {
  const { stdout, stderr } = await lockstep('train', ...TABLE, '--epochs', '3', '--out', 'piped');
  expect(stderr).not.toContain('→');
  expect(stderr.match(/^epoch \d\/3 .*$/gm)).toHaveLength(3);
  expect(stdout).toContain('\nevaluate  ');
  expect(stdout).not.toMatch(/^(predict|report)/m);
});
