// The residual network for small pictures, as its authors trained it on CIFAR-10.
import { checkOptions, requireInteger } from '@lockstep/errors';
import { relu } from '../layers/activations.js';
import { adaptiveAvgPool2d } from '../layers/adaptive-avg-pool.js';
import { batchNorm2d } from '../layers/batch-norm.js';
import { conv2d } from '../layers/conv.js';
import { flatten } from '../layers/flatten.js';
import { linear } from '../layers/linear.js';
import { residual } from '../layers/residual.js';
import { type Layer, type Model, sequential } from '../model/model.js';
import { MAX_ELEMENTS } from '../shape.js';
import { asPicture } from './pictures.js';

/** What `models.resnet` takes. */
export interface ResnetOptions {
  /** Numbers that come out for a sample: one for each class. */
  readonly outputs: number;
  /** Channels of the first stage; the second has twice, the third four times as many. Default 16. */
  readonly width?: number;
  /** Blocks of a stage: n of the paper, whose network has 6n + 2 layers. Default 1. */
  readonly depth?: number;
}

const MAX_DEPTH = 1000;

/**
 * A ResNet for pictures [N, C, H, W] or [N, H, W]: a convolution of 3 × 3, three stages of `depth` blocks, the second and third of
 * which halve the picture, the mean of each channel, and a linear layer. A block is two convolutions with batch
 * normalisation; where it changes the shape, the other way goes through a convolution of 1 × 1.
 *
 * Parameters are called as in torchvision: `conv1.weight`, `bn1.weight`, `layer1.0.conv1.weight`, …,
 * `layer2.0.downsample.0.weight`, `fc.weight`, `fc.bias`.
 *
 * @throws ConfigError if a size is no whole number of at least 1
 * @throws ShapeError when traced, if samples are no pictures
 * Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition (2016), §4.2.
 */
export function resnet(options: ResnetOptions): Model {
  checkOptions('resnet', options, { outputs: true, width: true, depth: true });
  const { outputs, width = 16, depth = 1 } = options;
  requireInteger('resnet', 'outputs', outputs, 1, MAX_ELEMENTS);
  requireInteger('resnet', 'width', width, 1, MAX_ELEMENTS);
  requireInteger('resnet', 'depth', depth, 1, MAX_DEPTH);
  return (x, scope) => {
    const picture = asPicture('resnet', x, 4);
    return sequential({
      conv1: conv2d(picture.shape[1] as number, width, 3, { padding: 1, bias: false }),
      bn1: batchNorm2d(width),
      relu: relu(),
      layer1: stage(width, width, depth, 1),
      layer2: stage(width, 2 * width, depth, 2),
      layer3: stage(2 * width, 4 * width, depth, 2),
      avgpool: adaptiveAvgPool2d(1),
      flatten: flatten(),
      fc: linear(4 * width, outputs),
    })(picture, scope);
  };
}

function stage(from: number, to: number, depth: number, stride: number): Model {
  const blocks = Array.from({ length: depth }, (_, i) =>
    i === 0 ? block(from, to, stride) : block(to, to, 1),
  );
  return sequential(...blocks);
}

function block(from: number, to: number, stride: number): Layer {
  const layers = sequential({
    conv1: conv2d(from, to, 3, { stride, padding: 1, bias: false }),
    bn1: batchNorm2d(to),
    relu: relu(),
    conv2: conv2d(to, to, 3, { padding: 1, bias: false }),
    bn2: batchNorm2d(to),
  });
  const shortcut = sequential(conv2d(from, to, 1, { stride, bias: false }), batchNorm2d(to));
  const sum = residual(layers, from === to && stride === 1 ? {} : { shortcut });
  return (x, scope) => relu(sum(x, scope));
}
