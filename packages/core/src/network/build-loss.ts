// A loss is called once, to be traced; what it gives is checked here.
import { describeValue, nearestName } from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import type { Loss, LossTensors, TargetShape } from '../losses/loss.js';
import { Tensor } from '../model/tensor.js';
import { formatShape, isBatched, sameShape } from '../shape.js';

const KEYS: readonly string[] = ['loss', 'correct', 'counted', 'weight', 'positive'];

/** @throws ConfigError or ShapeError if the loss gives no loss, or output and target do not fit it */
export function buildLoss(
  loss: Loss,
  output: Tensor,
  target: Tensor,
  data: TargetShape,
): LossTensors {
  const result = loss.build(output, target, data);
  if (!(result?.loss instanceof Tensor)) {
    throw new ConfigError(
      `${loss.name}: a loss's build must return { loss } or { loss, correct }, with a tensor of one number a sample; did it return the tensor itself, or nothing?`,
    );
  }
  const { shape } = result.loss;
  if (shape.length !== 1 || !isBatched(shape)) {
    throw new ShapeError(
      `${loss.name}: a loss must be one number a sample, [N], got ${formatShape(shape)}`,
    );
  }
  const unknown = Object.keys(result).find((name) => !KEYS.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, KEYS);
    throw new ConfigError(
      `${loss.name}: a loss's build gave "${unknown}", expected ${KEYS.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
  const { correct, counted, weight } = result;
  for (const [name, tensor] of Object.entries({ correct, counted, weight })) {
    if (tensor === undefined || (tensor instanceof Tensor && sameShape(tensor.shape, ['N']))) {
      continue;
    }
    const got = tensor instanceof Tensor ? formatShape(tensor.shape) : describeValue(tensor);
    throw new ShapeError(`${loss.name}: ${name} must be one number a sample, [N], got ${got}`);
  }
  return result;
}
