// What `train` and `coordinator` do alike: a new run with its folder, or one that goes on in its folder, is made and
// followed. Who computes it is the command's.
import type { NewRunOptions, OldRunOptions, RefusedCheckpoint } from '@lockstep/trainer';
import type { FollowOptions } from './follow.js';
import type { Given } from './given.js';
import { withNewRun } from './new-run.js';
import type { RunFlags } from './options.js';
import { loadRecordedData } from './resume.js';
import type { Session } from './session.js';

/** Where a run lies, and what is typed to go on with it. */
export interface RunPlace extends Pick<FollowOptions, 'out' | 'again'> {
  /** Whether the user can still choose what it is. */
  readonly isNew: boolean;
}

/** A command that computes runs. */
export interface RunCommand<F extends RunFlags, R> {
  readonly name: 'train' | 'coordinator';
  /** Flags that say how a run is computed, and not what it is: they are given again to go on with it. */
  readonly how: readonly (keyof F & string)[];
  begin(options: NewRunOptions): R;
  goOn(
    options: OldRunOptions,
  ): Promise<{ readonly run: R; readonly refused: readonly RefusedCheckpoint[] }>;
  /** To its end. */
  follow(run: R, followed: RunPlace): Promise<void>;
}

/** @throws what `withNewRun`, `loadRecordedData` and the command throw */
export async function performRun<F extends RunFlags, R>(
  command: RunCommand<F, R>,
  given: Given<F>,
  session: Session,
): Promise<void> {
  const { resume: out, checkpointEvery } = given.flags;
  const again = [command.name, ...given.again(...command.how)] as const;
  if (out === undefined) {
    await withNewRun(given, command.how, session, (options) =>
      command.follow(command.begin(options), { out: options.out, again, isNew: true }),
    );
    return;
  }
  const data = await loadRecordedData(given, out, session);
  const { run, refused } = await command.goOn({
    ...{ out, data, checkpointEvery },
    signal: session.signal,
  });
  for (const { path, reason } of refused) {
    session.screen.warn(`${path} is passed over for an older checkpoint: ${reason}`);
  }
  await command.follow(run, { out, again, isNew: false });
}
