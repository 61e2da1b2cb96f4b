// One process at a time works in a run's folder: it lays a claim there, a small file that says who it is, and takes it away.
// Invariant: a claim is laid before others are looked at, and whoever sees another one that may be alive withdraws; so two
// never hold the folder, also if both begin at once. Names are never used twice: removing a dead one can hit no other.
// Where processes elect one of them, the claim of one with a lower fence is dead. A crash leaves a claim behind, and the next process sees that it is dead: by its process where that is of this machine, else
// because its file, which a living holder touches again and again, stands still. So is one that was copied with its folder:
// a claim says which file it is.
import { randomBytes, randomInt } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, LockstepError } from '@lockstep/core';
import { makeFolder } from '@lockstep/data';
import { type Life, lifeOf, type ProcessIdentity, thisProcess } from './process-identity.js';

/** A holder writes its claim again so often. */
const BEAT_MS = 2000;
/** A claim of another machine that stands still for so long is dead: its holder missed four beats. */
export const WATCH_MS = 10_000;
/** One that is so much older need not be watched: no clocks of machines that share a folder differ by that. */
export const OLD_MS = 600_000;
/** Two that claim at once withdraw and try again, after times of their own. */
const ATTEMPTS = 8;
const RETRY_MS = 300;

const NAME = /^claim-[0-9a-f]{16}\.json$/;

interface Claim extends ProcessIdentity {
  /** ISO 8601. */
  readonly since: string;
  /** Whether it has the folder, rather than wanting it. */
  readonly holds: boolean;
  /** The number that the file system gave its file; a copy of the file has another one. */
  readonly file: string;
  /** Of one that leads by an election; left out of all others. */
  readonly fence?: number | undefined;
}

/** Who wants it. */
type Contender = ProcessIdentity & Pick<Claim, 'fence'>;

/** A claim that was found; its content is undefined if it is not one of ours. */
export interface FoundClaim {
  readonly path: string;
  readonly claim: Claim | undefined;
  readonly mtimeMs: number;
  readonly isCopy: boolean;
}

export interface TakeOptions {
  /** Who takes it. */
  readonly identity?: ProcessIdentity;
  /** How long a claim that nothing is known of is watched for signs of life. */
  readonly watchMs?: number;
  /** Of one that leads by an election: claims with a lower fence are dead, whatever their holders do. */
  readonly fence?: number | undefined;
}

export class FolderClaim {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #made: string | undefined;
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;

  private constructor(path: string, handle: FileHandle, made: string | undefined, file: string) {
    this.#path = path;
    this.#handle = handle;
    this.#made = made;
    this.#file = file;
  }

  /**
   * Takes the folder, which is made if it is not there.
   *
   * @param options for tests
   * @throws LockstepError (code `in-use`) that says who has it; ConfigError if nothing can be written there
   */
  static async take(folder: string, options: TakeOptions = {}): Promise<FolderClaim> {
    const { identity = thisProcess(), watchMs = WATCH_MS, fence } = options;
    const who = { ...identity, since: new Date().toISOString(), fence };
    for (let attempt = 1; ; attempt++) {
      const own = await FolderClaim.#lay(folder, { ...who, holds: false });
      const rival = await own.#rival(folder, who, watchMs).catch(async (error) => {
        await own.release();
        throw error;
      });
      if (rival === undefined) {
        await own.#write({ ...who, holds: true, file: own.#file });
        own.#timer = setInterval(() => own.#beat(), BEAT_MS).unref();
        return own;
      }
      await own.release();
      if (rival.holds || attempt === ATTEMPTS) throw inUse(folder, rival);
      await sleep(randomInt(RETRY_MS));
    }
  }

  /** @throws LockstepError (code `in-use`) if somebody took the folder, since this process showed no life for long */
  async check(): Promise<void> {
    const isThere = await this.#handle.stat().then(
      ({ nlink }) => nlink > 0,
      ({ code }: NodeJS.ErrnoException) => code !== 'ESTALE',
    );
    if (isThere) return;
    throw new LockstepError(
      'in-use',
      `run: ${this.#path} was taken away: this process stood still, and another one has gone on with the run`,
    );
  }

  /** Gives the folder back; one that was made for the claim and holds nothing else goes, too. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#handle.close();
    await rm(this.#path, { force: true });
    if (this.#made !== undefined) await rmdir(this.#made).catch(() => undefined);
  }

  static async #lay(folder: string, claim: Omit<Claim, 'file'>): Promise<FolderClaim> {
    const path = join(folder, `claim-${randomBytes(8).toString('hex')}.json`);
    try {
      const made = (await makeFolder(folder)) === undefined ? undefined : folder;
      // Nobody sees a claim that is not whole.
      const file = await writeNumbered(`${path}.tmp`, claim);
      await rename(`${path}.tmp`, path);
      return new FolderClaim(path, await open(path, 'r+'), made, file);
    } catch (cause) {
      throw new ConfigError(`run: ${folder} cannot be written: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Somebody else whose claim is alive. Dead ones are removed. */
  async #rival(folder: string, self: Contender, watchMs: number): Promise<Claim | undefined> {
    const all = await findClaims(folder);
    const own = all.find(({ path }) => path === this.#path);
    for (const found of all) {
      if (found === own) continue;
      const life = isOutranked(found, self)
        ? 'gone'
        : await lifeOfClaim(found, self, own?.mtimeMs, watchMs);
      if (life === 'alive') return found.claim ?? { ...NOBODY, holds: true };
      await rm(found.path, { force: true });
    }
    return undefined;
  }

  #beat(): void {
    // A network file system takes it at once, unlike bytes. What fails is tried again; `check` notices who took the folder.
    this.#handle.utimes(new Date(), new Date()).catch(() => undefined);
  }

  async #write(claim: Claim): Promise<void> {
    await this.#handle.write(textOf(claim), 0);
  }
}

