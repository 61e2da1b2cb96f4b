// A time limit on work that has none of its own.
import { LinkError } from './errors.js';

/**
 * @param work is told by the signal that nobody waits for it any longer
 * @throws LinkError `timeout` when the time is over, whether or not the work ends; what the work throws
 */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const control = new AbortController();
  const tooLate = new LinkError('timeout', `no answer after ${ms} ms`);
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      control.abort(tooLate);
      reject(tooLate);
    }, ms);
  });
  try {
    return await Promise.race([work(control.signal), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** 0.42 → `0.4 ms`, 1234 → `1.2 s`. */
export function inTime(ms: number): string {
  return ms < 1000
    ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
    : `${(ms / 1000).toFixed(1)} s`;
}
