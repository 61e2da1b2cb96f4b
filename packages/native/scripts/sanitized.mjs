// Random cases on kernels that are compiled with sanitizers of addresses and of undefined behaviour: a read or a write outside of
// a case's arrays, and arithmetic that C leaves open, end the process with a report. Node has no sanitizer in it, so each width
// has a module and a process of its own, into which the sanitizer is loaded first.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { buildModule, findCompiler, root } from './compiler.mjs';
import { MACHINES } from './places.mjs';

const FLAGS = [
  ...['-O1', '-g1', '-fno-omit-frame-pointer', '-DFENCED'],
  ...['-fsanitize=address,undefined,float-cast-overflow', '-fno-sanitize-recover=all'],
  // Kernels have no scopes whose ends matter; without this it takes a third longer to compile them.
  '-fno-sanitize-address-use-after-scope',
];
const FLAGS_OF_CLANG = ['-shared-libasan'];
/** Checks are calls: slower, but compiled in half of the time. */
const FLAGS_OF_GCC = ['--param', 'asan-instrumentation-with-call-threshold=0'];

/** The sanitizer leaves what V8 does with signals alone, and knows nothing of its heap. */
const SETTINGS = {
  ASAN_OPTIONS:
    'detect_leaks=0:handle_segv=0:handle_sigbus=0:allocator_may_return_null=1:print_legend=0',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};

/**
 * @param lanes any that the processor has, or 4: the code of processors without masks
 * @returns the module's file, and the environment that its process needs; or why there is none
 */
async function sanitizedModule(lanes) {
  if (process.platform !== 'linux') return { reason: 'sanitizers are preloaded on Linux only' };
  const compiler = findCompiler();
  if (!compiler) return { reason: 'no compiler of C' };
  const file = join(root, 'sanitized', `${process.platform}-${process.arch}-${lanes}.node`);
  const machines = { [lanes]: MACHINES[process.arch]?.[lanes] ?? [] };
  const version = output(...compiler, '--version');
  const flags = [...FLAGS, ...(/clang/.test(version) ? FLAGS_OF_CLANG : FLAGS_OF_GCC)];
  try {
    await buildModule(compiler, file, { machines, flags, isShipped: false });
  } catch (error) {
    return { reason: `${compiler.join(' ')} has no sanitizers: ${error.message.split('\n')[0]}` };
  }
  const runtime = runtimeOf(file, compiler);
  if (!runtime) return { reason: "the sanitizer's library is not found" };
  const env = { ...process.env, ...SETTINGS, LD_PRELOAD: runtime };
  const load = `require(${JSON.stringify(file)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', load], { env, encoding: 'utf8' });
  if (status !== 0)
    return { reason: `Node does not start with it: ${stderr.trim().split('\n')[0]}` };
  return { file, env };
}

function output(command, ...given) {
  return spawnSync(command, given, { encoding: 'utf8' }).stdout ?? '';
}

/** @returns the path of the sanitizer's library that a module needs: the loader's, or the compiler's own */
function runtimeOf(file, compiler) {
  const [, name, path] = /^\s*(\S*asan\S*) => (\S+)/m.exec(output('ldd', file)) ?? [];
  if (!name || isAbsolute(path)) return path;
  const own = output(...compiler, `-print-file-name=${name}`).trim();
  return isAbsolute(own) ? own : undefined;
}

/**
 * Compares kernels with WebAssembly, each width by itself; what a sanitizer reports goes to stderr.
 *
 * @returns lines that say which kernels failed, and widths that could not be tried, with the reason
 */
export async function compareSanitized(kernels, widths, { seed, first, count }) {
  const failed = [];
  const skipped = [];
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-cases-'));
  const log = join(folder, 'case');
  try {
    for (const lanes of widths) {
      const { file, env, reason } = await sanitizedModule(lanes);
      if (reason) skipped.push(`${lanes} lanes: ${reason}`);
      // A process ends with the first kernel that a sanitizer complains of; another one goes on behind it.
      let left = reason ? [] : kernels;
      while (left.length) {
        const given = JSON.stringify({ file, lanes, kernels: left, seed, first, count, log });
        const { status } = spawnSync(
          process.execPath,
          [join(root, 'scripts', 'sanitized-process.mjs'), given],
          { env, stdio: ['ignore', 'inherit', 'inherit'] },
        );
        if (status === 0) break;
        const { kernel, number, how } = JSON.parse(readFileSync(log, 'utf8'));
        failed.push(
          `${kernel}, seed ${seed}, case ${number}, ${lanes} lanes: ${how ?? 'a sanitizer ended it'}`,
        );
        left = left.slice(left.indexOf(kernel) + 1);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { failed, skipped };
}
