// The flags that say how the learning rate goes over a run, in epochs or in steps, and the schedule that they come to.
import {
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  oneCycleSchedule,
  type Schedule,
  stepSchedule,
  warmupSchedule,
} from '@lockstep/core';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dashed } from './data-sources/list.js';
import { UsageError } from './errors.js';
import { decimalNumber, MOST, wholeNumber } from './option-values.js';

export interface ScheduleFlags {
  readonly schedule?: string;
  readonly scheduleEpochs?: number;
  readonly scheduleSteps?: number;
  readonly scheduleGamma?: number;
  readonly scheduleMinimum?: number;
  readonly warmupEpochs?: number;
  readonly warmupSteps?: number;
  readonly warmupStart?: number;
}

const DEFAULT_GAMMA = 0.1;

/** What each makes of the flags. */
const SCHEDULES: Readonly<Record<string, (flags: ScheduleFlags) => Schedule>> = {
  constant: () => constantSchedule(),
  step: (flags) => stepSchedule({ ...periodOf(flags), gamma: gammaOf(flags) }),
  exponential: (flags) => exponentialSchedule({ ...periodOf(flags), gamma: gammaOf(flags) }),
  cosine: (flags) => cosineSchedule({ ...lengthOf(flags), minimum: flags.scheduleMinimum ?? 0 }),
  'one-cycle': (flags) => oneCycleSchedule(lengthOf(flags)),
};

/** Which schedules each flag goes with. */
const GOES_WITH: Readonly<Partial<Record<keyof ScheduleFlags, readonly string[]>>> = {
  scheduleEpochs: ['step', 'exponential', 'cosine', 'one-cycle'],
  scheduleSteps: ['step', 'exponential', 'cosine', 'one-cycle'],
  scheduleGamma: ['step', 'exponential'],
  scheduleMinimum: ['cosine'],
};

export function addScheduleOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--schedule <name>',
        'how the learning rate goes over the run (default: constant)',
      ).choices(Object.keys(SCHEDULES)),
    )
    .option(
      '--schedule-epochs <x>',
      'the length of cosine and one-cycle (default: to the end), or between two factors of step and exponential (default: 1)',
      positive,
    )
    .option('--schedule-steps <n>', 'the same in steps', wholeNumber(1, MOST.steps))
    .option(
      '--schedule-gamma <x>',
      `the factor of step and exponential (default: ${DEFAULT_GAMMA})`,
      positive,
    )
    .option(
      '--schedule-minimum <x>',
      'the learning rate that cosine ends at (default: 0)',
      decimalNumber(),
    )
    .option(
      '--warmup-epochs <x>',
      'let the learning rate rise in a line first (default: none)',
      positive,
    )
    .option('--warmup-steps <n>', 'the same in steps', wholeNumber(1, MOST.steps))
    .option(
      '--warmup-start <x>',
      'the part of the learning rate that it rises from (default: 1/3)',
      partAbove0,
    );
}

/** @throws UsageError if flags do not go together */
export function buildSchedule(flags: ScheduleFlags): Schedule | undefined {
  const name = flags.schedule ?? 'constant';
  for (const [flag, names] of Object.entries(GOES_WITH)) {
    if (flags[flag as keyof ScheduleFlags] === undefined || names.includes(name)) continue;
    throw new UsageError(`${dashed(flag)} goes with --schedule ${names.join(' or ')}`);
  }
  refuseBoth(flags, 'scheduleEpochs', 'scheduleSteps');
  refuseBoth(flags, 'warmupEpochs', 'warmupSteps');
  const { warmupEpochs: epochs, warmupSteps: steps, warmupStart: startFactor } = flags;
  const next = flags.schedule === undefined ? undefined : SCHEDULES[name]!(flags);
  if (epochs === undefined && steps === undefined) {
    if (startFactor === undefined) return next;
    throw new UsageError('--warmup-start goes with --warmup-epochs or --warmup-steps');
  }
  return warmupSchedule<Schedule>({
    ...{ epochs, steps },
    ...(startFactor !== undefined && { startFactor }),
    ...(next && { next }),
  });
}

function refuseBoth(
  flags: ScheduleFlags,
  one: keyof ScheduleFlags,
  other: keyof ScheduleFlags,
): void {
  if (flags[one] === undefined || flags[other] === undefined) return;
  throw new UsageError(`${dashed(one)} and ${dashed(other)} say the same; give one`);
}

function lengthOf({ scheduleEpochs: epochs, scheduleSteps: steps }: ScheduleFlags) {
  return { epochs, steps };
}

function periodOf({ scheduleEpochs, scheduleSteps }: ScheduleFlags) {
  return scheduleSteps === undefined
    ? { everyEpochs: scheduleEpochs ?? 1 }
    : { every: scheduleSteps };
}

function gammaOf({ scheduleGamma = DEFAULT_GAMMA }: ScheduleFlags): number {
  return scheduleGamma;
}

function positive(text: string): number {
  const number = decimalNumber()(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('Expected a number above 0.');
}

function partAbove0(text: string): number {
  const number = positive(text);
  if (number <= 1) return number;
  throw new InvalidArgumentError('Expected a number above 0 and at most 1.');
}
