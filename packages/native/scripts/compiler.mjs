// c/ -> a module that Node loads, by a compiler of C, if one is found: $CC, cc, gcc, clang or zig. Nothing is downloaded.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signatures } from '@lockstep/kernels/signatures';
import { checkMachineCode, checkModule } from './machine-code.mjs';
import { checkKernels, dispatchSource, filesOf, nativeKernels } from './sources.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'c');

const AVX512 = ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl'];

/** Flags of a processor's vectors, by their lanes. */
export const MACHINES = {
  x64: { 8: ['-mavx2', '-mtune=generic'], 16: [...AVX512, '-mprefer-vector-width=512'] },
  arm64: { 4: [] },
};
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

/**
 * Builds a module, unless it is there and nothing has changed.
 *
 * machines: flags of the vectors to compile for, by their lanes
 * flags: of all that is compiled and linked
 * isShipped: whether the machine code is held against what the arithmetic allows, by way of its assembly
 *
 * @returns the names of its kernels, or undefined if it was there
 */
export function buildModule(compiler, target, { machines, flags, isShipped }) {
  const stamp = `${target}.json`;
  const digest = digestOf(compiler, JSON.stringify([machines, flags]));
  const before =
    existsSync(target) && existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {};
  if (before.digest === digest) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-native-'));
  const [name, ...first] = compiler;
  const call = (...given) =>
    execFileSync(name, [...first, ...given], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const kernels = generateHeaders(folder, Object.keys(machines));
    const objects = Object.entries(machines).map(([lanes, machine]) => {
      const object = join(folder, `kernels-${lanes}.o`);
      const given = [...FLAGS, ...flags, ...machine, `-DLANES=${lanes}`, `-I${folder}`];
      const source = join(sources, 'kernels.c');
      if (!isShipped) {
        call(...given, '-w', '-c', '-o', object, source);
        return object;
      }
      const assembly = join(folder, `kernels-${lanes}.s`);
      call(...given, ...WARNINGS, '-S', '-o', assembly, source);
      checkMachineCode(readFileSync(assembly, 'utf8'), process.arch);
      call('-c', '-o', object, assembly);
      return object;
    });
    const addon = join(folder, 'addon.o');
    const includes = [`-I${folder}`, `-I${join(nodeHeaders(), 'include')}`];
    const given = [...FLAGS, ...flags, ...WARNINGS, '-DNAPI_VERSION=8', ...includes];
    call(...given, '-c', '-o', addon, join(sources, 'addon.c'));
    const link =
      process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
    const linked = join(folder, 'module.node');
    call(...link, ...flags, '-o', linked, addon, ...objects, '-lm');
    const bytes = readFileSync(linked);
    checkModule(bytes);
    mkdirSync(dirname(target), { recursive: true });
    // In one step, so that nobody loads a part of it, and what a process has loaded stays as it is.
    writeFileSync(`${target}.${process.pid}`, bytes);
    renameSync(`${target}.${process.pid}`, target);
    writeFileSync(stamp, JSON.stringify({ digest }));
    return kernels;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
  for (const folder of [sources, join(root, 'scripts')]) {
    for (const file of filesOf(folder)) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.update(JSON.stringify(signatures)).digest('hex');
}
