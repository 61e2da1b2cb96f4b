import { expect, test } from 'vitest';
import { commandLine, shortPath } from './command-line.js';

test('the command is said in the way in which it was started', () => {
  const cwd = '/home/me';
  const started = (script: string, env = {}) => commandLine({ script, cwd, env })('evaluate', 'a');
  expect(started('/usr/bin/lockstep')).toBe('lockstep evaluate a');
  expect(started('/home/me/apps/cli/bin/lockstep.js')).toBe(
    'node apps/cli/bin/lockstep.js evaluate a',
  );
  // As npm and npx link it, and as pnpm's own script calls it.
  for (const installed of [
    '/home/me/node_modules/.bin/lockstep',
    '/home/me/node_modules/.pnpm/lockstep@0.1.0/node_modules/lockstep/bin/lockstep.js',
    'C:\\me\\node_modules\\lockstep\\bin\\lockstep.js',
  ]) {
    expect(started(installed)).toBe('npx lockstep evaluate a');
  }
  const script = {
    npm_lifecycle_event: 'train',
    npm_package_name: 'lockstep-monorepo',
    npm_config_user_agent: 'pnpm/10.34.9 npm/? node/v20.20.2 linux x64',
  };
  expect(started('/home/me/apps/cli/bin/lockstep.js', script)).toBe(
    'npx -y pnpm@10.34.9 lockstep evaluate a',
  );
  expect(started('/usr/bin/lockstep', { npm_lifecycle_event: 'train' })).toBe(
    'lockstep evaluate a',
  );
});

test('what a shell would split or expand is quoted', () => {
  const say = commandLine({ script: 'lockstep', cwd: '/', env: {} });
  expect(say('evaluate', 'my run', "it's", '$HOME')).toBe(
    `lockstep evaluate 'my run' 'it'\\''s' '$HOME'`,
  );
});

test('a path is short inside the working folder and whole outside', () => {
  expect(shortPath('/home/me/runs/a', '/home/me')).toBe('runs/a');
  expect(shortPath('/home/me/..runs', '/home/me')).toBe('..runs');
  expect(shortPath('/tmp/a', '/home/me')).toBe('/tmp/a');
  expect(shortPath('/home/me', '/home/me')).toBe('/home/me');
});

test('no path is taken for a flag, and none is split or expanded', () => {
  const say = commandLine({ script: 'lockstep', cwd: '/home/me', env: {} });
  const typed = (name: string) => say('evaluate', shortPath(`/home/me/${name}`, '/home/me'));
  expect(typed('-e4')).toBe('lockstep evaluate ./-e4');
  expect(typed('--out')).toBe('lockstep evaluate ./--out');
  expect(typed('-e4/a b')).toBe("lockstep evaluate './-e4/a b'");
  expect(typed('~me')).toBe("lockstep evaluate '~me'");
  expect(typed('=a')).toBe("lockstep evaluate '=a'");
  expect(typed('a\\b')).toBe("lockstep evaluate 'a\\b'");
  expect(typed('a"b')).toBe(`lockstep evaluate 'a"b'`);
});
