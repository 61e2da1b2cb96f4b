// Initialisers from outside (a graph in a file, a message): anything that is not exactly one of ours is
// refused. Ranges are checked by the constructors, so that there is one place for each rule.
import { requireKind } from '../math/ranges.js';
import {
  biasUniform,
  constant,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  uniform,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initializer.js';

const OPTIONS: Readonly<Record<Initializer['kind'], readonly string[]>> = {
  zeros: [],
  constant: ['value'],
  uniform: ['low', 'high'],
  normal: ['mean', 'std'],
  'kaiming-uniform': ['a'],
  'kaiming-normal': ['a'],
  'xavier-uniform': ['gain'],
  'xavier-normal': ['gain'],
  'bias-uniform': ['fanIn'],
};

/**
 * Reads an initialiser from outside (a file, a message). Options that have a default may be absent.
 *
 * @throws ConfigError if it is no initialiser, has an unknown option, or one is out of range
 */
export function validateInitializer(json: unknown): Initializer {
  const kind = requireKind('initializer', json, OPTIONS);
  // The constructors check every option's type and range; requireKind has checked the names.
  const options = json as Record<string, number>;
  switch (kind) {
    case 'zeros':
      return zeros();
    case 'constant':
      return constant(options.value!);
    case 'uniform':
      return uniform({ low: options.low!, high: options.high! });
    case 'normal':
      return normal(options);
    case 'kaiming-uniform':
      return kaimingUniform(options);
    case 'kaiming-normal':
      return kaimingNormal(options);
    case 'xavier-uniform':
      return xavierUniform(options);
    case 'xavier-normal':
      return xavierNormal(options);
    case 'bias-uniform':
      return biasUniform({ fanIn: options.fanIn! });
  }
}
