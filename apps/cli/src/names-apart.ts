// What several runs are called beside each other: by their names, and where some have the same, by as little of their folders as
// tells them apart. Pure.
// Invariant: no two are called the same, and none by a whole path of this machine where less does.

export interface NamedRun {
  readonly name: string;
  /** From the root; no two are the same. */
  readonly folder: string;
}

/** @returns what each is called, in their order */
export function namesApart(runs: readonly NamedRun[]): string[] {
  const parts = runs.map(({ folder }) => folder.split(/[\\/]/).filter((part) => part !== ''));
  /** Of each: how many of its folder's last parts are its name; 0 for the name that it has. */
  const counts = runs.map(() => 0);
  const called = (i: number): string => {
    const own = parts[i]!;
    return counts[i] === 0 ? runs[i]!.name : own.slice(-counts[i]!).join('/');
  };
  for (;;) {
    const names = runs.map((_, i) => called(i));
    const same = sameIn(names).filter((i) => counts[i]! < parts[i]!.length);
    if (same.length === 0) break;
    for (const i of same) counts[i]! += 1;
  }
  const long = runs.map((_, i) => called(i));
  const short = long.map((name, i) => (counts[i]! > 2 ? withoutMiddle(name) : name));
  const unclear = new Set(sameIn(short));
  return short.map((name, i) => (unclear.has(i) ? long[i]! : name));
}

/** The places of names that stand there more than once. */
function sameIn(names: readonly string[]): number[] {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return names.flatMap((name, i) => (times.get(name)! > 1 ? [i] : []));
}

/** What tells them apart is the first part, what people know them by the last. */
function withoutMiddle(name: string): string {
  const parts = name.split('/');
  return parts.length > 2 ? `${parts[0]}/…/${parts.at(-1)}` : name;
}
