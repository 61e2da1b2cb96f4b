// Whether Lockstep's own packages are all there, built, and of one version.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OWN_MANIFEST } from '../../own-manifest.js';
import { type Check, type Judgement, ok, problem } from '../check.js';

/** What is found of one package. */
export interface Installed {
  readonly name: string;
  /** Undefined if the package is not there. */
  readonly version: string | undefined;
  /** Files that it offers and does not have, from its folder. */
  readonly missing: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, { readonly default?: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
}

export const packages: Check = {
  id: 'packages',
  title: 'Packages',
  look: () => judgePackages(installedFrom(OWN_MANIFEST)),
};

/** The package of a manifest, and all of Lockstep's that it needs, however far away. */
export function installedFrom(manifest: string): Installed[] {
  const all = new Map<string, Installed>();
  const visit = (path: string): void => {
    const { name, version, dependencies = {}, exports = {}, bin = {} } = read(path);
    const offered = [...Object.values(exports).map((one) => one.default), ...Object.values(bin)];
    const missing = offered.filter(
      (file) => file !== undefined && !existsSync(join(dirname(path), file)),
    ) as string[];
    all.set(name, { name, version, missing });
    for (const needed of Object.keys(dependencies)) {
      if (!needed.startsWith('@lockstep/') || all.has(needed)) continue;
      const found = find(needed, path);
      if (found === undefined) all.set(needed, { name: needed, version: undefined, missing: [] });
      else visit(found);
    }
  };
  visit(manifest);
  return [...all.values()];
}

/** Of a package that is not built nothing can be resolved, so its folder is looked for where Node looks. */
function find(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? [];
  return places
    .map((place) => join(place, name, 'package.json'))
    .find((manifest) => existsSync(manifest));
}

function read(manifest: string): Manifest {
  return JSON.parse(readFileSync(manifest, 'utf8'));
}

/** @param installed the command's own package first */
export function judgePackages(installed: readonly Installed[]): Judgement {
  const [own] = installed;
  const absent = installed.filter(({ version }) => version === undefined);
  const unbuilt = installed.filter(({ missing }) => missing.length > 0);
  const others = installed.filter(({ version }) => version !== own!.version && version);
  const faults = [
    ...absent.map(({ name }) => `${name} is not there`),
    ...unbuilt.map(({ name, missing }) => `${name} is not built (${missing.join(', ')})`),
    ...others.map(({ name, version }) => `${name} is of version ${version}`),
  ];
  const found = `${installed.length} of version ${own!.version}`;
  if (faults.length === 0) return ok(`${found}, built`);
  return problem(
    `${faults.join('; ')}; the command is of version ${own!.version}`,
    'install again; in a copy of the repository: npx -y pnpm ready',
  );
}
