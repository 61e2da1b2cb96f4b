// `lockstep train`: flags become a run on this machine's cores. What a run is, the trainer knows.
import { train } from '@lockstep/trainer';
import type { Command } from 'commander';
import { noteQuota } from './default-threads.js';
import { follow, followThreads } from './follow.js';
import { addRunOptions, withNewRun } from './new-run.js';
import { addMachineOptions, givenOptions, type TrainFlags } from './options.js';
import { reportProfile } from './profile.js';
import { HOW_TO_TRAIN, resumeRun } from './resume.js';
import type { Perform } from './session.js';

const EXAMPLES = `
Examples:
  $ lockstep train
  $ lockstep train --dataset fashion-mnist --hidden 256,128 --epochs 10 --batch-size 256
  $ lockstep train --optimizer sgd --learning-rate 0.1 --momentum 0.9 --json > run.jsonl
  $ lockstep train --resume runs/2026-11-23T09-41-00Z-mnist-mlp

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
  command.action(() => {
    const given = givenOptions<TrainFlags>(command);
    const { flags } = given;
    return perform((session) =>
      flags.resume !== undefined
        ? resumeRun(given, flags.resume, session)
        : withNewRun(given, session, async (options) => {
            const { threads, profile } = flags;
            noteQuota(threads, session.screen);
            const run = train({ ...options, threads, profile });
            await follow(run, session, {
              ...followThreads(run, session, true),
              again: ['train', ...given.again(...HOW_TO_TRAIN)],
              out: options.out,
            });
            await reportProfile(run, options.out, session);
          }),
    );
  });
}
