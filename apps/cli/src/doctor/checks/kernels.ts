// Which kernels a run takes here, whether they are right, and why they are not the quickest.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LockstepError } from '@lockstep/errors';
import { runBackend, whyNotNative, wrongKernel } from '@lockstep/trainer';
import { type Check, type Judgement, note, ok, problem } from '../check.js';

interface Kernels {
  /** `wasm`, `native-8`, … */
  readonly name: string;
  readonly arithmetic: string;
  /** The kernel that gives other bits than the arithmetic's. */
  readonly wrong: string | undefined;
  /** Why none could be tried. */
  readonly untried: string | undefined;
  /** Why they are not compiled ones. */
  readonly reason: string | undefined;
  /** The command of a compiler of C. */
  readonly compiler: string | undefined;
}

export const kernels: Check = {
  id: 'kernels',
  title: 'Kernels',
  async look({ env }) {
    const backend = runBackend('doctor', {});
    const { name, arithmetic } = backend;
    const compiler = await findCompiler(env.CC);
    return judgeKernels({
      ...{ name, arithmetic, compiler, reason: whyNotNative() },
      ...tried(() => wrongKernel(backend)),
    });
  },
};

/** Where there is no memory to try them in, another check has more to say. */
export function tried(attempt: () => string | undefined): Pick<Kernels, 'wrong' | 'untried'> {
  try {
    return { wrong: attempt(), untried: undefined };
  } catch (error) {
    if ((error as Partial<LockstepError>).code !== 'kernel-memory') throw error;
    return { wrong: undefined, untried: 'there is no memory to try them in' };
  }
}

/** The build asks for them in this order. */
const COMPILERS = [['cc'], ['gcc'], ['clang'], ['zig', 'cc']] as const;

/** @returns the first that answers */
export async function findCompiler(given: string | undefined): Promise<string | undefined> {
  const candidates = [...(given ? [[given]] : []), ...COMPILERS];
  for (const [name, ...first] of candidates) {
    if (await answers(name!, [...first, '--version'])) return [name, ...first].join(' ');
  }
  return undefined;
}

async function answers(command: string, args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(command, args);
    return true;
  } catch {
    return false;
  }
}

export function judgeKernels(found: Kernels): Judgement {
  const { name, arithmetic, wrong, untried, reason, compiler } = found;
  if (wrong !== undefined) {
    return problem(
      `${name} gives other bits than ${arithmetic} has in ${wrong}`,
      'this machine computes otherwise than it should, or emulates another one: do not train on it',
    );
  }
  if (untried !== undefined) return note(`${name}; ${untried}`);
  const bits = `the bits of ${arithmetic}`;
  if (reason === undefined) return ok(`${name}, compiled from C; ${bits}`);
  const words = `${name}; ${bits}. Compiled ones would be quicker: ${reason}`;
  if (!A_BUILD_HELPS.test(reason)) return note(words);
  const advice =
    compiler === undefined
      ? 'there is no compiler of C; install gcc or clang, and build again'
      : `there is a compiler (${compiler}); build again`;
  return note(words, `${advice} (docs/native.md)`);
}

/** Of the reasons: they are not there, not whole, or of another machine. */
const A_BUILD_HELPS = /^not compiled|not as it was built|\.node: /;
