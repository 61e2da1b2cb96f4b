// `lockstep train`: flags become a run on this machine's cores. What a run is, the trainer knows.
import { resume, type TrainingRun, train } from '@lockstep/trainer';
import type { Command } from 'commander';
import { threadLanes } from './dashboard/lanes.js';
import { addDashboardOption } from './dashboard/place.js';
import { watchRun } from './dashboard/watch-run.js';
import { noteQuota } from './default-threads.js';
import { type FollowOptions, follow, followThreads } from './follow.js';
import { givenOptions } from './given.js';
import { goOnOrBegin } from './go-on.js';
import { addRunOptions } from './new-run.js';
import { noteKernels } from './note-kernels.js';
import { addMachineOptions, type TrainFlags, WATCH_FLAGS } from './options.js';
import { reportProfile } from './profile.js';
import { performRun, type RunCommand } from './run-command.js';
import type { Perform, Session } from './session.js';
import { refuseClusters } from './whose-run.js';

const EXAMPLES = `
Examples:
  $ lockstep train
  $ lockstep train --dataset fashion-mnist --hidden 256,128 --epochs 10 --batch-size 256
  $ lockstep train --csv flowers.csv --target species --epochs 50
  $ lockstep train --optimizer sgd --learning-rate 0.1 --momentum 0.9 --json > run.jsonl
  $ lockstep train --resume runs/2026-11-23T09-41-00Z-mnist-mlp
  $ lockstep train --out runs/nightly --continue

The same flags give the same bytes on any number of threads; --threads and --checkpoint-every
never change them.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addTrainCommand(program: Command, perform: Perform): void {
  const command = program
    .command('train')
    .description("train a network on this machine's cores")
    .addHelpText('after', EXAMPLES);
  addRunOptions(command);
  addMachineOptions(command);
  command.option('--profile', 'time every kernel; prints a table and writes a trace', false);
  addDashboardOption(command);
  command.action(() =>
    perform(async (session) => {
      const given = await goOnOrBegin(givenOptions<TrainFlags>(command));
      await performRun(onThreads(given.flags, session), given, session);
    }),
  );
}

function onThreads(flags: TrainFlags, session: Session): RunCommand<TrainFlags, TrainingRun> {
  const { threads, kernels, profile, dashboard } = flags;
  const how = { threads, kernels, profile, lanes: dashboard !== undefined };
  return {
    name: 'train',
    how: ['dataDir', 'offline', 'threads', 'kernels', 'checkpointEvery', ...WATCH_FLAGS],
    begin: (options) => train({ ...options, ...how }),
    goOn: async (options) => {
      await refuseClusters(options.out);
      return resume({ ...options, ...how });
    },
    follow: async (run, { isNew, page, ...followed }) => {
      noteQuota(threads, session.screen);
      noteKernels(kernels, session.screen);
      const { out } = followed;
      const watch = await watchRun(
        run,
        page,
        {
          ...{ command: 'train', out, isNew, lanes: threadLanes(run), workers: () => [] },
          checkpoint: () => run.checkpoint(),
        },
        session,
      );
      const { live, onEvent } = followThreads(run, session, isNew);
      const hear: FollowOptions['onEvent'] = async (event) => {
        watch.onEvent(event);
        await onEvent?.(event);
      };
      try {
        const { onStopped } = watch;
        await follow(run, session, { live, ...followed, isNew, onEvent: hear, onStopped });
        await watch.stay();
      } catch (error) {
        watch.fail(error);
        throw error;
      } finally {
        await watch.close();
      }
      await reportProfile(run, followed.out, session);
    },
  };
}
