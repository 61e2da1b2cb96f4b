// What a person chose for this page, kept by the browser where it keeps anything: a page in a file, or in a private window, may
// have no storage, and forgets.
import { useState } from 'preact/hooks';

const PREFIX = 'lockstep.';

function stored(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null');
  } catch {
    return null;
  }
}

function store(name: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // It holds until the page is closed.
  }
}

/** One of `values`, the first by default, under a name that is kept. */
export function useSetting<const T>(
  name: string,
  values: readonly [T, ...T[]],
): [value: T, set: (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    const known = stored(name);
    return values.find((one) => one === known) ?? values[0];
  });
  const set = (next: T): void => {
    setValue(() => next);
    store(name, next);
  };
  return [value, set];
}
