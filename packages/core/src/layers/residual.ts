// The residual connection: what a layer gives is added to what it was given.

import { checkOptions } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import { callModel, type Layer } from '../model/model.js';
import { add, requireFloats } from '../model/tensor.js';
import { formatShape, sameShape } from '../shape.js';

/** What `residual` takes. */
export interface ResidualOptions {
  /** What x goes through on the other way, where the layer changes its shape. Default: nothing. */
  readonly shortcut?: Layer;
}

/**
 * x + layer(x), or shortcut(x) + layer(x). The layer's parameters are called as if it stood here itself, those of the
 * shortcut begin with `downsample`, as in PyTorch's ResNet.
 *
 * @throws ConfigError if a part is no layer
 * @throws ShapeError when traced, if the two are not of one shape
 * Source: He, Zhang, Ren, Sun, Deep residual learning for image recognition (2016).
 */
export function residual(layer: Layer, options: ResidualOptions = {}): Layer {
  checkOptions('residual', options, { shortcut: true });
  const { shortcut } = options;
  return (x, scope) => {
    requireFloats('residual', x);
    const by = callModel(layer, 'residual: layer', x, scope);
    const rest = shortcut
      ? callModel(shortcut, 'residual: shortcut', x, scope.child('downsample'))
      : x;
    if (!sameShape(by.shape, rest.shape)) {
      const advice = shortcut ? '' : '; give a shortcut that makes one of the other';
      throw new ShapeError(
        `residual: the layer gives ${formatShape(by.shape)}, the ${shortcut ? 'shortcut' : 'input is'} ${formatShape(rest.shape)}${advice}`,
      );
    }
    return add(by, rest);
  };
}
