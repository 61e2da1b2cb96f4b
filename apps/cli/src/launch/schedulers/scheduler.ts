// What starts the same command as many ranks, and what it says to each: one contract, a file a scheduler, one list (`list.ts`).
// Invariant: a reader is pure over the variables that it is given. It says what it found, also if that is not all; whether it is
// enough, whether the numbers go together, and who of several counts, is decided elsewhere (`../place.ts`).
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
  /** Why variables that are to say where rank 0 is do not: words for an error, if nothing else says it. */
  readonly hostFault?: string | undefined;
  /** At which rank 0 listens, unless somebody says otherwise. */
  readonly port?: { readonly number: number; readonly from: string } | undefined;
  /** Host and port as ranks see them alike that another launcher starts within its job: they are not tasks of one step. */
  readonly ofJob?: Pick<Sighting, 'host' | 'port'> | undefined;
  /** How often the job was started again. */
  readonly restarts?: number | undefined;
  /** Why this is no rank at all, and what to do: words for an error. */
  readonly fault?: string | undefined;
  /**
   * Whose words do not count beside this one's: those of launchers around it, in whose tasks it starts ranks of its own, or
   * everybody's. Undefined for what somebody may have set by hand, which all others must agree with.
   */
  readonly outranks?: 'launchers' | 'everybody' | undefined;
}

/** The numbers of a sighting. */
export type NumberName = 'rank' | 'ranks' | 'localRank' | 'localRanks';

export interface Scheduler {
  /** As people call it. */
  readonly name: string;
  /** Which variables have a number: the first of them that is set. Where none is, errors name the first. */
  readonly variables: Readonly<Record<'rank' | 'ranks', readonly string[]>> &
    Partial<Readonly<Record<NumberName, readonly string[]>>>;
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
  readonly #instead: string | undefined;
  /** Those that were there, as `NAME=value`, in the order in which they were read. */
  readonly read: string[] = [];

  /** @param instead which flags say the same, for errors; undefined if none do */
  constructor(env: Environment, instead?: string) {
    this.#env = env;
    this.#instead = instead;
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
    throw this.fault('a whole number from 0', ...names);
  }

  /** That the first of them that is set cannot be meant. @param expected in words */
  fault(expected: string, ...names: readonly string[]): UsageError {
    const { name, value } = this.#first(names)!;
    const other = this.#instead === undefined ? '' : `, or give ${this.#instead}`;
    return new UsageError(`launch: ${name}=${value}: expected ${expected}; unset it${other}`);
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
