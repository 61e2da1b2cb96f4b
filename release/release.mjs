// Packs every package, checks the tarballs, and publishes them in the order in which they need each other.
//
// node release/release.mjs             packs and checks, and says what would be published: nothing leaves this machine
// node release/release.mjs --publish   publishes those that are not there yet
//
// It is for CI, which proves where a package was built; `pnpm release` builds before, and installs what this needs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkTarball } from './check.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { packageManager, repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const doesPublish = process.argv.includes('--publish');
const isWindows = process.platform === 'win32';

/** @returns what it wrote to stdout */
function call(command, args, cwd = ROOT) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', shell: isWindows });
}

/** The packages as they stand in the repository, by name. */
function manifests() {
  const homes = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name, 'package.json')),
  );
  const all = homes.map((path) => JSON.parse(readFileSync(path, 'utf8')));
  return new Map(all.map((manifest) => [manifest.name, manifest]));
}

/** In an order in which each comes after all that it needs. */
function inOrder(all) {
  const ordered = new Set();
  const add = (name) => {
    if (ordered.has(name)) return;
    for (const other of Object.keys(all.get(name).dependencies ?? {})) {
      if (all.has(other)) add(other);
    }
    ordered.add(name);
  };
  for (const name of [...all.keys()].sort()) add(name);
  return [...ordered];
}

/** @throws Error unless all packages have one version, of this repository, and a publication is proven by its CI */
function checkRelease(all) {
  const versions = new Set([...all.values()].map(({ version }) => version));
  if (versions.size !== 1) throw new Error(`release: ${[...versions]}: expected one version`);
  const strange = [...all.values()].find(({ repository: own }) => own?.url !== repository.url);
  if (strange) throw new Error(`release: ${strange.name} is of another repository`);
  if (!doesPublish) return;
  const { CI, GITHUB_REPOSITORY: here } = process.env;
  if (!CI || !here) throw new Error('release: packages are published by CI alone');
  if (!repository.url.endsWith(`/${here}.git`)) {
    throw new Error(`release: this is ${here}, and the packages say ${repository.url}`);
  }
}

function isPublished(name, version) {
  try {
    return call('npm', ['view', `${name}@${version}`, 'version']).trim() === version;
  } catch (error) {
    if (/E404/.test(error.stderr)) return false;
    throw error;
  }
}

const all = manifests();
checkRelease(all);
const folder = mkdtempSync(join(tmpdir(), 'lockstep-release-'));
const packing = ['--recursive', '--filter', './packages/*', '--filter', './apps/*', 'pack'];
call('npx', ['-y', packageManager, ...packing, '--pack-destination', folder]);

let faults = 0;
const tarballs = inOrder(all).map((name) => {
  const { version } = all.get(name);
  const file = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  return { name, version, file };
});
for (const { name, version, file } of tarballs) {
  const found = await checkTarball(file);
  faults += found.length;
  console.log(`${name} ${version}  ${(statSync(file).size / 1000).toFixed(0)} kB`);
  for (const fault of found) console.log(`  ${fault}`);
}
if (faults > 0) throw new Error(`release: ${faults} faults; nothing was published`);

for (const { name, version, file } of tarballs) {
  if (!doesPublish) console.log(`would publish ${name}@${version}`);
  else if (isPublished(name, version)) console.log(`${name}@${version} is there`);
  else {
    call('npm', ['publish', file, '--access', 'public', '--provenance']);
    console.log(`published ${name}@${version}`);
  }
}
if (!doesPublish) console.log(`nothing was published; the tarballs are in ${folder}`);
