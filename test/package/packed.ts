// What would be published: every package packed by pnpm, as a release does it, and unpacked into projects as an installer would
// lay it there. Packages of others are linked from where the workspace has them, so nothing is fetched.
// Not here: installers themselves (installed.test.ts).
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Ways of an entry: to its code and its types, by condition. */
export type Entry = string | { readonly [condition: string]: Entry };

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly repository: { readonly type: string; readonly url: string; readonly directory: string };
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly exports?: Readonly<Record<string, Entry>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Packed {
  readonly manifest: Manifest;
  /** In the repository. */
  readonly home: string;
  readonly tarball: string;
  /** As unpacked. */
  readonly folder: string;
  /** Its files, from its folder, with `/`. */
  readonly files: readonly string[];
}

const run = promisify(execFile);

/** Runs a program of a project; what it writes to stderr is in the error if it fails. */
export async function output(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run(command, args, {
    cwd,
    maxBuffer: 2 ** 26,
    // Whoever runs the tests may have the workspace's packages in NODE_PATH.
    env: { ...process.env, NODE_OPTIONS: '', NODE_PATH: '', NO_COLOR: '1', ...env },
    // npx and its kind are scripts there.
    shell: process.platform === 'win32' && !command.endsWith('.exe'),
  });
  return stdout;
}

/** The pnpm that runs this, else the one that the repository names. */
export function pnpm(args: readonly string[], cwd: string = ROOT): Promise<string> {
  const own = process.env.npm_execpath ?? '';
  if (/pnpm\.c?js$/.test(own)) return output(cwd, process.execPath, [own, ...args]);
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return output(cwd, 'npx', ['-y', packageManager, ...args]);
}

/** Packs all that is to be published, in one folder, and unpacks it there. */
export async function packAll(): Promise<Packed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-packed-'));
  await pnpm([
    ...['--recursive', '--filter', './packages/*', '--filter', './apps/*'],
    ...['pack', '--pack-destination', folder],
  ]);
  const homes = homesByName();
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  return Promise.all(
    tarballs.map(async (name) => {
      const into = name.replace(/\.tgz$/, '');
      mkdirSync(join(folder, into));
      // By names alone: some of Windows' programs of that name take a drive's letter for a machine.
      await output(folder, 'tar', ['-xzf', name, '-C', into]);
      const unpacked = join(folder, into, 'package');
      const manifest: Manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
      return {
        manifest,
        home: homes.get(manifest.name)!,
        tarball: join(folder, name),
        folder: unpacked,
        files: filesOf(unpacked),
      };
    }),
  );
}

function homesByName(): Map<string, string> {
  const homes = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)),
  );
  return new Map(
    homes.map((home) => [JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).name, home]),
  );
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
}

/**
 * A new project that has these packages, and what they depend on, in its node_modules.
 *
 * @returns its folder
 */
export function projectWith(packages: readonly Packed[]): string {
  const project = mkdtempSync(join(tmpdir(), 'lockstep-project-'));
  const modules = join(project, 'node_modules');
  for (const { manifest, folder, home } of packages) {
    cpSync(folder, join(modules, manifest.name), { recursive: true });
    for (const other of Object.keys(manifest.dependencies ?? {})) {
      if (packages.some((one) => one.manifest.name === other)) continue;
      const place = join(modules, other);
      if (existsSync(place)) continue;
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(realpathSync(join(home, 'node_modules', other)), place, 'junction');
    }
  }
  return project;
}
