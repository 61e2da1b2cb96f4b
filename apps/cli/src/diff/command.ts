// `lockstep diff`: where two runs part, or how the tensors of two files differ.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { givenOptions } from '../given.js';
import { addMachineOptions } from '../options.js';
import { addRecordedDataOptions } from '../recorded-data.js';
import type { ReplayFlags } from '../replay/open-run.js';
import type { Perform, Session } from '../session.js';
import { diffFiles } from './files.js';
import { diffRuns } from './runs.js';

interface DiffFlags extends ReplayFlags {
  readonly exact: boolean;
}

const EXAMPLES = `
Examples:
  $ lockstep diff runs/mine runs/yours
  $ lockstep diff runs/mine runs/with-momentum --exact
  $ lockstep diff runs/mine/weights.safetensors from-pytorch.safetensors --json

Two runs are compared by their settings, by what both recorded of the same steps, and, where the settings are equal and
the records are not, by computing both. What is damaged, missing or contradicts another record of the same run is told by name.
Exit status: 0 what both have is the same (what one side lacks is told), 1 they differ, or it cannot be known since something
in a run's folder is damaged, 2 a file that is given, or a run.json, is damaged or not there.`;

/** Adds the command to a program; `perform` runs what it does. */
export function addDiffCommand(program: Command, perform: Perform): void {
  const command = program
    .command('diff')
    .description('where two runs part, down to the step, the tensor and the number; or two files')
    .argument('<left>', "a run's folder, or a file: a checkpoint, a model, safetensors or npz")
    .argument('<right>', 'another')
    .addHelpText('after', EXAMPLES)
    .addOption(
      new Option(
        '--exact',
        'compute both runs to find the step at which they part (default: where their settings are equal)',
      ).default(false),
    );
  addRecordedDataOptions(command);
  addMachineOptions(command);
  command.action((left: string, right: string) => {
    const { flags } = givenOptions<DiffFlags>(command);
    return perform((session) => diff({ left, right }, flags, session));
  });
}

async function diff(
  paths: { readonly left: string; readonly right: string },
  flags: DiffFlags,
  session: Session,
): Promise<void> {
  const areRuns = [await isRun(paths.left), await isRun(paths.right)];
  if (areRuns.every(Boolean)) return diffRuns(paths, flags, session);
  if (flags.exact) {
    throw new UsageError('--exact computes runs; give two folders of runs, or leave it out');
  }
  return diffFiles(paths, session);
}

/** @throws UsageError if there is nothing, or a folder that is no run's */
async function isRun(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new UsageError(`diff: there is no file or folder ${path}`);
  if (!found.isDirectory()) return false;
  if (await stat(join(path, 'run.json')).catch(() => undefined)) return true;
  throw new UsageError(`diff: the folder ${path} holds no run (no run.json); give a file in it`);
}
