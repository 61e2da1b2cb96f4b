// `--augment`: what is done to training samples, in short. The text is kept as it was given: it goes into run.json and back.
import { type Augmentation, ConfigError } from '@lockstep/core';
import { augmentationNamed, augmentationNames } from '@lockstep/core/internal';
import { type Command, InvalidArgumentError } from 'commander';

export interface AugmentFlags {
  /** As `augmentations` reads it. */
  readonly augment?: string;
}

export function addAugmentOption(command: Command): void {
  command.option(
    '--augment <list>',
    `what is done to training pictures each time: names of ${augmentationNames().join(', ')}, with a number or without, as shift=2,flip (default: none)`,
    augmentList,
  );
}

/** `shift=2,flip` → [shift(2), flip()]; `none` → []. */
export function augmentations({ augment = 'none' }: AugmentFlags): readonly Augmentation[] {
  if (augment === 'none') return [];
  return augment.split(',').map((part) => {
    const [name, number, ...more] = part.trim().split('=');
    const isNumber = number === undefined || /^(\d+\.?\d*|\.\d+)$/.test(number);
    if (!isNumber || more.length > 0) {
      throw new ConfigError(`${part}: expected a name, or a name and a number such as shift=2`);
    }
    return augmentationNamed('--augment', name!, number === undefined ? undefined : Number(number));
  });
}

function augmentList(text: string): string {
  try {
    augmentations({ augment: text });
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return text;
}
