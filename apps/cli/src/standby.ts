// `coordinator --etcd`: several coordinators of one run, of which one leads and the others stand by. The flags, and what is said
// of it; who leads is decided elsewhere.
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { Candidate, isElectionName, type Lead, leaderUrl } from '@lockstep/coordinator';
import { LockstepError } from '@lockstep/errors';
import { type Command, InvalidArgumentError } from 'commander';
import { dashed } from './data-sources/list.js';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import { wholeNumber } from './option-values.js';
import type { RunFlags } from './options.js';
import type { Session } from './session.js';

export interface StandbyFlags extends RunFlags {
  /** Members, with commas. */
  readonly etcd?: string;
  readonly election?: string;
  readonly leaseSeconds: number;
}

export function addStandbyOptions(command: Command): void {
  command
    .optionsGroup('Several coordinators:')
    .option(
      '--etcd <urls>',
      'one of several coordinators of the run leads, by a lease in this etcd, and the others stand by: http://HOST:2379, with commas between members',
      members,
    )
    .option(
      '--election <name>',
      "the run's name in etcd, the same for all of them (default: that of its folder)",
      electionName,
    )
    .option(
      '--lease-seconds <n>',
      'whoever leads and is silent for longer is replaced',
      wholeNumber(2, 600),
      3,
    );
}

/** What ends a run wherever it is coordinated: its workers go, and nobody is to wait for them. */
const FOR_ALL: ReadonlySet<string> = new Set(['non-finite', 'mesh', 'divergence', 'audit']);

/** A coordinator that stands by, or leads. */
export class Standby {
  /** Where workers look who leads. */
  readonly workerUrl: string;
  readonly #candidate: Candidate;
  readonly #screen: Session['screen'];
  #lead: Lead | undefined;

  /** @throws UsageError if it is not known which run it is, or what lets workers in */
  constructor({ etcd, election, out, resume, leaseSeconds }: StandbyFlags, session: Session) {
    const folder = resume ?? out;
    if (folder === undefined) {
      throw new UsageError(
        '--etcd needs --out DIR: whoever takes over goes on with the run there. It is the same folder for all, or one of each with --mirror',
      );
    }
    const name = election ?? basename(folder).replace(/[^A-Za-z0-9._-]+/g, '-');
    const urls = etcd!.split(',');
    const { screen } = session;
    this.#screen = screen;
    this.workerUrl = leaderUrl({ members: urls, name });
    this.#candidate = new Candidate({
      ...{ etcd: urls, name, leaseSeconds, who: `process ${process.pid} on ${hostname()}` },
      onFollow: ({ who }) =>
        screen.note(`standing by: ${who} leads, this one takes over when it is gone`),
      onTrouble: (why) => screen.warn(`--etcd: ${why}`),
    });
  }

  /** Set once it leads. */
  get lead(): Lead | undefined {
    return this.#lead;
  }

  /** @returns its fence */
  async untilItLeads({ signal, markBegun }: Session): Promise<number> {
    this.#lead = await this.#candidate.lead(signal);
    const { fence } = this.#lead;
    markBegun();
    this.#screen.note(`this coordinator leads, with fence ${fence}`);
    return fence;
  }

  announce(urls: readonly string[]): Promise<void> {
    return this.#candidate.announce(urls);
  }

  /** @param error that ended the run here; undefined if none did */
  resign(error?: unknown): Promise<void> {
    const isForAll = error instanceof LockstepError && FOR_ALL.has(error.code);
    return this.#candidate.resign(isForAll ? error.message : undefined);
  }
}

/** Of no use to a coordinator that is alone. */
const OF_SEVERAL = ['election', 'leaseSeconds'] as const;

/**
 * @returns undefined for a coordinator that is alone
 * @throws UsageError if it is alone and flags are about several; what `Standby` throws
 */
export function standbyOf(
  { flags, isGiven }: Given<StandbyFlags>,
  session: Session,
): Standby | undefined {
  if (flags.etcd !== undefined) return new Standby(flags, session);
  const stray = OF_SEVERAL.find((flag) => isGiven(flag));
  if (stray === undefined) return undefined;
  throw new UsageError(
    `${dashed(stray)} goes with --etcd: without it this coordinator is the only one, and there is no election`,
  );
}

/** Whatever ends what is done while it leads, another may lead then. */
export async function takingTurns(
  standby: Standby | undefined,
  work: () => Promise<void>,
): Promise<void> {
  let failure: unknown;
  try {
    await work();
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await standby?.resign(failure);
  }
}

/** As they are typed. @throws InvalidArgumentError if they are no addresses of one protocol */
function members(text: string): string {
  const urls = text.split(',').map((url) => url.trim().replace(/\/+$/, ''));
  const isSecure = urls[0]!.startsWith('https:');
  const form = isSecure ? /^https:\/\/[^/\s?#@]+$/ : /^http:\/\/[^/\s?#@]+$/;
  if (urls.every((url) => form.test(url))) return urls.join(',');
  throw new InvalidArgumentError(
    'Expected http://HOST:2379 of a member of etcd, or https:// of all, with commas between several.',
  );
}

function electionName(text: string): string {
  if (isElectionName(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits and . _ - alone.');
}
