// Where downloads are kept between runs.
// Invariant: there is always an answer, also for a user without a home; and it is never a folder in which strangers could
// have laid something ready. Only paths: it need not exist, and whether it can be written is for the writer to find out.
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { checkOptions } from '@lockstep/errors';

export interface CacheLocation {
  /** Wins over everything else. */
  readonly cacheDir?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** As `process.platform` says it. */
  readonly platform?: string;
  /** The user's home; undefined where there is none. */
  readonly home?: () => string | undefined;
  /** Where a folder of the user's own is made who has no home. */
  readonly temporary?: string;
}

/**
 * The folder in which downloads are kept, one sub-folder a dataset: `cacheDir`, else LOCKSTEP_CACHE,
 * else XDG_CACHE_HOME/lockstep, else the platform's place: ~/Library/Caches/lockstep,
 * %LOCALAPPDATA%\lockstep\Cache or ~/.cache/lockstep; without a home, a folder for this user alone among the temporary
 * files. It need not exist.
 *
 * Source: XDG Base Directory Specification 0.8 (a relative XDG_CACHE_HOME is to be ignored).
 */
export function cacheFolder(location: CacheLocation = {}): string {
  checkOptions('cacheFolder', location, {
    cacheDir: true,
    env: true,
    platform: true,
    home: true,
    temporary: true,
  });
  const { cacheDir, env = process.env, platform = process.platform, home = findHome } = location;
  if (cacheDir !== undefined) return cacheDir;
  if (env.LOCKSTEP_CACHE) return env.LOCKSTEP_CACHE;
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) {
    return join(env.XDG_CACHE_HOME, 'lockstep');
  }
  if (platform === 'win32' && env.LOCALAPPDATA) {
    return join(env.LOCALAPPDATA, 'lockstep', 'Cache');
  }
  const found = home();
  if (found === undefined) return privateFolder(location.temporary ?? tmpdir());
  if (platform === 'darwin') return join(found, 'Library', 'Caches', 'lockstep');
  if (platform === 'win32') return join(found, 'AppData', 'Local', 'lockstep', 'Cache');
  return join(found, '.cache', 'lockstep');
}

/** A container's arbitrary user has no HOME and no entry in /etc/passwd; `homedir` throws then. */
function findHome(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    return undefined;
  }
}

/** The same at every call, unless somebody else has taken the name. */
function privateFolder(parent: string): string {
  const user = process.getuid?.() ?? 'user';
  const folder = join(parent, `lockstep-cache-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  } catch (error) {
    // Nothing can be made here: whoever wants to keep something will be told so.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return folder;
  }
  const found = lstatSync(folder, { throwIfNoEntry: false });
  const isOwn =
    found?.isDirectory() &&
    (process.platform === 'win32' || (found.uid === user && (found.mode & 0o022) === 0));
  return isOwn ? folder : `${folder}-${randomBytes(8).toString('hex')}`;
}
