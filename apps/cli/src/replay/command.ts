// `lockstep replay`: a step of a run in a folder is computed again, and compared with what the run recorded.
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { NonFiniteError } from '@lockstep/core';
import { type RunReplay, readMetricsFaults, readRun } from '@lockstep/trainer';
import { stepsPerEpoch } from '@lockstep/tree';
import { type Command, Option } from 'commander';
import { noteQuota } from '../default-threads.js';
import { endingWords } from '../ending-words.js';
import { isInputError, UsageError } from '../errors.js';
import { givenOptions } from '../given.js';
import { noteKernels } from '../note-kernels.js';
import { localPath, MOST, wholeNumber } from '../option-values.js';
import { addMachineOptions } from '../options.js';
import { cut } from '../progress-line.js';
import { addRecordedDataOptions } from '../recorded-data.js';
import type { Perform, Session } from '../session.js';
import { formatCount } from '../wording.js';
import { checkNewFile } from '../writable-place.js';
import { journalOf, openRun, type ReplayFlags } from './open-run.js';

interface StepFlags extends ReplayFlags {
  readonly step: number;
  readonly from?: number;
  readonly out?: string;
}

const EXAMPLES = `
Examples:
  $ lockstep replay runs/2026-11-23T09-41-00Z-mnist-mlp --step 1200
  $ lockstep replay runs/mine --step 4690 --from 0
  $ lockstep replay runs/mine --step 937 --out before.safetensors

A run's folder keeps its newest checkpoints, so an older step is computed from the run's beginning. It is only read: the run
may be going on. Exit status: 0 as recorded, or nothing was recorded; 1 differs, or what was recorded of the step cannot be read.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addReplayCommand(program: Command, perform: Perform): void {
  const command = program
    .command('replay')
    .description('compute a step of a run again, and compare it with what the run recorded')
    .argument('<run>', "a run's folder, of train or coordinator")
    .addHelpText('after', EXAMPLES)
    .addOption(
      new Option('--step <n>', 'the state after so many steps, from 1')
        .argParser(wholeNumber(1, MOST.steps))
        .makeOptionMandatory(),
    )
    .option(
      '--from <m>',
      'begin at this step or before it, and compare every step from there on (default: the step before)',
      wholeNumber(0, MOST.steps),
    )
    .option(
      '--out <file>',
      "write the step's state there, as a checkpoint: weights, optimizer, buffers",
      localPath,
    );
  addRecordedDataOptions(command);
  addMachineOptions(command);
  command.action((run: string) => {
    const { flags } = givenOptions<StepFlags>(command);
    return perform((session) => replayStep(run, flags, session));
  });
}

async function replayStep(run: string, flags: StepFlags, session: Session): Promise<void> {
  const { step, from, out } = flags;
  const { screen, reporter, now, markFailed } = session;
  await checkSteps(run, flags);
  if (out !== undefined) await checkOut(out, run);
  await warnOfRecords(run, session);
  const replay = await openRun({ operation: 'replay', out: run }, flags, session);
  noteQuota(flags.threads, screen);
  noteKernels(flags.kernels, screen);
  try {
    const replayed = await computing(replay, step, session, () =>
      replay.replay({ step, from }).catch((error) => failedAgain(error, replay)),
    );
    if (out !== undefined) await replay.write(out);
    const { path, compared, ...others } = replayed;
    const told = compared.map(({ fault }) => fault);
    for (const { reason } of replayed.refused) {
      if (!told.includes(reason)) screen.warn(`passed over: ${reason}`);
    }
    const isSame = compared.length === 0 ? null : compared.every((one) => one.isSame);
    reporter.report({
      ...{ event: 'replayed', time: now().toISOString(), run: resolve(run) },
      ...{ ...others, compared, isSame, checkpoint: path },
      out: out === undefined ? null : resolve(out),
    });
    if (isSame === false) markFailed();
  } finally {
    await replay.close();
  }
}

/** What cannot be compared, because it cannot be read, is no sign that nothing was recorded. */
async function warnOfRecords(run: string, { screen }: Session): Promise<void> {
  const faults = [
    ...(await readMetricsFaults(run, await readRun(run))),
    ...(await journalOf(run)).faults,
  ];
  for (const { kind, message } of faults) if (kind !== 'missing') screen.warn(message);
}

/** A run that failed by its numbers fails again: what was recorded of that is said beside it. */
async function failedAgain(error: unknown, replay: RunReplay): Promise<never> {
  if (!(error instanceof NonFiniteError)) throw error;
  const ending = (await replay.ending()) ?? null;
  const words = `${error.message}. Of the run itself is recorded: ${endingWords(ending)}`;
  throw new NonFiniteError(error.step, words, { cause: error });
}

/** Shows how far it has come meanwhile. What fails in it is a failure, unless the input is what was wrong. */
export async function computing<T>(
  replay: RunReplay,
  step: number,
  { screen, markBegun }: Session,
  work: () => Promise<T>,
): Promise<T> {
  screen.show((columns) =>
    replay.step === undefined
      ? ''
      : cut(`step ${formatCount(replay.step)} of ${formatCount(step)}`, columns),
  );
  try {
    return await work();
  } catch (error) {
    if (!isInputError(error)) markBegun();
    throw error;
  } finally {
    screen.hide();
  }
}

/** @throws UsageError if the run has no such steps, before its data is read; what reading it throws */
async function checkSteps(run: string, { step, from }: StepFlags): Promise<void> {
  const { config, dataset } = await readRun(run);
  const steps = config.epochs * stepsPerEpoch({ ...config, samples: dataset.train });
  if (step > steps) {
    throw new UsageError(`--step ${step}: the run in ${run} has ${formatCount(steps)} steps`);
  }
  if (from !== undefined && from >= step) {
    throw new UsageError(`--from ${from}: expected a step before --step ${step}`);
  }
}

/** @throws UsageError if it cannot be written, something would be lost, or it would change the run's folder */
async function checkOut(out: string, run: string): Promise<void> {
  const place = relative(resolve(run), resolve(out));
  const isInside = !isAbsolute(place) && place.split(sep)[0] !== '..';
  if (isInside) {
    throw new UsageError(`--out ${out}: it is in the run's folder, which stays as it is`);
  }
  await checkNewFile({ operation: 'replay', path: out });
}
