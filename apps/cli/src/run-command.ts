// What `train` and `coordinator` do alike: a new run with its folder, or one that goes on in its folder, is made, watched and
// followed. Who computes it is the command's.
import { type DashboardServer, readEvents } from '@lockstep/dashboard';
import type {
  NewRunOptions,
  OldRunOptions,
  RefusedCheckpoint,
  WatchOptions,
} from '@lockstep/trainer';
import { openPage } from './dashboard/watch-run.js';
import type { FollowOptions, RunCommandName } from './follow.js';
import type { Given } from './given.js';
import { holdsRun } from './go-on.js';
import type { Mirror } from './mirror/mirror.js';
import { withNewRun } from './new-run.js';
import { tellNext } from './next-commands.js';
import type { RunFlags } from './options.js';
import { PLACE_FLAGS, type RecordedData } from './recorded-data.js';
import { loadRecordedData } from './resume.js';
import { checkHoldsRun } from './run-room.js';
import type { Session } from './session.js';
import type { Watched } from './watcher.js';
import { prepareWatchers, type Watchers } from './watchers.js';

/** Where a run lies, what is typed to go on with it, and who looks on. */
export interface RunPlace extends Pick<FollowOptions, 'out' | 'again' | 'watchers'> {
  /** Whether the user can still choose what it is. */
  readonly isNew: boolean;
  /** Where it is watched in a browser, if that is asked for. */
  readonly page: DashboardServer | undefined;
}

/** A command that computes runs. */
export interface RunCommand<F extends RunFlags, R extends Watched> {
  readonly name: RunCommandName;
  /** Flags that say how a run is computed or watched, and not what it is: they are given again to go on with it. */
  readonly how: readonly (keyof F & string)[];
  begin(options: NewRunOptions): R;
  goOn(
    options: OldRunOptions,
  ): Promise<{ readonly run: R; readonly refused: readonly RefusedCheckpoint[] }>;
  /** To its end. */
  follow(run: R, followed: RunPlace): Promise<void>;
  /** Of one of several that may compute the run: waits until it does. @returns its fence */
  readonly turn?: (() => Promise<number>) | undefined;
}

/** @throws what `prepareWatchers`, `withNewRun`, `loadRecordedData` and the command throw */
export async function performRun<F extends RunFlags, R extends Watched>(
  command: RunCommand<F, R>,
  given: Given<F>,
  session: Session,
): Promise<void> {
  session.stopsAt('after-step');
  const { mirror: url } = given.flags;
  const mirror =
    url === undefined ? undefined : (await import('./mirror/home.js')).openMirror(url, session);
  const watchers = await prepareWatchers(given.flags, session, command.name, mirror);
  const out = await watchers.during(async () => {
    const page = await openPage(given.flags, session);
    try {
      return await computeRun(command, given, { watchers, page, mirror }, session);
    } finally {
      await page?.close();
    }
  });
  if (!given.flags.json) await tellNext(out, given.flags, session);
}

/** @returns the run's folder */
async function computeRun<F extends RunFlags, R extends Watched>(
  command: RunCommand<F, R>,
  given: Given<F>,
  {
    watchers,
    page,
    mirror,
  }: Pick<RunPlace, 'page'> & {
    readonly watchers: Watchers;
    readonly mirror: Mirror | undefined;
  },
  session: Session,
): Promise<string> {
  const { checkpointEvery } = given.flags;
  // Of a new run the data is what it is; where that lies now is said again.
  const places =
    given.flags.resume === undefined ? [] : (PLACE_FLAGS as readonly (keyof F & string)[]);
  const again = [command.name, ...given.again(...new Set([...command.how, ...places]))] as const;
  const follow = async (
    place: Pick<RunPlace, 'out' | 'isNew'>,
    make: (watch: Pick<WatchOptions, 'onEpoch' | 'onStep'>) => R | Promise<R>,
  ): Promise<string> => {
    const run = await make(watchers.callbacks(place.out));
    await watchers.begin(run, place.out);
    await command.follow(run, { ...place, again, watchers, page });
    return place.out;
  };
  const goOn = async (out: string, { checked }: RecordedData): Promise<string> => {
    // Its curves at the end are those of the whole run.
    if (session.screen.isLive) session.reporter.recall?.(await readEvents(out));
    return follow({ out, isNew: false }, async (watch) => {
      const { signal } = session;
      const { run, refused } = await checked((data) =>
        command.goOn({ out, data, checkpointEvery, signal, ...watch }),
      );
      for (const { path, reason } of refused) {
        session.screen.warn(`${path} is passed over for an older checkpoint: ${reason}`);
      }
      return run;
    });
  };
  const place = { command, mirror, session, flags: given.flags };
  const mayGoOn = command.turn !== undefined || given.flags.continue === true;
  const resume = await oldRun(command, given);
  if (resume !== undefined) {
    await takeNewest(place, resume);
    await checkHoldsRun(resume, mirror?.store.url);
    // Read before it is this process's turn, which may be long after.
    const data = await loadRecordedData(given, resume, session);
    await takePlace(place, resume, true);
    return goOn(resume, data);
  }
  return withNewRun(given, { how: command.how, mayGoOn }, session, async (options) => {
    const { out, data } = options;
    if (await takePlace(place, out, mayGoOn)) {
      return goOn(out, await loadRecordedData(given, out, session, data));
    }
    return follow({ out, isNew: true }, (watch) => command.begin({ ...options, ...watch }));
  });
}

interface TakenPlace {
  readonly command: Pick<RunCommand<never, never>, 'turn'>;
  readonly mirror: Mirror | undefined;
  readonly session: Session;
  readonly flags: RunFlags;
}

/** The folder of a run to go on with; of one of several that may compute it, if there is one. */
async function oldRun<F extends RunFlags, R extends Watched>(
  { turn }: RunCommand<F, R>,
  { flags: { resume, out } }: Given<F>,
): Promise<string | undefined> {
  return resume ?? (turn && out !== undefined && (await holdsRun(out)) ? out : undefined);
}

/** Makes the folder hold the newest that there is of the run. */
async function takeNewest(
  { mirror, session, flags }: TakenPlace,
  out: string,
  fence?: number,
): Promise<void> {
  if (!mirror) return;
  mirror.fence = fence ?? null;
  const flag = flags.resume === undefined || flags.continue ? '--out' : '--resume';
  const { takeNewest: take } = await import('./mirror/home.js');
  await take(mirror, { flag, out, flags, fence }, session);
}

/**
 * Waits until it is this process's turn, and looks what there is of the run then.
 *
 * @param mayGoOn whether it may have begun elsewhere
 * @returns whether there is one to go on with
 * @throws UsageError if one that must be new has begun elsewhere
 */
async function takePlace(place: TakenPlace, out: string, mayGoOn: boolean): Promise<boolean> {
  const { command, mirror, session } = place;
  const fence = await command.turn?.();
  if (!mayGoOn) {
    if (mirror) await (await import('./mirror/home.js')).refuseTaken(mirror, session);
    return false;
  }
  await takeNewest(place, out, fence);
  return holdsRun(out);
}
