// Initialisers as plain data, and their constructors. The formulas and defaults are PyTorch's, the random
// numbers are ours: the data says which distribution, `initialize` draws from it.
// fan_in is the number of inputs of one output, fan_out the number of outputs of one input.
import { checkOptions, type NoOptions, requireInteger, requireNumber } from '@lockstep/errors';

/** Every element 0. */
export interface ZerosInitializer {
  readonly kind: 'zeros';
}

/** Every element `value`. */
export interface ConstantInitializer {
  readonly kind: 'constant';
  readonly value: number;
}

/** Uniform over [low, high). */
export interface UniformInitializer {
  readonly kind: 'uniform';
  readonly low: number;
  readonly high: number;
}

/** Normal with this mean and standard deviation. */
export interface NormalInitializer {
  readonly kind: 'normal';
  readonly mean: number;
  readonly std: number;
}

/** For layers with a leaky ReLU of negative slope `a`: variance 2 / ((1 + a²) × fan_in). */
export interface KaimingInitializer {
  readonly kind: 'kaiming-uniform' | 'kaiming-normal';
  readonly a: number;
}

/** Variance gain² × 2 / (fan_in + fan_out). */
export interface XavierInitializer {
  readonly kind: 'xavier-uniform' | 'xavier-normal';
  readonly gain: number;
}

/** Uniform over ±1 / √fanIn; fanIn is that of the weight that the bias belongs to. */
export interface BiasUniformInitializer {
  readonly kind: 'bias-uniform';
  readonly fanIn: number;
}

/** As `of` has it, but that elements of the row `row` of the first axis are 0, as that of padding in an embedding. */
export interface ZeroRowInitializer {
  readonly kind: 'zero-row';
  readonly row: number;
  readonly of: Exclude<Initializer, ZeroRowInitializer>;
}

/** The largest standard deviation and gain; a draw of 8.6 of them is still a finite float32. */
const MAX_SCALE = 1e30;

/** What a parameter holds before training: data, of which the numbers follow by seed and parameter. */
export type Initializer =
  | ZerosInitializer
  | ConstantInitializer
  | UniformInitializer
  | NormalInitializer
  | KaimingInitializer
  | XavierInitializer
  | BiasUniformInitializer
  | ZeroRowInitializer;

/** Every element 0. */
export function zeros(options: NoOptions = {}): ZerosInitializer {
  checkOptions('zeros initializer', options, {});
  return { kind: 'zeros' };
}

/**
 * Every element `value`, rounded to float32.
 *
 * @throws ConfigError unless value is a finite float32
 */
export function constant(value: number): ConstantInitializer {
  return { kind: 'constant', value: requireNumber('constant initializer', 'value', value) };
}

/**
 * Uniform over [low, high).
 *
 * @throws ConfigError unless low < high
 */
export function uniform(options: { low: number; high: number }): UniformInitializer {
  checkOptions('uniform initializer', options, { low: true, high: true });
  const low = requireNumber('uniform initializer', 'low', options.low);
  return {
    kind: 'uniform',
    low,
    high: requireNumber('uniform initializer', 'high', options.high, { above: low }),
  };
}

/**
 * Normal with mean 0 and standard deviation 1 unless said otherwise.
 *
 * @throws ConfigError unless 0 ≤ std ≤ 1e30
 */
export function normal(options: { mean?: number; std?: number } = {}): NormalInitializer {
  checkOptions('normal initializer', options, { mean: true, std: true });
  const { mean = 0, std = 1 } = options;
  return {
    kind: 'normal',
    mean: requireNumber('normal initializer', 'mean', mean),
    std: requireNumber('normal initializer', 'std', std, { min: 0, max: MAX_SCALE }),
  };
}

/**
 * Uniform over ±√(6 / ((1 + a²) × fan_in)). With the default a = √5 this is ±1 / √fan_in, PyTorch's
 * default for linear and convolution weights.
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015.
 */
export function kaimingUniform(options: { a?: number } = {}): KaimingInitializer {
  return kaiming('kaiming-uniform', options, Math.sqrt(5));
}

/** Normal with standard deviation √(2 / ((1 + a²) × fan_in)). */
export function kaimingNormal(options: { a?: number } = {}): KaimingInitializer {
  return kaiming('kaiming-normal', options, 0);
}

/** Kaiming's uniform for a ReLU: ±√(6 / fan_in). */
export function heUniform(options: NoOptions = {}): KaimingInitializer {
  checkOptions('heUniform', options, {});
  return kaiming('kaiming-uniform', {}, 0);
}

/** Kaiming's normal for a ReLU: standard deviation √(2 / fan_in). */
export function heNormal(options: NoOptions = {}): KaimingInitializer {
  checkOptions('heNormal', options, {});
  return kaiming('kaiming-normal', {}, 0);
}

/**
 * Uniform over ±gain × √(6 / (fan_in + fan_out)).
 *
 * @throws ConfigError unless 0 < gain ≤ 1e30
 *
 * Source: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks",
 * AISTATS 2010.
 */
export function xavierUniform(options: { gain?: number } = {}): XavierInitializer {
  return xavier('xavier-uniform', options);
}

/** Normal with standard deviation gain × √(2 / (fan_in + fan_out)). */
export function xavierNormal(options: { gain?: number } = {}): XavierInitializer {
  return xavier('xavier-normal', options);
}

/**
 * Uniform over ±1 / √fanIn: PyTorch's default for the bias of a linear or convolution layer.
 *
 * @throws ConfigError unless fanIn is a positive integer
 */
export function biasUniform(options: { fanIn: number }): BiasUniformInitializer {
  checkOptions('bias-uniform initializer', options, { fanIn: true });
  return {
    kind: 'bias-uniform',
    fanIn: requireInteger('bias-uniform initializer', 'fanIn', options.fanIn, 1),
  };
}

function kaiming(
  kind: KaimingInitializer['kind'],
  options: { a?: number },
  defaultA: number,
): KaimingInitializer {
  const operation = `${kind} initializer`;
  checkOptions(operation, options, { a: true });
  const { a = defaultA } = options;
  return { kind, a: requireNumber(operation, 'a', a) };
}

function xavier(kind: XavierInitializer['kind'], options: { gain?: number }): XavierInitializer {
  const operation = `${kind} initializer`;
  checkOptions(operation, options, { gain: true });
  const { gain = 1 } = options;
  return { kind, gain: requireNumber(operation, 'gain', gain, { above: 0, max: MAX_SCALE }) };
}
