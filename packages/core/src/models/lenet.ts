// LeNet-5 as PyTorch's tutorials have it: two convolutions with pooling, three linear layers.
import { checkOptions, requireInteger } from '@lockstep/errors';
import { relu } from '../layers/activations.js';
import { conv2d } from '../layers/conv.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { maxPool2d } from '../layers/max-pool.js';
import { type Model, sequential } from '../model/model.js';
import { MAX_ELEMENTS, sampleSize } from '../shape.js';
import { asPicture } from './pictures.js';

/** What `models.lenet` takes. */
export interface LenetOptions {
  /** Numbers that come out for a sample: one for each class. */
  readonly outputs: number;
}

/** From this size on the first convolution takes the picture as it is, as LeCun's did with 32 × 32. */
const FULL_SIZE = 32;

/**
 * LeNet-5: 6 and 16 convolutions of 5 × 5, each with relu and a maximum over 2 × 2, then linear layers of 120, 84 and `outputs`.
 * Pictures [N, C, H, W] or [N, H, W] of any size from 12 × 12; those with a side below 32 get a border of 2, so that MNIST's
 * come to 16 × 5 × 5 as LeCun's did.
 *
 * Parameters: `conv1.weight` [6, C, 5, 5], `conv2`, `fc1`, `fc2`, `fc3`, as in PyTorch's tutorial.
 *
 * @throws ConfigError if outputs is no whole number of at least 1
 * @throws ShapeError when traced, if samples are no pictures, or too small
 * Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition (1998).
 */
export function lenet(options: LenetOptions): Model {
  checkOptions('lenet', options, { outputs: true });
  const { outputs } = options;
  requireInteger('lenet', 'outputs', outputs, 1, MAX_ELEMENTS);
  return (x, scope) => {
    const picture = asPicture('lenet', x, 12);
    const [, channels, height, width] = picture.shape as readonly number[];
    const padding = Math.min(height!, width!) < FULL_SIZE ? 2 : 0;
    const pooled = sequential({
      conv1: conv2d(channels!, 6, 5, { padding }),
      relu1: relu(),
      pool1: maxPool2d(2),
      conv2: conv2d(6, 16, 5),
      relu2: relu(),
      pool2: maxPool2d(2),
      flatten: flatten(),
    })(picture, scope);
    return sequential({
      fc1: linear(sampleSize(pooled.shape), 120),
      relu3: relu(),
      fc2: linear(120, 84),
      relu4: relu(),
      fc3: linear(84, outputs),
    })(pooled, scope);
  };
}
