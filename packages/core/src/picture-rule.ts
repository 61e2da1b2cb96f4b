// How a picture of any size becomes the pixels that a network was trained on: said by the dataset, kept with the trained
// model, and followed by whoever asks it about a picture.
// Invariant: plain data, checked completely when it comes from a file. Size and channels are not said here: the dataset's
// input shape has them. What follows the rule is in @lockstep/data (pictures/).
import { describeValue } from '@lockstep/errors';
import { DataError } from './errors.js';

/** The ways in which a picture is brought to a size. */
export const PICTURE_FITS = ['cover', 'contain', 'stretch'] as const;

/** `cover` fills the size and cuts what is over, `contain` shows all and fills up, `stretch` changes the aspect. */
export type PictureFit = (typeof PICTURE_FITS)[number];

/** The picture as a whole. */
export interface WholePictureRule {
  readonly way: PictureFit;
  /** What lies behind what is transparent, and beside what is narrower than the size: red, green, blue, in [0, 255]. */
  readonly background: readonly [number, number, number];
}

/**
 * What is drawn on the picture, light on dark (whichever it was), as MNIST was made: cut out, fitted with its aspect into
 * a square, and centred.
 */
export interface DrawnPictureRule {
  readonly way: 'drawn';
  /** The longer side of what is drawn, in pixels of the result: 20 of MNIST's 28. */
  readonly box: number;
  /** What comes to lie in the middle: the centre of mass (MNIST), or that of the rectangle. */
  readonly centre: 'mass' | 'rectangle';
  /** Whether the lightest pixel becomes 255. */
  readonly fullContrast: boolean;
}

/** How a picture becomes a sample. */
export type PictureRule = WholePictureRule | DrawnPictureRule;

/**
 * @param what whose rule it is, for the error
 * @param inputShape of the samples that come of it, if it is known: a rule from elsewhere must not ask for more than they hold
 * @throws DataError if it is no rule
 */
export function validatePictureRule(
  what: string,
  json: unknown,
  inputShape?: readonly number[],
): PictureRule {
  const rule = (json ?? {}) as Partial<Record<string, unknown>>;
  const refuse = (expected: string): never => {
    throw new DataError(
      `${what}: pictures is ${describeValue(json)} (${JSON.stringify(json)}), ${expected}`,
    );
  };
  if (rule.way === 'drawn') {
    const { way, box, centre, fullContrast } = rule;
    if (!(Number.isSafeInteger(box) && (box as number) >= 1)) {
      return refuse('expected box to be a whole number of at least 1');
    }
    const side = inputShape === undefined ? Infinity : longerSide(inputShape);
    if ((box as number) > side)
      return refuse(`expected box to be at most ${side}, a sample's side`);
    if (centre !== 'mass' && centre !== 'rectangle') {
      return refuse('expected centre to be "mass" or "rectangle"');
    }
    if (typeof fullContrast !== 'boolean') {
      return refuse('expected fullContrast to be true or false');
    }
    return { way, box: box as number, centre, fullContrast };
  }
  const { way, background } = rule;
  if (!(PICTURE_FITS as readonly unknown[]).includes(way)) {
    return refuse(`expected way to be one of ${PICTURE_FITS.join(', ')}, drawn`);
  }
  if (!isColour(background)) {
    return refuse('expected background to be three whole numbers from 0 to 255');
  }
  const [red, green, blue] = background;
  return { way: way as PictureFit, background: [red, green, blue] };
}

function longerSide(inputShape: readonly number[]): number {
  if (inputShape.length > 1) return Math.max(...inputShape);
  return Math.floor(Math.sqrt(inputShape[0] ?? 1));
}

function isColour(value: unknown): value is [number, number, number] {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
  );
}
