// Flags that say when a run ends before its last epoch, and whose weights it gives. What they mean, the library knows.
import type { StopOptions, StopRule } from '@lockstep/core';
import type { RunConfig } from '@lockstep/core/internal';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { decimalNumber, nonEmpty, wholeNumber } from './option-values.js';

export interface StopFlags {
  readonly validation?: number;
  readonly patience?: number;
  readonly minDelta?: number;
  readonly monitor?: string;
  readonly keep?: 'last' | 'best';
  /** Values by the names of metrics. */
  readonly targetMetric?: Readonly<Record<string, number>>;
  readonly maxSeconds?: number;
}

/** Patience is counted in 31 bits. */
const MOST_EPOCHS = 0x7fff_ffff;

export function addStopOptions(command: Command): void {
  command
    .optionsGroup('Stopping:')
    .option(
      '--validation <share>',
      'of the training samples, kept back and evaluated after each epoch, such as 0.1',
      validationShare,
    )
    .option(
      '--patience <n>',
      'end after so many epochs in a row that are no better (default: never)',
      wholeNumber(1, MOST_EPOCHS),
    )
    .option(
      '--min-delta <x>',
      'better by more than this, for --patience (default: 0)',
      decimalNumber(),
    )
    .option(
      '--monitor <name>',
      "the metric that epochs are compared by, such as accuracy or validation.loss (default: the validation data's loss, else the test data's)",
      nonEmpty,
    )
    .addOption(
      new Option(
        '--keep <which>',
        "the weights that the run gives: the last epoch's, or the best one's (default: last)",
      ).choices(['last', 'best']),
    )
    .option(
      '--target-metric <name=x>',
      'end when it is reached, such as accuracy=0.97; given several times, when all are',
      targetMetric,
    )
    .option(
      '--max-seconds <n>',
      'end after so long; what is resumed has it anew (default: never)',
      decimalNumber(),
    );
}

function validationShare(text: string): number {
  const number = Number(text);
  if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !(number > 0 && number < 1)) {
    throw new InvalidArgumentError('Expected a number above 0 and below 1, such as 0.1.');
  }
  return number;
}

/** `accuracy=0.97`, or several with commas, and what was given before. */
function targetMetric(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const all = { ...before };
  for (const part of text.split(',')) {
    const [, name, digits] =
      /^([^=]+)=(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.exec(part.trim()) ?? [];
    if (name === undefined) {
      throw new InvalidArgumentError('Expected a metric and its value, such as accuracy=0.97.');
    }
    if (Object.hasOwn(all, name)) {
      throw new InvalidArgumentError(`${name} has two values; give one.`);
    }
    all[name] = Number(digits);
  }
  return all;
}

/** The flags that a run's configuration comes of. */
export function recordedStop({
  validation,
  stopping,
}: Pick<RunConfig, 'validation' | 'stopping'>): StopFlags {
  if (!stopping) return validation === undefined ? {} : { validation };
  const { monitor, patience, minDelta, keep, target, maxSeconds } = stopping;
  return {
    ...(validation !== undefined && { validation }),
    ...(patience !== null && { patience, minDelta }),
    ...(monitor && { monitor: monitor.metric }),
    keep,
    ...(target.length > 0 && {
      targetMetric: Object.fromEntries(target.map(({ metric, value }) => [metric, value])),
    }),
    ...(maxSeconds !== null && { maxSeconds }),
  };
}

/** What the library is told. */
export function stopOptions(flags: StopFlags): StopOptions & { readonly validation?: number } {
  const { validation, patience, minDelta, monitor, keep, targetMetric: target, maxSeconds } = flags;
  return {
    ...(validation !== undefined && { validation }),
    ...{ patience, minDelta, monitor, keep, target, maxSeconds },
  };
}

/** Flags, what was given, and what a run that goes on has instead. */
export function stopComparisons(
  flags: StopFlags,
  { validation, stopping }: Pick<RunConfig, 'validation' | 'stopping'>,
): [keyof StopFlags, given: unknown, recorded: unknown][] {
  const named = flags.targetMetric && Object.entries(flags.targetMetric);
  // A metric has other names, too; only one that is recorded under none of them contradicts.
  const isMonitored = isNameOf(flags.monitor, stopping?.monitor?.metric);
  return [
    ['validation', flags.validation, validation],
    ['patience', flags.patience, stopping?.patience ?? undefined],
    ['minDelta', flags.minDelta, stopping?.minDelta],
    ['monitor', isMonitored ? stopping?.monitor?.metric : flags.monitor, stopping?.monitor?.metric],
    ['keep', flags.keep, stopping?.keep ?? 'last'],
    ['targetMetric', named && sayTarget(named), sayTarget(namesOf(stopping, named))],
    ['maxSeconds', flags.maxSeconds, stopping?.maxSeconds ?? undefined],
  ];
}

/** Whether somebody who wrote one name meant the other: `accuracy` is `validation.accuracy` where there is no test data. */
function isNameOf(written: string | undefined, told: string | undefined): boolean {
  if (written === undefined || told === undefined) return false;
  const others = { testLoss: 'loss', testAccuracy: 'accuracy' }[written];
  return [written, others, written.replace(/^test\./, ''), `validation.${written}`].includes(told);
}

/** A run's targets, under the names that were written. */
function namesOf(
  stopping: StopRule | undefined,
  written: readonly (readonly [string, number])[] = [],
): [string, number][] {
  return (stopping?.target ?? []).map(({ metric, value }) => [
    written.find(([name]) => isNameOf(name, metric))?.[0] ?? metric,
    value,
  ]);
}

function sayTarget(entries: readonly (readonly [string, number])[]): string {
  return entries
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(' ');
}
