// Initialisers from outside (a graph in a file, a message): anything that is not exactly one of ours is
// refused. Names and ranges are checked by the constructors, so
// that there is one place for each rule.
import { checkOptions, requireInteger, requireKind } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
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
  type ZeroRowInitializer,
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
  'zero-row': (options: { row?: unknown; of?: unknown }) => {
    checkOptions('zero-row initializer', options, { row: true, of: true });
    const row = requireInteger('zero-row initializer', 'row', options.row, 0, 2 ** 31);
    // Before it is read any further: nothing from outside decides how deep that goes.
    if ((options.of as Partial<Initializer> | null)?.kind === 'zero-row') {
      throw new ConfigError('zero-row initializer: it is of one of its own; expected another one');
    }
    return {
      kind: 'zero-row',
      row,
      of: validateInitializer(options.of) as ZeroRowInitializer['of'],
    };
  },
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
