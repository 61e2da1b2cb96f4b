// c/ -> prebuilt/<platform>-<arch>.node, if a compiler of C is found: $CC, cc, gcc, clang or zig. Without one it says so and
// succeeds: the WebAssembly kernels do the same, more slowly. Nothing is downloaded. Each width is compiled to assembly first,
// which is read: a fused multiply-add would give other bits, so none may be in it.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signatures } from '@lockstep/kernels/signatures';
import { checkKernels, dispatchSource, filesOf, nativeKernels } from './sources.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'c');
const target = join(root, 'prebuilt', `${process.platform}-${process.arch}.node`);
const stamp = `${target}.json`;

const WIDTHS = {
  x64: [
    [8, ['-mavx2', '-mtune=generic']],
    [16, ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mprefer-vector-width=512']],
  ],
  arm64: [[4, []]],
};
const FLAGS = [
  '-std=gnu11',
  '-O3',
  '-fPIC',
  '-fvisibility=hidden',
  '-ffp-contract=off',
  '-fno-math-errno',
];
const WARNINGS = ['-Wall', '-Wextra', '-Wno-psabi', '-Wno-unknown-pragmas'];
const FUSED = /\b(vf(n?m(add|sub)|m(add|sub)sub|msubadd)\w*|f(n?m(add|sub|la|ls))\w*)\b/;

/** @returns the first compiler that answers, as a command with its first arguments */
function findCompiler() {
  const candidates = [[process.env.CC], ['cc'], ['gcc'], ['clang'], ['zig', 'cc']];
  return candidates.find(
    ([name, ...first]) =>
      name && spawnSync(name, [...first, '--version'], { stdio: 'ignore' }).status === 0,
  );
}

function digestOf(compiler) {
  const hash = createHash('sha256');
  const [name, ...first] = compiler;
  hash.update(execFileSync(name, [...first, '--version']));
  const scripts = join(root, 'scripts');
  for (const folder of [sources, scripts]) {
    for (const file of filesOf(folder)) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.update(JSON.stringify(signatures)).digest('hex');
}

function compile([name, ...first]) {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-native-'));
  const call = (...given) =>
    execFileSync(name, [...first, ...given], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const kernels = nativeKernels(sources);
    checkKernels(kernels, signatures);
    writeFileSync(join(folder, 'dispatch.generated.h'), dispatchSource(kernels));
    const widths = WIDTHS[process.arch];
    writeFileSync(
      join(folder, 'variants.generated.h'),
      widths.map(([lanes]) => `VARIANT(${lanes})\n`).join(''),
    );
    writeFileSync(
      join(folder, 'names.generated.h'),
      Object.keys(kernels)
        .sort()
        .map((kernel) => `"${kernel}",\n`)
        .join(''),
    );
    const headers = dirname(
      createRequire(import.meta.url).resolve('node-api-headers/package.json'),
    );
    const objects = widths.map(([lanes, machine]) => {
      const assembly = join(folder, `kernels-${lanes}.s`);
      const object = join(folder, `kernels-${lanes}.o`);
      call(
        ...FLAGS,
        ...WARNINGS,
        ...machine,
        `-DLANES=${lanes}`,
        `-I${folder}`,
        '-S',
        '-o',
        assembly,
        join(sources, 'kernels.c'),
      );
      const fused = readFileSync(assembly, 'utf8').match(FUSED);
      if (fused)
        throw new Error(
          `native: the compiler made ${fused[0]} of kernels of ${lanes} lanes; mul and add must stay apart`,
        );
      call('-c', '-o', object, assembly);
      return object;
    });
    const addon = join(folder, 'addon.o');
    call(
      ...FLAGS,
      ...WARNINGS,
      '-DNAPI_VERSION=8',
      `-I${folder}`,
      `-I${join(headers, 'include')}`,
      '-c',
      '-o',
      addon,
      join(sources, 'addon.c'),
    );
    const link =
      process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
    mkdirSync(dirname(target), { recursive: true });
    call(...link, '-o', target, addon, ...objects, '-lm');
    return Object.keys(kernels).sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const compiler = WIDTHS[process.arch] && findCompiler();
if (!compiler) {
  console.error(
    `native: no compiler of C for ${process.platform}-${process.arch} (cc, gcc, clang or zig); the WebAssembly kernels compute the same, more slowly`,
  );
} else {
  const digest = digestOf(compiler);
  const before =
    existsSync(target) && existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {};
  if (before.digest !== digest) {
    const kernels = compile(compiler);
    writeFileSync(stamp, JSON.stringify({ digest }));
    console.error(`native: ${kernels.length} kernels by ${compiler.join(' ')}`);
  }
}
