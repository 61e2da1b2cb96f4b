// c/ -> a module that Node loads, by a compiler of C, if one is found: $CC, cc, gcc, clang or zig. Nothing is downloaded.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { signatures } from '@lockstep/kernels/signatures';
import { checkMachineCode, checkModule } from './machine-code.mjs';
import { HERE, importLibrary, linkFlags, processorOf, targetFlags } from './places.mjs';
import { checkKernels, dispatchSource, filesOf, nativeKernels } from './sources.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'c');

const FLAGS = [
  '-std=gnu11',
  '-fPIC',
  '-fvisibility=hidden',
  '-ffp-contract=off',
  '-fno-math-errno',
];
const WARNINGS = ['-Wall', '-Wextra', '-Wno-psabi', '-Wno-unknown-pragmas'];

/** @returns the first compiler that answers, as a command with its first arguments */
export function findCompiler() {
  const candidates = [[process.env.CC], ['cc'], ['gcc'], ['clang'], ['zig', 'cc']];
  return candidates.find(
    ([name, ...first]) =>
      name && spawnSync(name, [...first, '--version'], { stdio: 'ignore' }).status === 0,
  );
}

/** @returns zig as such a command, if it answers: it compiles for every place */
export function findZig() {
  const candidates = [process.env.CC?.endsWith('zig') && process.env.CC, 'zig'];
  const name = candidates.find(
    (name) => name && spawnSync(name, ['version'], { stdio: 'ignore' }).status === 0,
  );
  return name && [name, 'cc'];
}

/**
 * Builds a module, unless it is there and nothing has changed. Its widths are compiled at once.
 *
 * place: where it will run
 * machines: flags of the vectors to compile for, by their lanes
 * flags: of all that is compiled and linked
 * isShipped: whether the machine code is held against what the arithmetic allows, by way of its assembly
 *
 * @returns the names of its kernels, or undefined if it was there
 */
export async function buildModule(compiler, target, { place = HERE, machines, flags, isShipped }) {
  const digest = digestOf(compiler, JSON.stringify([place, machines, flags]));
  if (isBuilt(target, { digest })) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-native-'));
  const [name, ...first] = [...compiler, ...targetFlags(place)];
  const call = async (...given) => tell(await promisify(execFile)(name, [...first, ...given]));
  try {
    const kernels = generateHeaders(folder, Object.keys(machines));
    const common = [
      ...FLAGS.filter((flag) => flag !== '-fPIC' || !place.startsWith('win32')),
      ...flags,
    ];
    const compileWidth = async ([lanes, machine]) => {
      const object = join(folder, `kernels-${lanes}.o`);
      const given = [...common, ...machine, `-DLANES=${lanes}`, `-I${folder}`];
      const source = join(sources, 'kernels.c');
      if (!isShipped) {
        await call(...given, '-w', '-c', '-o', object, source);
        return object;
      }
      const assembly = join(folder, `kernels-${lanes}.s`);
      await call(...given, ...WARNINGS, '-S', '-o', assembly, source);
      checkMachineCode(readFileSync(assembly, 'utf8'), processorOf(place));
      await call('-c', '-o', object, assembly);
      return object;
    };
    const compileAddon = async () => {
      const addon = join(folder, 'addon.o');
      const includes = [`-I${folder}`, `-I${join(nodeHeaders(), 'include')}`];
      const given = [...common, ...WARNINGS, '-DNAPI_VERSION=8', ...includes];
      await call(...given, '-c', '-o', addon, join(sources, 'addon.c'));
      return addon;
    };
    const objects = await Promise.all([
      ...Object.entries(machines).map(compileWidth),
      compileAddon(),
    ]);
    const library = join(folder, 'node.lib');
    const command = importLibrary(place, compiler, nodeFunctions(folder), library);
    if (command) tell(await promisify(execFile)(command[0], command.slice(1)));
    const linked = join(folder, 'module.node');
    const libraries = command ? [library] : [];
    await call(...flags, '-o', linked, ...objects, ...libraries, ...linkFlags(place, compiler));
    const bytes = readFileSync(linked);
    if (place === HERE) checkModule(bytes);
    mkdirSync(dirname(target), { recursive: true });
    // In one step, so that nobody loads a part of it, and what a process has loaded stays as it is.
    writeFileSync(`${target}.${process.pid}`, bytes);
    renameSync(`${target}.${process.pid}`, target);
    const record = { digest, sources: sourcesDigest(), sha256: sha256Of(bytes) };
    writeFileSync(recordOf(target), JSON.stringify(record));
    return kernels;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a module is there, of the sources that there are, whoever compiled it. */
export function isOfSources(target) {
  return isBuilt(target, { sources: sourcesDigest() });
}

/** Removes a module, if it is there. */
export function removeModule(target) {
  for (const file of [target, recordOf(target)]) rmSync(file, { force: true });
}

/** What a module was built of, and its bytes' hash: who loads it, too, asks whether it is whole. */
function recordOf(target) {
  return `${target}.json`;
}

/** Whether it is there as it was built, of what is given. */
function isBuilt(target, given) {
  try {
    const record = JSON.parse(readFileSync(recordOf(target), 'utf8'));
    const isOfThat = Object.entries(given).every(([name, value]) => record[name] === value);
    return isOfThat && record.sha256 === sha256Of(readFileSync(target));
  } catch {
    return false;
  }
}

function sha256Of(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a compiler says of a source, without what its own libraries are warned of. */
function tell({ stderr }) {
  if (stderr.includes(sources)) process.stderr.write(stderr);
}

/** @returns a file with the names of Node's functions */
function nodeFunctions(folder) {
  const file = join(folder, 'node.def');
  const lines = ['js_native_api', 'node_api'].flatMap((name) =>
    readFileSync(join(nodeHeaders(), 'def', `${name}.def`), 'utf8').split(/\r?\n/),
  );
  const names = lines.filter((line) => line.startsWith('napi_') || line.startsWith('node_api_'));
  writeFileSync(file, `NAME node.exe\nEXPORTS\n${[...new Set(names)].join('\n')}\n`);
  return file;
}

/** Writes what the sources include beside themselves; @returns the names of all kernels in C */
function generateHeaders(folder, widths) {
  const kernels = nativeKernels(sources);
  checkKernels(kernels, signatures);
  const names = Object.keys(kernels).sort();
  const write = (name, text) => writeFileSync(join(folder, `${name}.generated.h`), text);
  write('dispatch', dispatchSource(kernels));
  write('variants', widths.map((lanes) => `VARIANT(${lanes})\n`).join(''));
  write('names', names.map((kernel) => `"${kernel}",\n`).join(''));
  return names;
}

function nodeHeaders() {
  return dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json'));
}

function digestOf([name, ...first], given) {
  const hash = createHash('sha256').update(given);
  hash.update(execFileSync(name, [...first, '--version']));
  return hash.update(sourcesDigest()).digest('hex');
}

/** Of the C, of what is done with it, and of the contract that it is held against. */
function sourcesDigest() {
  const hash = createHash('sha256');
  for (const folder of [sources, join(root, 'scripts')]) {
    for (const file of filesOf(folder)) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.update(JSON.stringify(signatures)).digest('hex');
}
