// Initialisers from outside (a graph in a file, a message): anything that is not exactly one of ours is
// refused. Names and ranges are checked by the constructors, so
// that there is one place for each rule.
import { checkOptions, requireKind } from '@lockstep/errors';
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

const MAKERS: Readonly<Record<Initializer['kind'], (options: object) => Initializer>> = {
  zeros: (options) => zeros(options as Parameters<typeof zeros>[0]),
  constant: (options: { value?: unknown }) => {
    checkOptions('constant initializer', options, { value: true });
    return constant(options.value as number);
  },
  uniform: (options) => uniform(options as Parameters<typeof uniform>[0]),
  normal,
  'kaiming-uniform': kaimingUniform,
  'kaiming-normal': kaimingNormal,
  'xavier-uniform': xavierUniform,
  'xavier-normal': xavierNormal,
  'bias-uniform': (options) => biasUniform(options as Parameters<typeof biasUniform>[0]),
};

/**
 * Reads an initialiser from outside (a file, a message). Options that have a default may be absent.
 *
 * @throws ConfigError if it is no initialiser, has an unknown option, or one is out of range
 */
export function validateInitializer(json: unknown): Initializer {
  const { kind, options } = requireKind('initializer', json, MAKERS);
  const made = MAKERS[kind](options);
  // The sign of a zero does not survive JSON, so it is dropped at once.
  return Object.fromEntries(
    Object.entries(made).map(([name, value]) => [name, value === 0 ? 0 : value]),
  ) as unknown as Initializer;
}
