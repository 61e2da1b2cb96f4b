// The README's commands, as package.json has them: what a program reads from their stdout is the command's own.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

it('installing and building write to stderr', () => {
  expect(scripts.ready).toMatch(/^pnpm install [^&]*1>&2 && pnpm -s build$/);
  expect(scripts.build).toMatch(/1>&2$/);
});

it('pnpm itself writes nothing to stdout when it runs a script', () => {
  const settings = read('pnpm-workspace.yaml').split('\n');
  expect(settings).toContain('reporter: silent');
  expect(settings).toContain('useStderr: true');
});

it.each(['train', 'lockstep', 'example', 'bench', 'test'])(
  '%s makes itself ready first, and runs nothing that pnpm would announce',
  (name) => {
    expect(scripts[name]).toMatch(/^pnpm -s ready && /);
    expect(scripts[name]).not.toMatch(/pnpm (?!-s )/);
  },
);