/**
 * For those who want to go on with a run: whether somebody works in its folder, without waiting for an answer.
 *
 * @param fence of one that leads by an election
 * @throws LockstepError (code `in-use`) if a process of this machine does
 */
export async function checkUnclaimed(folder: string, fence?: number): Promise<void> {
  const self = { ...thisProcess(), fence };
  for (const found of await findClaims(folder)) {
    const { claim, isCopy } = found;
    if (!claim?.holds || isCopy || isOutranked(found, self)) continue;
    if (lifeOf(claim, self) === 'alive') throw inUse(folder, claim);
  }
}

/** Whether whoever laid it leads no longer: it may live, and does nothing more. */
function isOutranked({ claim }: FoundClaim, { fence }: Contender): boolean {
  return fence !== undefined && claim?.fence !== undefined && claim.fence < fence;
}

/** @returns the file's number, which it holds itself */
async function writeNumbered(path: string, claim: Omit<Claim, 'file'>): Promise<string> {
  const handle = await open(path, 'wx');
  try {
    const file = numberOf(await handle.stat({ bigint: true }));
    await handle.writeFile(textOf({ ...claim, file }));
    return file;
  } finally {
    await handle.close();
  }
}

function numberOf({ ino }: { readonly ino: bigint }): string {
  return String(ino);
}

const NOBODY: Claim = {
  pid: 0,
  host: 'an unknown machine',
  machine: null,
  start: null,
  since: '',
  holds: true,
  file: '',
};

async function lifeOfClaim(
  found: FoundClaim,
  self: ProcessIdentity,
  now: number | undefined,
  watchMs: number,
): Promise<Exclude<Life, 'unknown'>> {
  // File systems whose numbers change exist, so a copy is watched, too, before it is called one.
  const life = found.claim && !found.isCopy ? lifeOf(found.claim, self) : 'unknown';
  if (life !== 'unknown') return life;
  if (now !== undefined && now - found.mtimeMs > OLD_MS) return 'gone';
  for (const end = performance.now() + watchMs; performance.now() < end; ) {
    await sleep(BEAT_MS / 8);
    const seen = await look(found.path);
    if (seen === undefined) return 'gone';
    if (seen.mtimeMs !== found.mtimeMs) return 'alive';
  }
  return 'gone';
}

/** Opened, because a network file system asks the server then. */
async function look(path: string): Promise<{ mtimeMs: number; file: string } | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  const status = await handle?.stat({ bigint: true }).catch(() => undefined);
  await handle?.close();
  return status && { mtimeMs: Number(status.mtimeNs) / 1e6, file: numberOf(status) };
}

export async function findClaims(folder: string): Promise<FoundClaim[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found: FoundClaim[] = [];
  for (const name of names.filter((name) => NAME.test(name))) {
    const path = join(folder, name);
    const seen = await look(path);
    if (seen === undefined) continue;
    const claim = await readClaim(path);
    const isCopy = claim?.file !== undefined && claim.file !== seen.file;
    found.push({ path, mtimeMs: seen.mtimeMs, claim, isCopy });
  }
  return found;
}

async function readClaim(path: string): Promise<Claim | undefined> {
  try {
    const claim: Partial<Claim> = JSON.parse(await readFile(path, 'utf8'));
    const isClaim = Number.isSafeInteger(claim.pid) && typeof claim.host === 'string';
    return isClaim ? (claim as Claim) : undefined;
  } catch {
    return undefined;
  }
}

/** As long for one that holds as for one that does not, since it is written over. */
function textOf({ holds, ...rest }: Claim): string {
  return `${JSON.stringify({ ...rest, holds: holds ? 1 : 0 })}\n`;
}

function inUse(folder: string, { pid, host, machine, start, since }: Claim): LockstepError {
  const self = thisProcess();
  // In two containers both may have process id 1, and one name.
  const isSelf = pid === self.pid && machine === self.machine && start === self.start;
  const who = isSelf ? 'this process itself' : `process ${pid} on ${host}`;
  const when = since ? `, since ${since}` : '';
  return new LockstepError(
    'in-use',
    `run: another is at work in ${folder}: ${who}${when}. Wait for its end, or stop it`,
  );
}
