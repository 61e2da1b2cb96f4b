// The MLP-Mixer: a picture in patches, whose places and whose channels are mixed by linear layers in turn.
import { checkOptions, requireInteger } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { conv2d } from '../layers/conv.js';
import { gelu } from '../layers/gelu.js';
import { layerNorm } from '../layers/layer-norm.js';
import { linear } from '../layers/linear.js';
import { residual } from '../layers/residual.js';
import { type Layer, type Model, sequential } from '../model/model.js';
import { mean, reshape, transpose } from '../model/tensor.js';
import { MAX_ELEMENTS } from '../shape.js';
import { asPicture } from './pictures.js';

/** What `models.mlpMixer` takes. */
export interface MlpMixerOptions {
  /** Numbers that come out for a sample: one for each class. */
  readonly outputs: number;
  /** Pixels of a patch's side; it must divide the picture's sides. Default 4. */
  readonly patch?: number;
  /** Numbers of a patch: C of the paper. Default 64. */
  readonly width?: number;
  /** Blocks. Default 4. */
  readonly depth?: number;
}

const MAX_DEPTH = 1000;

/**
 * An MLP-Mixer for pictures [N, C, H, W] or [N, H, W]: patches become vectors of `width` numbers; each block mixes first the
 * patches of each number (with width / 2 hidden ones), then the numbers of each patch (with 4 · width); their mean goes to a
 * linear layer. Layers are normalised before, and added to what they were given.
 *
 * Parameters are called as in timm: `stem.proj.weight`, `blocks.0.norm1.weight`, `blocks.0.mlp_tokens.fc1.weight`, …,
 * `blocks.0.mlp_channels.fc2.bias`, `norm.weight`, `head.weight`.
 *
 * @throws ConfigError if a size is no whole number of at least 1
 * @throws ShapeError when traced, if samples are no pictures, or cannot be cut into patches
 * Source: Tolstikhin et al., MLP-Mixer: an all-MLP architecture for vision (2021).
 */
export function mlpMixer(options: MlpMixerOptions): Model {
  checkOptions('mlpMixer', options, { outputs: true, patch: true, width: true, depth: true });
  const { outputs, patch = 4, width = 64, depth = 4 } = options;
  requireInteger('mlpMixer', 'outputs', outputs, 1, MAX_ELEMENTS);
  requireInteger('mlpMixer', 'patch', patch, 1, MAX_ELEMENTS);
  requireInteger('mlpMixer', 'width', width, 2, MAX_ELEMENTS);
  requireInteger('mlpMixer', 'depth', depth, 1, MAX_DEPTH);
  return (x, scope) => {
    const picture = asPicture('mlpMixer', x, patch);
    const [, channels, height, side] = picture.shape as readonly number[];
    if (height! % patch !== 0 || side! % patch !== 0) {
      throw new ShapeError(
        `mlpMixer: pictures are ${height} × ${side}, expected sides that patches of ${patch} × ${patch} divide; these are cut by a patch of ${patchesOf(height!, side!).join(', ')}`,
      );
    }
    const patches = (height! / patch) * (side! / patch);
    const cut = conv2d(channels!, width, patch, { stride: patch });
    const vectors = cut(picture, scope.child('stem').child('proj'));
    const blocks = Array.from({ length: depth }, () => block(patches, width));
    const rows = transpose(reshape(vectors, [width, patches]));
    const mixed = sequential({ blocks: sequential(...blocks), norm: layerNorm(width) })(
      rows,
      scope,
    );
    return linear(width, outputs)(mean(mixed, { axes: 1 }), scope.child('head'));
  };
}

/** The sides of patches that divide both of a picture's. */
function patchesOf(height: number, width: number): number[] {
  const sides = Array.from({ length: Math.min(height, width) }, (_, i) => i + 1);
  return sides.filter((side) => height % side === 0 && width % side === 0);
}

function block(patches: number, width: number): Layer {
  const tokens = mlp(patches, Math.floor(width / 2));
  return sequentialHere(
    residual((x, scope) => {
      const columns = transpose(layerNorm(width)(x, scope.child('norm1')));
      return transpose(tokens(columns, scope.child('mlp_tokens')));
    }),
    residual((x, scope) =>
      mlp(width, 4 * width)(layerNorm(width)(x, scope.child('norm2')), scope.child('mlp_channels')),
    ),
  );
}

/** One after the other, without names of their own. */
function sequentialHere(first: Layer, second: Layer): Layer {
  return (x, scope) => second(first(x, scope), scope);
}

function mlp(size: number, hidden: number): Model {
  return sequential({ fc1: linear(size, hidden), act: gelu(), fc2: linear(hidden, size) });
}
