// Which pixels of a picture a trained network is asked about: as its training data was made, or what comes nearest to that
// where nothing says it.
import { ConfigError, type DatasetTraits, type PictureRule } from '@lockstep/core';
import { DEFAULT_RULE, type SampleSize, sampleSize } from './apply-rule.js';

/** As MNIST's samples are made: what digits of 28x28 are taken for that do not say how they were. */
const DIGITS: PictureRule = { way: 'drawn', box: 20, centre: 'mass', fullContrast: true };
const DIGIT_NAMES = '0123456789';

/** How a picture becomes a sample of a network. */
export interface PictureWay {
  readonly size: SampleSize;
  readonly rule: PictureRule;
  /** In words. */
  readonly said: string;
}

/**
 * @param traits of what the network was trained on
 * @returns what `pictureInputs` follows, so that a picture becomes the inputs that `lockstep predict` makes of it
 * @throws ConfigError if the network does not take pictures
 */
export function pictureWay(traits: DatasetTraits): PictureWay {
  const { inputShape, inputDivisor, classNames, pictures } = traits;
  const size = sampleSize(inputShape) ?? squareOf(inputShape);
  if (!size || traits.preparation) {
    throw new ConfigError(
      `predict: the network takes ${traits.preparation ? 'named columns' : `samples of [${inputShape.join(', ')}]`}, and no pictures; give rows`,
    );
  }
  if (!pictures && inputDivisor !== 255) {
    throw new ConfigError(
      `predict: the network was trained on numbers divided by ${inputDivisor}, and nothing says what the levels of a picture, 0 to 255, are among them; give rows`,
    );
  }
  const isDigits =
    size.width === 28 &&
    size.height === 28 &&
    size.channels === 1 &&
    classNames?.join('') === DIGIT_NAMES;
  const rule = pictures ?? (isDigits ? DIGITS : DEFAULT_RULE);
  const why = pictures ? 'as the training data' : 'the training data does not say how';
  return { size, rule, said: `${describe(rule, size)} (${why})` };
}

/** Rows of as many pixels as a square has. */
function squareOf(shape: readonly number[]): SampleSize | undefined {
  const [pixels = 0] = shape;
  const side = Math.floor(Math.sqrt(pixels));
  if (shape.length !== 1 || side < 2 || side * side !== pixels) return undefined;
  return { width: side, height: side, channels: 1 };
}

function describe(rule: PictureRule, { width, height, channels }: SampleSize): string {
  const size = `${width}x${height} ${channels === 1 ? 'grey' : 'rgb'}`;
  if (rule.way !== 'drawn') return `${size}, ${rule.way}`;
  return `${size}: what is drawn, light on dark, in ${rule.box}x${rule.box}, centred by its ${rule.centre}`;
}
