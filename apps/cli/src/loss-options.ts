// The flags that say what is minimised, and the loss that they come to: all that the library has by name.
import { binaryCrossEntropy, crossEntropy, type Loss, perceptron } from '@lockstep/core';
import { lossNamed, lossNames } from '@lockstep/core/internal';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dashed } from './data-sources/list.js';
import { UsageError } from './errors.js';
import { nonEmpty, share } from './option-values.js';

const LOSS_NAMES: readonly string[] = lossNames();

export interface LossFlags {
  /** Of LOSS_NAMES. */
  readonly loss: string;
  /** Of two classes, the one that one output speaks for. */
  readonly positive?: string;
  readonly labelSmoothing?: number;
  /** One number for each class, or some by name. */
  readonly classWeights?: readonly number[] | Readonly<Record<string, number>>;
  readonly positiveWeight?: number | readonly number[];
}

export function addLossOptions(command: Command): void {
  command
    .addOption(
      new Option('--loss <name>', 'what is minimised')
        .choices(LOSS_NAMES)
        .default(
          'cross-entropy',
          'cross-entropy; of a table mse, binary-cross-entropy, …, by its target',
        ),
    )
    .option(
      '--positive <class>',
      'of two classes, the one that a single output speaks for (default: the second)',
      nonEmpty,
    )
    .option(
      '--label-smoothing <x>',
      'of cross-entropy and binary-cross-entropy: how much of each target is spread over all classes (default: 0)',
      share,
    )
    .option(
      '--class-weights <list>',
      'of cross-entropy: how much each class counts, as 1,2,0.5, or some by name, as spam=3 (default: 1 each)',
      classWeights,
    )
    .option(
      '--positive-weight <x>',
      'of binary-cross-entropy: how much positive targets count, one number or one for each output (default: 1)',
      positiveWeight,
    );
}

/** Which loss each flag goes with. */
const GOES_WITH: Readonly<Record<keyof Omit<LossFlags, 'loss'>, readonly string[]>> = {
  positive: ['binary-cross-entropy', 'perceptron'],
  labelSmoothing: ['cross-entropy', 'binary-cross-entropy'],
  classWeights: ['cross-entropy'],
  positiveWeight: ['binary-cross-entropy'],
};

/** @throws UsageError if a flag does not go with the loss; ConfigError if it is out of range */
export function buildLoss(flags: LossFlags): Loss {
  const { loss, positive, labelSmoothing, classWeights, positiveWeight } = flags;
  for (const [flag, losses] of Object.entries(GOES_WITH)) {
    if (flags[flag as keyof LossFlags] === undefined || losses.includes(loss)) continue;
    throw new UsageError(
      `${dashed(flag)} goes with --loss ${losses.join(' or ')}; the loss is ${loss}`,
    );
  }
  if (loss === 'cross-entropy') return crossEntropy({ labelSmoothing, classWeights });
  if (loss === 'binary-cross-entropy') {
    return binaryCrossEntropy({
      ...{ labelSmoothing, positiveWeight },
      ...(positive !== undefined && { positive }),
    });
  }
  if (positive !== undefined) return perceptron({ positive });
  return lossNamed(loss)!;
}

function classWeights(text: string): NonNullable<LossFlags['classWeights']> {
  if (!text.includes('=')) return numbers(text);
  // A weight ends at a comma, and a name at the last = before it: names of classes may have both in them.
  const parts = [...text.matchAll(/(.+?)=([^=,]*)(?:,(?=.)|$)/gs)];
  const isWhole = parts.map(([part]) => part).join('') === text;
  const entries = parts.map(([, name, weight]) => [name!.trim(), one(weight!)] as const);
  const areNames = entries.every(
    ([name], i) => name !== '' && entries.findIndex(([n]) => n === name) === i,
  );
  if (isWhole && areNames) return Object.fromEntries(entries);
  throw new InvalidArgumentError('Expected different classes with weights, such as spam=3,ham=1.');
}

function positiveWeight(text: string): number | readonly number[] {
  const all = numbers(text);
  return all.length === 1 ? all[0]! : all;
}

function numbers(text: string): readonly number[] {
  return text.split(',').map(one);
}

function one(text: string): number {
  if (/^\s*(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected numbers of at least 0, such as 1,2,0.5.');
}
