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
import type { FollowOptions } from './follow.js';
import type { Given } from './given.js';
import { withNewRun } from './new-run.js';
import { tellNext } from './next-commands.js';
import type { RunFlags } from './options.js';
import { loadRecordedData } from './resume.js';
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
  readonly name: 'train' | 'coordinator';
  /** Flags that say how a run is computed or watched, and not what it is: they are given again to go on with it. */
  readonly how: readonly (keyof F & string)[];
  begin(options: NewRunOptions): R;
  goOn(
    options: OldRunOptions,
  ): Promise<{ readonly run: R; readonly refused: readonly RefusedCheckpoint[] }>;
  /** To its end. */
  follow(run: R, followed: RunPlace): Promise<void>;
}

/** @throws what `prepareWatchers`, `withNewRun`, `loadRecordedData` and the command throw */
export async function performRun<F extends RunFlags, R extends Watched>(
  command: RunCommand<F, R>,
  given: Given<F>,
  session: Session,
): Promise<void> {
  session.stopsAt('after-step');
  const watchers = await prepareWatchers(given.flags, session);
  const out = await watchers.during(async () => {
    const page = await openPage(given.flags, session);
    try {
      return await computeRun(command, given, { watchers, page }, session);
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
  { watchers, page }: Pick<RunPlace, 'page'> & { readonly watchers: Watchers },
  session: Session,
): Promise<string> {
  const { resume, checkpointEvery } = given.flags;
  const again = [command.name, ...given.again(...command.how)] as const;
  const follow = async (
    place: Pick<RunPlace, 'out' | 'isNew'>,
    make: (watch: Pick<WatchOptions, 'onEpoch' | 'onStep'>) => R | Promise<R>,
  ): Promise<string> => {
    const run = await make(watchers.callbacks(place.out));
    await watchers.begin(run, place.out);
    await command.follow(run, { ...place, again, watchers, page });
    return place.out;
  };
  if (resume === undefined) {
    return withNewRun(given, command.how, session, (options) =>
      follow({ out: options.out, isNew: true }, (watch) => command.begin({ ...options, ...watch })),
    );
  }
  const data = await loadRecordedData(given, resume, session);
  // Its curves at the end are those of the whole run.
  if (session.screen.isLive) session.reporter.recall?.(await readEvents(resume));
  return follow({ out: resume, isNew: false }, async (watch) => {
    const { signal } = session;
    const { run, refused } = await command.goOn({
      ...{ out: resume, data, checkpointEvery, signal, ...watch },
    });
    for (const { path, reason } of refused) {
      session.screen.warn(`${path} is passed over for an older checkpoint: ${reason}`);
    }
    return run;
  });
}
