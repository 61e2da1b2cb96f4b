// Many files are decoded by several threads, few by the calling one: the same bytes either way.
// Invariant: every thread writes the samples it was given, in their places; nothing depends on who is first.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { type BadPicture, type DecodeTask, decodeInto } from './decode-into.js';

/** Files of one task: enough that handing it over costs nothing beside it. */
const FILES_OF_A_TASK = 16;
/** A thread takes a tenth of a second to begin: so many files a thread are worth it. */
const FILES_OF_A_THREAD = 64;

export interface DecodeAllOptions {
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDone?: ((files: number) => void) | undefined;
}

/** @throws the signal's reason if aborted */
export async function decodeAll(
  all: DecodeTask,
  { threads = availableParallelism(), signal, onDone }: DecodeAllOptions,
): Promise<BadPicture[]> {
  const tasks: DecodeTask[] = [];
  for (let at = 0; at < all.paths.length; at += FILES_OF_A_TASK) {
    const paths = all.paths.slice(at, at + FILES_OF_A_TASK);
    tasks.push({ ...all, paths, first: all.first + at });
  }
  const pool = startPool(Math.min(threads, Math.floor(all.paths.length / FILES_OF_A_THREAD)));
  const run = async (task: DecodeTask): Promise<BadPicture[]> => {
    signal?.throwIfAborted();
    const bad = await (pool ? pool.run(task) : decodeInto(task));
    onDone?.(task.paths.length);
    return bad as BadPicture[];
  };
  try {
    if (pool) return (await Promise.all(tasks.map(run))).flat();
    const bad: BadPicture[] = [];
    for (const task of tasks) bad.push(...(await run(task)));
    return bad;
  } finally {
    await pool?.destroy();
  }
}

/** @returns undefined where one thread is as good, or a bundle has not the threads' file beside it */
function startPool(threads: number): Piscina | undefined {
  if (threads < 2) return undefined;
  const file = threadFile();
  if (!file) return undefined;
  return new Piscina({ filename: file.href, minThreads: threads, maxThreads: threads });
}

/** @returns undefined where it is not there, or this code does not know where it lies (a bundle of CommonJS) */
function threadFile(): URL | undefined {
  const { url } = import.meta;
  if (!url?.startsWith('file:')) return undefined;
  const file = new URL('./picture-thread.js', url);
  return existsSync(fileURLToPath(file)) ? file : undefined;
}
