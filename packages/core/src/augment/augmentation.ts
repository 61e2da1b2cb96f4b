// The augmentations there are, and a list of them from outside, checked completely. A new one is its file and a line here.
import { describeValue, requireKind } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { formatShape } from '../shape.js';
import { type Crop, cropRule } from './crop.js';
import { type Erase, eraseRule } from './erase.js';
import { type Flip, flipRule } from './flip.js';
import { type Noise, noiseRule } from './noise.js';
import { type Rotate, rotateRule } from './rotate.js';
import type { AugmentationRule } from './rule.js';
import { type Shift, shiftRule } from './shift.js';

const RULES = {
  shift: shiftRule,
  crop: cropRule,
  flip: flipRule,
  rotate: rotateRule,
  erase: eraseRule,
  noise: noiseRule,
};

/** What is done to training samples, as plain data; survives JSON. */
export type Augmentation = Shift | Crop | Flip | Rotate | Erase | Noise;

/** So many streams of random numbers are set aside. */
export const MAX_AUGMENTATIONS = 16;

export function augmentationNames(): string[] {
  return Object.keys(RULES);
}

export function augmentationRule({ kind }: Augmentation): AugmentationRule<Augmentation> {
  // Each takes its own kind only, which the list pairs.
  return RULES[kind] as unknown as AugmentationRule<Augmentation>;
}

/** @throws ConfigError if it is none, or a number is out of its range */
function validateAugmentation(operation: string, json: unknown): Augmentation {
  const { kind, options } = requireKind(`${operation}: augment`, json, RULES);
  return RULES[kind].read(options);
}

/**
 * One in short: its name, and the number that says most of it, as `shift` and 2.
 *
 * @throws ConfigError if there is none of that name, or the number is out of its range
 */
export function augmentationNamed(operation: string, kind: string, number?: number): Augmentation {
  const name = Object.hasOwn(RULES, kind) ? RULES[kind as keyof typeof RULES].number : '';
  return validateAugmentation(operation, { kind, ...(number !== undefined && { [name]: number }) });
}

/** @throws ConfigError if it is no list of augmentations */
export function validateAugmentations(operation: string, json: unknown): readonly Augmentation[] {
  if (!Array.isArray(json)) {
    throw new ConfigError(
      `${operation}: augment must be a list such as [shift(2), flip()], got ${describeValue(json)}`,
    );
  }
  if (json.length > MAX_AUGMENTATIONS) {
    throw new ConfigError(
      `${operation}: augment has ${json.length} augmentations, at most ${MAX_AUGMENTATIONS} are possible`,
    );
  }
  return json.map((one) => validateAugmentation(operation, one));
}

/** What must be known of samples that are to be augmented. */
interface Augmentable {
  readonly inputShape: readonly number[];
  /** Of a row of several inputs. */
  readonly inputParts?: unknown;
  readonly inputDivisor: number;
  readonly inputs: { readonly BYTES_PER_ELEMENT: number };
}

/** @throws ConfigError if one of them does not suit such samples, or would do nothing to them, or leave nothing of them */
export function checkAugmentations(
  operation: string,
  list: readonly Augmentation[],
  { inputShape, inputParts, inputDivisor: divisor, inputs }: Augmentable,
): void {
  const isNamed = inputParts !== undefined;
  const picture = isNamed ? undefined : pictureSides(inputShape);
  const [, height, width] = picture ?? [1, 1, 1];
  const samples = { height, width, isBytes: inputs.BYTES_PER_ELEMENT === 1, divisor };
  for (const one of list) {
    const rule = augmentationRule(one);
    if (rule.ofPictures && !picture) {
      throw new ConfigError(
        `${operation}: ${one.kind} is for pictures of [height, width] or [channels, height, width]; a sample is ${isNamed ? 'several inputs by name' : formatShape(inputShape)}`,
      );
    }
    const problem = rule.problem?.(one, samples);
    if (problem !== undefined) throw new ConfigError(`${operation}: ${one.kind} ${problem}`);
  }
}

/** [channels, height, width] of a sample; undefined where it is no picture. */
export function pictureSides(
  shape: readonly number[],
): readonly [channels: number, height: number, width: number] | undefined {
  if (shape.length === 2) return [1, shape[0]!, shape[1]!];
  return shape.length === 3 ? [shape[0]!, shape[1]!, shape[2]!] : undefined;
}
