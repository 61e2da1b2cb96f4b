// Machines that allow less than ours: no home, no threads, few addresses, few files. What can work works, and what cannot is
// told with its own cause and with what would help.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { events, LOCKSTEP, SMALL, workplace } from './lockstep.js';

const { lockstep, path, start } = workplace();

/** Nobody has that id: no home, no entry in /etc/passwd. */
const STRANGER = { uid: 54_321, gid: 54_321 };

/** In a shell that first lowers a limit, with flags for Node; as somebody whom limits and permissions bind, where asked. */
async function limited(
  limit: string,
  args: readonly string[],
  { node = [], stranger = false }: { node?: readonly string[]; stranger?: boolean } = {},
) {
  const script = `${limit}; exec "$0" "$@"`;
  const command = [process.execPath, ...node, LOCKSTEP, ...args];
  const child = spawn('sh', ['-c', script, ...command], {
    cwd: path(),
    env: { PATH: process.env.PATH, HOME: path() },
    ...(stranger && STRANGER),
  });
  const status = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr };
}

describe('threads that cannot be started: their own cause is told', () => {
  const agent = (): Record<string, string> => {
    const file = path('agent.cjs').replaceAll('\\', '/');
    writeFileSync(
      file,
      "if (!require('node:worker_threads').isMainThread) throw new Error('agent: no licence key');",
    );
    return { NODE_OPTIONS: `--require "${file}"` };
  };
  const cause = /compute threads cannot be started: agent: no licence key\. NODE_OPTIONS loads/;

  test('by train and evaluate, and by train --resume', async () => {
    await lockstep('train', ...SMALL, '--out', 'trained');
    const trained = await start(['train', ...SMALL, '--out', 'none'], agent()).finished;
    expect(trained.status).toBe(1);
    expect(trained.stderr).toMatch(cause);
    const evaluated = await start(['evaluate', 'trained'], agent()).finished;
    expect(evaluated.status).toBe(1);
    expect(evaluated.stderr).toMatch(cause);
    const resumed = await start(['train', '--resume', 'none', '--json'], agent()).finished;
    expect(events(resumed.stdout).at(-1)!.message).toMatch(cause);
  });

  test('under a permission model that forbids threads', async () => {
    const flag = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const { status, stderr } = await limited('true', ['train', ...SMALL, '--out', 'forbidden'], {
      node: [flag, '--allow-fs-read=*', '--allow-fs-write=*'],
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/compute threads cannot be started: .*start node with --allow-worker/);
  });
});

describe.skipIf(process.platform !== 'linux')('limits (ulimit; Linux only)', () => {
  test('on addresses: the error says what V8 reserves, and with the flag it names the run trains', async () => {
    const args = ['train', ...SMALL, '--threads', '1', '--out', 'addresses'];
    const refused = await limited('ulimit -v 6291456', args);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toContain('V8 reserves 8 to 10 GiB of them for each memory');
    expect(refused.stderr).not.toContain('smaller network');
    const node = ['--disable-wasm-trap-handler'];
    expect(refused.stderr).toContain(node[0]);
    expect((await limited('ulimit -v 6291456', args, { node })).status).toBe(0);
  });

  test('on addresses: threads for which they do not suffice are refused, and as many as do are named', async () => {
    const node = ['--disable-wasm-trap-handler'];
    const args = ['train', ...SMALL, '--shards', '64', '--out', 'threads', '--threads'];
    const refused = await limited('ulimit -v 6291456', [...args, '64'], { node });
    expect(refused.stderr).toMatch(
      /64 of them take .* GiB of addresses, .*ulimit -v.*; use \d+ \(/,
    );
    expect(refused.stderr).toMatch(/raise the limit to \d+ GiB\n/);
    const fit = /; use (\d+) \(/.exec(refused.stderr)![1]!;
    expect((await limited('ulimit -v 6291456', [...args, fit], { node })).status).toBe(0);
  });

  test('on addresses: where they suffice for the memory and not for a thread, the number and the flag that do are named', async () => {
    const args = ['train', ...SMALL, '--threads', '1', '--out', 'between'];
    const refused = await limited('ulimit -v 12000000', args);
    expect(refused.stderr).toMatch(/start threads: 1 of them .*--disable-wasm-trap-handler/);
    const raised = /raise the limit to (\d+) GiB/.exec(refused.stderr)![1]!;
    expect((await limited(`ulimit -v ${Number(raised) * 2 ** 20}`, args)).status).toBe(0);
  });

  test('on open files: 64 are enough to train, and with too few one line says how many are', async () => {
    const args = ['train', ...SMALL, '--threads', '2', '--out', 'files'];
    const trained = await limited('ulimit -n 64', args);
    expect(trained.status, trained.stderr).toBe(0);
    const refused = await limited('ulimit -n 32', ['--version']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /^Lockstep cannot open its own files: .*ulimit -n.*64 are enough\n$/,
    );
  });

  test('on open files: an error that comes of it says what would help', async () => {
    const args = ['train', ...SMALL, '--shards', '64', '--threads', '64', '--out', 'many'];
    const { status, stderr } = await limited('ulimit -n 64', args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/EMFILE.*ulimit -n\): use fewer threads, or raise it/);
  });
});

const canBecome =
  process.getuid?.() === 0 &&
  [process.execPath, LOCKSTEP].every(
    (file) => spawnSync('test', ['-r', file], STRANGER).status === 0,
  );

describe.skipIf(!canBecome)(
  'another user (takes root, and a checkout that others may read)',
  () => {
    test('without a home or a name trains', async () => {
      mkdirSync(path('open'));
      chmodSync(path(), 0o755);
      chmodSync(path('open'), 0o777);
      const { status, stderr } = await limited(
        'unset HOME',
        ['train', ...SMALL, '--out', path('open', 'run')],
        { stranger: true },
      );
      expect(status, stderr).toBe(0);
    });

    test("a run's folder that may not be entered is not called one without a run", async () => {
      mkdirSync(path('closed'), { mode: 0o700 });
      chmodSync(path(), 0o755);
      writeFileSync(path('closed', 'run.json'), '{}');
      const { status, stderr } = await limited('true', ['evaluate', path('closed')], {
        stranger: true,
      });
      expect(status).toBe(2);
      expect(stderr).toMatch(/error: run: .*closed cannot be read: EACCES/);
    });
  },
);
