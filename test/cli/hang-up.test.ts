// The terminal itself goes away, with the live line on it: util-linux's `script` is one, and is killed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SMALL } from './lockstep.js';

const BIN = fileURLToPath(new URL('../../apps/cli/bin/lockstep.js', import.meta.url));
const hasTerminal = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-terminal-'));
});
afterEach(() => {
  endChild();
  rmSync(folder, { recursive: true });
});

/** Of a test that failed: the run belongs to no terminal any more. */
function endChild(): void {
  if (existsSync(join(folder, 'status'))) return;
  const pid = Number(readFileSync(join(folder, 'child'), 'utf8'));
  if (pid > 0) process.kill(pid, 'SIGKILL');
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(20);
}

test.skipIf(!hasTerminal).each([
  ['', 'with its output there'],
  [' > log 2>&1', 'with its output in a file'],
])(
  'a run whose terminal goes away%s saves, and ends with 130 (%s; needs the command script of util-linux)',
  async (redirected) => {
    const flags = [...SMALL, '--epochs', '100000', '--checkpoint-every', '1000000', '--out', 'run'];
    const command = `'${process.execPath}' '${BIN}' train ${flags.join(' ')}${redirected}`;
    // The shell hears of it first, passes it on as shells do, and stays to tell the status.
    const inner = [
      `${command} < /dev/tty & child=$!`,
      'echo $child > child',
      'trap "kill -HUP $child" HUP',
      'while kill -0 $child; do wait $child; status=$?; done',
      'echo $status > status',
    ].join('\n');
    const terminal = spawn('script', ['-q', '-f', '-e', '-c', inner, 'typescript'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SHELL: '/bin/sh', TERM: 'xterm' },
    });
    const path = (...parts: string[]): string => join(folder, ...parts);
    const metrics = path('run', 'metrics.jsonl');
    await until(() => existsSync(metrics) && readFileSync(metrics, 'utf8').includes('epoch-end'));
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
    await until(() => existsSync(path('status')) && readFileSync(path('status'), 'utf8') !== '');
    expect(readFileSync(path('status'), 'utf8')).toBe('130\n');
    expect(readdirSync(path('run', 'checkpoints')).length).toBe(2);
    if (redirected)
      expect(readFileSync(path('log'), 'utf8')).toMatch(/go on with: .*--resume run\b.*\n$/);
  },
);
