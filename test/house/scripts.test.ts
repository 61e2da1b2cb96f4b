// The README's commands, as package.json has them: what a program reads from their stdout is the command's own.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { packages, ROOT } from './import-graph.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const { scripts, packageManager } = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  packageManager: string;
};

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

it('tools that are large have a folder of their own, and are installed by the commands that need them', () => {
  for (const [name, folder] of [
    ['docs', 'site'],
    ['changeset', 'release'],
    ['release', 'release'],
  ] as const) {
    expect(scripts[name]).toContain(`pnpm -s -C ${folder} install --frozen-lockfile 1>&2 && node `);
    expect(read(`${folder}/pnpm-workspace.yaml`)).toContain('packages: []');
  }
});

const WORKFLOWS = readdirSync(`${ROOT}/.github/workflows`);

it.each(WORKFLOWS)(
  '.github/workflows/%s calls scripts that are there, by the pnpm that is named',
  (file) => {
    const text = read(`.github/workflows/${file}`);
    const calls = [...text.matchAll(/npx -y (pnpm@[\d.]+) (?:run )?([\w:-]+)/g)];
    expect(calls.length).toBeGreaterThan(0);
    for (const [, pnpm, script] of calls) {
      expect(pnpm).toBe(packageManager);
      expect(Object.keys(scripts)).toContain(script);
    }
    // Which registry is whoever runs it to say.
    expect(text).not.toMatch(/registry/);
  },
);

it('tests run on three systems, with the oldest Node and two newer ones', () => {
  const text = read('.github/workflows/test.yml');
  expect(text).toContain('os: [ubuntu-latest, macos-latest, windows-latest]');
  expect(text).toContain('node: [20, 24, 26]');
});

it('a release gives all packages one version', () => {
  const { fixed } = JSON.parse(read('.changeset/config.json')) as { fixed: string[][] };
  expect(fixed).toEqual([['lockstep', '@lockstep/*', '!@lockstep/{bench,examples,test}']]);
  const names = packages().map(({ name }) => name);
  const changes = readdirSync(`${ROOT}/.changeset`).filter((name) => /(?<!README)\.md$/.test(name));
  for (const change of changes) {
    const [, head] = /^---\n(.*?)---\n/s.exec(read(`.changeset/${change}`))!;
    for (const [, name] of head!.matchAll(/^'?([^':]+)'?:/gm)) expect(names).toContain(name);
  }
});
