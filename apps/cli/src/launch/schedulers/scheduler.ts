// What starts the same command as many ranks, and what it says to each: one contract, a file a scheduler, one list (`list.ts`).
// Invariant: a reader is pure over the variables that it is given. It says what it found, also if that is not all; whether it is
// enough, and who of several counts, is decided elsewhere (`../place.ts`).
import { UsageError } from '../../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a scheduler says of this process; what it does not say is left out. */
export interface Sighting {
  /** From 0. */
  readonly rank?: number | undefined;
  readonly ranks?: number | undefined;
  /** Among those of this machine, from 0. */
  readonly localRank?: number | undefined;
  /** So many ranks are on this machine. */
  readonly localRanks?: number | undefined;
  /** The machine of rank 0, and how that is known, in words. */
  readonly host?: { readonly name: string; readonly from: string } | undefined;
  /** At which rank 0 listens, unless somebody says otherwise. */
  readonly port?: { readonly number: number; readonly from: string } | undefined;
  /** How often the job was started again. */
  readonly restarts?: number | undefined;
  /** Why this is no rank at all, and what to do: words for an error. */
  readonly fault?: string | undefined;
  /** Whether it starts ranks within the tasks of another scheduler: what is said around it does not count then. */
  readonly isInner?: boolean;
}

export interface Scheduler {
  /** As people call it. */
  readonly name: string;
  /** Which variables have a rank and the number of ranks, for errors. */
  readonly needs: { readonly rank: string; readonly ranks: string };
  /** @returns undefined where nothing is of this scheduler. @throws UsageError if a value cannot be meant */
  read(variables: Variables): Sighting | undefined;
  /** What says where rank 0 is, if the variables do not: words after "give". */
  readonly hostHint?: string;
  /** What gives a rank more cores, if it has few: words after "for more:". */
  readonly coresHint?: string;
}

/** A scheduler, what it says, and by which variables. */
export interface Seen {
  readonly scheduler: Scheduler;
  readonly sighting: Sighting;
  readonly variables: readonly string[];
}

/** Reads variables, and remembers which. */
export class Variables {
  readonly #env: Environment;
  /** Those that were there, as `NAME=value`, in the order in which they were read. */
  readonly read: string[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The first of them that is set to anything. */
  text(...names: readonly string[]): string | undefined {
    return this.#first(names)?.value;
  }

  /**
   * The first of them that is set, a whole number.
   *
   * @throws UsageError naming the variable if it is none
   */
  number(...names: readonly string[]): number | undefined {
    const found = this.#first(names);
    if (found === undefined) return undefined;
    const number = Number(found.value);
    if (/^\d+$/.test(found.value) && Number.isSafeInteger(number)) return number;
    throw new UsageError(
      `${found.name}=${found.value}: expected a whole number from 0; unset it, or give --rank and --ranks`,
    );
  }

  /** Whether one of them says just this; it does not count as read. */
  say(number: number | undefined, ...names: readonly string[]): boolean {
    return names.some((name) => this.#env[name]?.trim() === String(number));
  }

  /** The name of the first that is set. */
  nameOf(...names: readonly string[]): string | undefined {
    return this.#first(names)?.name;
  }

  #first(names: readonly string[]): { name: string; value: string } | undefined {
    for (const name of names) {
      const value = this.#env[name]?.trim();
      if (value === undefined || value === '') continue;
      const told = `${name}=${value}`;
      if (!this.read.includes(told)) this.read.push(told);
      return { name, value };
    }
    return undefined;
  }
}
