// Starts compute threads, and says why they cannot be started: in the words of what stops them, and with what would help.
// It starts them once; whether to try again is for the caller.
import { readFileSync } from 'node:fs';
import { LockstepError } from '@lockstep/core';
import { Piscina } from 'piscina';
import { threadFile } from './thread-file.js';

/** Compute threads need little JavaScript heap: data and tensors lie in shared memory. */
const HEAP_LIMIT_MB = 256;

/**
 * Addresses that V8 and the C library take for a thread, as measured with Node 20 to 26: without them the process is ended
 * by V8, and nobody can be told why.
 */
const THREAD_BYTES = (Number(process.versions.node.split('.')[0]) < 26 ? 0.65 : 0.9) * 2 ** 30;

/** More than enough, so that a limit that is raised once is raised far enough. */
const SPARE_GB = 1;
const NO_TRAPS = '--disable-wasm-trap-handler';

/**
 * @returns a pool of as many threads, which are starting
 * @throws LockstepError (code `thread-lost`) if they cannot be started
 */
export function startPool(threads: number): Piscina {
  checkAddressSpace(threads);
  try {
    return new Piscina({
      filename: threadFile().href,
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    });
  } catch (cause) {
    throw new LockstepError(
      'thread-lost',
      `train: compute threads cannot be started: ${whyNotStarted(cause)}`,
      { cause },
    );
  }
}

/** What stopped a thread before it began, and what would help, where that is known. */
export function whyNotStarted(cause: unknown): string {
  const message = messageOf(cause).replace(/\.+$/, '');
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  const { NODE_OPTIONS: options = '' } = process.env;
  if (code === 'ERR_ACCESS_DENIED') {
    return `${message}. Node's permission model forbids it: start node with --allow-worker, and --allow-fs-read for Lockstep's files`;
  }
  if (/EMFILE|ENFILE/.test(message)) {
    return `${message}. The limit on open files is reached (ulimit -n): use fewer threads, or raise it`;
  }
  if (code === 'ERR_WORKER_INIT_FAILED') {
    return `${message}. A limit on processes is reached (ulimit -u, a container's pids limit): use fewer threads, or raise it`;
  }
  if (/Cannot find module|__dirname is not defined|Invalid URL/.test(message)) {
    return `${message}. In a bundle, piscina must stay outside and @lockstep/trainer/thread be an entry of its own: see docs/bundling.md`;
  }
  if (/--(require|import|loader|experimental-loader|r)\b|(^|\s)-r\b/.test(options)) {
    return `${message}. NODE_OPTIONS loads code of others into every thread`;
  }
  return message;
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** @throws LockstepError (code `engine`) if a limit on addresses (ulimit -v) leaves too few for so many threads */
function checkAddressSpace(threads: number): void {
  const addresses = findAddresses();
  if (addresses === undefined) return;
  const { limit, used } = addresses;
  const left = Math.max(0, limit - used);
  const taken = threads * THREAD_BYTES;
  if (taken <= left) return;
  const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const fit = Math.floor(left / THREAD_BYTES);
  const fewer = fit >= 1 ? `use ${fit} (workers or threads), or ` : '';
  const hasTraps = ![...process.execArgv, process.env.NODE_OPTIONS].join(' ').includes(NO_TRAPS);
  const flag = hasTraps
    ? `, or start Node with ${NO_TRAPS} (also in NODE_OPTIONS), without which each memory of the kernels takes 8 to 10 GiB`
    : '';
  throw new LockstepError(
    'engine',
    `start threads: ${threads} of them take ${gigabytes(taken)} of addresses, and the limit on them (ulimit -v) leaves ${gigabytes(left)}; ${fewer}raise the limit to ${Math.ceil((used + taken) / 2 ** 30 + SPARE_GB)} GiB${flag}`,
  );
}

/** Undefined where there is no limit, or no way to know. Linux only. */
function findAddresses(): { limit: number; used: number } | undefined {
  try {
    const limit = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    const used = /^VmSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return limit && used ? { limit: Number(limit[1]), used: 1024 * Number(used[1]) } : undefined;
  } catch {
    return undefined;
  }
}
