// How many threads compute, as the library's functions are told: `threads`, or `workers`, the name of before.
import { ConfigError } from '@lockstep/core';
import { requireInteger } from '@lockstep/errors';
import { MAX_THREADS } from './available-threads.js';

export interface ThreadCount {
  /**
   * Compute threads: so many compute. Default: all cores, or as many as a CPU quota allows, and those of them rest in training
   * that make steps slower. At most one a shard has work. Cannot change the result.
   */
  readonly threads?: number | undefined;
  /** Another name of `threads`, from before. */
  readonly workers?: number | undefined;
}

export const THREAD_COUNT = { threads: true, workers: true } as const;

/**
 * @returns undefined where the number is left to the machine
 * @throws ConfigError if it is of a wrong kind or out of its range, or the two names say different numbers
 */
export function threadCount(operation: string, count: ThreadCount): number | undefined {
  const { threads, workers } = count;
  if (threads !== undefined) requireInteger(operation, 'threads', threads, 1, MAX_THREADS);
  if (workers !== undefined) requireInteger(operation, 'workers', workers, 1, MAX_THREADS);
  if (threads !== undefined && workers !== undefined && threads !== workers) {
    throw new ConfigError(
      `${operation}: threads is ${threads} and workers is ${workers}, which are two names of one number; give threads`,
    );
  }
  return threads ?? workers;
}
