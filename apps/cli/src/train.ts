// `lockstep train`: flags become a run on this machine's cores. What a run is, the trainer knows.
// Invariant: everything that can be wrong with the input is found before the run's folder is made.
import { basename } from 'node:path';
import { readWeights, type TrainOptions, train } from '@lockstep/trainer';
import { type Command, Option } from 'commander';
import { checkDataRequest, loadData, requestOf } from './dataset-source.js';
import { follow } from './follow.js';
import { findModel } from './model-source.js';
import { decimalNumber, nonEmpty, shardCount, wholeNumber } from './option-values.js';
import {
  addDataOptions,
  addMachineOptions,
  addModelOptions,
  type Given,
  givenOptions,
  type TrainFlags,
} from './options.js';
import { originOf } from './origin.js';
import { reportProfile } from './profile.js';
import { resumeRun } from './resume.js';
import { checkOut, claimDefaultOut, releaseOut, runName } from './run-out.js';
import type { Perform, Session } from './session.js';
import { buildLoss, buildOptimizer, OPTIMIZER_NAMES } from './training-parts.js';

const EXAMPLES = `
Examples:
  $ lockstep train
  $ lockstep train --dataset fashion-mnist --hidden 256,128 --epochs 10 --batch-size 256
  $ lockstep train --optimizer sgd --learning-rate 0.1 --momentum 0.9 --json > run.jsonl
  $ lockstep train --resume runs/2026-11-23T09-41-00Z-mnist-mlp

The same flags give the same bytes on any number of threads; --workers and --checkpoint-every
never change them.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addTrainCommand(program: Command, perform: Perform): void {
  const command = program
    .command('train')
    .description("train a network on this machine's cores")
    .addHelpText('after', EXAMPLES);
  addDataOptions(command);
  command.option('--limit-train <n>', 'the first N training samples only', wholeNumber(1));
  addModelOptions(command, '128,64');
  command
    .option('--init <file>', 'start from the weights in this safetensors file', nonEmpty)
    .optionsGroup('Training:')
    .option('--epochs <n>', 'passes over the data; 0 writes the initial weights', wholeNumber(0), 5)
    .option('--batch-size <n>', 'samples of a step', wholeNumber(1), 64)
    .addOption(
      new Option('--optimizer <name>', 'how weights are updated')
        .choices(OPTIMIZER_NAMES)
        .default('adam'),
    )
    .option('--learning-rate <x>', 'step size', decimalNumber(), 0.001)
    .option('--momentum <x>', 'of sgd (default: 0)', decimalNumber(1))
    .option('--weight-decay <x>', 'default: 0; 0.01 for adamw', decimalNumber())
    .option('--seed <n>', 'of initial weights and order', wholeNumber(0), 0)
    .option(
      '--shards <n>',
      'a power of two; at most so many threads have work (default: by batch size)',
      shardCount,
    )
    .option('--no-shuffle', 'take the samples in the order of the files (default: shuffled)')
    .option('--drop-last', 'leave out the last batch of an epoch if it is short', false)
    .optionsGroup('Run folder:')
    .option('--out <dir>', "the run's folder (default: runs/<time>-<name>)", nonEmpty)
    .option(
      '--checkpoint-every <n>',
      'steps between checkpoints (default: an epoch)',
      wholeNumber(1),
    )
    .option('--resume <dir>', 'go on with the run in this folder', nonEmpty);
  addMachineOptions(command);
  command.option('--profile', 'time every kernel; prints a table and writes a trace', false);
  command.action(() => {
    const given = givenOptions<TrainFlags>(command);
    const { resume } = given.flags;
    return perform((session) =>
      resume === undefined ? startRun(given, session) : resumeRun(given, resume, session),
    );
  });
}

async function startRun(given: Given<TrainFlags>, session: Session): Promise<void> {
  const { flags } = given;
  const { screen, signal } = session;
  const loss = buildLoss(flags.loss);
  const optimizer = buildOptimizer(flags);
  const request = requestOf(flags);
  checkDataRequest(request);
  if (flags.out !== undefined) await checkOut(flags.out);
  const model = await findModel(given);
  const parameters = flags.init === undefined ? undefined : await readWeights(flags.init);
  const data = await loadData(request, screen, signal);
  const options: TrainOptions = {
    model: model(data.train),
    data: { train: data.train, test: data.test },
    loss,
    optimizer,
    epochs: flags.epochs,
    batchSize: flags.batchSize,
    seed: flags.seed,
    shuffle: flags.shuffle,
    dropLast: flags.dropLast,
    origin: originOf(given),
    signal,
    profile: flags.profile,
    ...(flags.shards !== undefined && { shards: flags.shards }),
    ...(flags.workers !== undefined && { workers: flags.workers }),
    ...(flags.checkpointEvery !== undefined && { checkpointEvery: flags.checkpointEvery }),
    ...(parameters !== undefined && { parameters }),
  };
  signal.throwIfAborted();
  const name = runName(flags.dataset, flags.model);
  const out = flags.out ?? (await claimDefaultOut(name, session.now()));
  try {
    const run = train({ ...options, out, name: basename(out) });
    await follow(run, session, { out, isNew: true });
    await reportProfile(run, out, session);
  } finally {
    if (flags.out === undefined) await releaseOut(out);
  }
}
