// Golden values from PyTorch, as typed values: operators, optimizers, schedules, initialisers, the 200-step run.
// Invariant: a float32 array read here has the very bits that torch computed (the files print shortest round-trip
// decimals, base64 or raw little-endian bytes), and goldenWeights() needs no file and never rounds.
// This compares nothing: which tolerance fits which value, and why, is in README.md beside it.
import { readFileSync } from 'node:fs';

/** A row-major array with its shape; `values` has the product of `shape` elements. */
export interface GoldenTensor<A = Float32Array> {
  readonly shape: readonly number[];
  readonly values: A;
}

/** Plain settings of a case, in Lockstep's words. */
export type GoldenOptions = Readonly<Record<string, number | boolean>>;

/** One activation: torch's float32 results, and its float64 results on the same float32 inputs. */
export interface GoldenActivation {
  readonly name:
    | 'relu'
    | 'leaky_relu'
    | 'sigmoid'
    | 'tanh'
    | 'gelu'
    | 'softmax'
    | 'log_softmax'
    | 'step';
  readonly attributes: GoldenOptions;
  readonly note: string;
  readonly input: GoldenTensor;
  readonly output: GoldenTensor;
  readonly upstreamGradient: GoldenTensor;
  readonly inputGradient: GoldenTensor;
  readonly float64: {
    readonly output: GoldenTensor<Float64Array>;
    readonly inputGradient: GoldenTensor<Float64Array>;
  };
}

/**
 * One loss with its mean over the batch and the gradient of that mean.
 *
 * `cross_entropy_labels`: input [N, C], target [N] integers; `cross_entropy_probabilities`: target [N, C], a mean over
 * rows; `mse` and `bce_with_logits`: target shaped as the input, a mean over all elements.
 */
export interface GoldenLoss {
  readonly name: 'mse' | 'cross_entropy_labels' | 'cross_entropy_probabilities' | 'bce_with_logits';
  readonly case: string;
  readonly note: string;
  readonly input: GoldenTensor;
  readonly target: GoldenTensor<Float32Array | Int32Array>;
  readonly loss: number;
  readonly inputGradient: GoldenTensor;
  readonly float64: { readonly loss: number; readonly inputGradient: GoldenTensor<Float64Array> };
}

/** What a linear layer, y = x·Wᵀ + b, gives: x [N, in], W [out, in], b [out] (absent without a bias), y [N, out]. */
export interface GoldenLinearResults<A> {
  readonly output: GoldenTensor<A>;
  readonly inputGradient: GoldenTensor<A>;
  readonly weightGradient: GoldenTensor<A>;
  readonly biasGradient?: GoldenTensor<A>;
}

export interface GoldenLinear extends GoldenLinearResults<Float32Array> {
  readonly input: GoldenTensor;
  readonly weight: GoldenTensor;
  readonly bias?: GoldenTensor;
  readonly upstreamGradient: GoldenTensor;
  readonly float64: GoldenLinearResults<Float64Array>;
}

export interface GoldenOperators {
  readonly torch: string;
  readonly activations: readonly GoldenActivation[];
  readonly losses: readonly GoldenLoss[];
  readonly linear: readonly GoldenLinear[];
}

/** One optimizer's run; `parameters` [steps, P] holds the parameters after each step, `learningRates` one rate a step. */
export interface GoldenOptimizer {
  readonly name: string;
  readonly kind: 'sgd' | 'adam' | 'adamw' | 'rmsprop';
  readonly options: GoldenOptions;
  readonly learningRates: readonly number[];
  readonly parameters: GoldenTensor;
  readonly float64: { readonly parameters: GoldenTensor<Float64Array> };
}

/** Gradient clipping: by the joint L2 norm of all tensors (then `totalNorm`, before clipping, is given) or by value. */
export interface GoldenClipping {
  readonly case: string;
  readonly method: 'norm' | 'value';
  readonly limit: number;
  readonly gradients: readonly GoldenTensor[];
  readonly clipped: readonly GoldenTensor[];
  readonly totalNorm?: number;
}

/** All optimizers start at `initial` [P] and see the same `gradients` [steps, P]; `notes` gives each kind's rule. */
export interface GoldenOptimizers {
  readonly torch: string;
  readonly notes: Readonly<Record<GoldenOptimizer['kind'], string>>;
  readonly initial: GoldenTensor;
  readonly gradients: GoldenTensor;
  readonly cases: readonly GoldenOptimizer[];
  readonly clipping: readonly GoldenClipping[];
}

/** One schedule in float64: entry t (from 0) is the learning rate of step t, by torch and by the plain formula. */
export interface GoldenSchedule {
  readonly name: string;
  readonly note: string;
  readonly learningRate: number;
  readonly options: GoldenOptions;
  readonly torch: readonly number[];
  readonly formula: readonly number[];
}

/** What torch's initialisers draw from for a weight [fanOut, fanIn]: half-widths of uniforms and standard deviations. */
export interface GoldenInitialiser {
  readonly fanIn: number;
  readonly fanOut: number;
  readonly linearDefaultWeightBound: number;
  readonly linearDefaultBiasBound: number;
  readonly xavierUniformBound: number;
  readonly xavierNormalStd: number;
  readonly kaimingUniformBound: number;
  readonly kaimingNormalStd: number;
}

/** 200 steps by one optimizer; `losses` are float32 batch means before each step; `weights` is all parameters, flat. */
export interface GoldenRun {
  readonly optimizer: {
    readonly kind: 'adam' | 'sgd';
    readonly learningRate: number;
    readonly momentum?: number;
  };
  readonly losses: readonly number[];
  readonly weights: { readonly file: string; readonly count: number; readonly sha256: string };
  readonly float64: {
    readonly losses: readonly number[];
    readonly largestRelativeLossDifference: number;
    readonly largestWeightDifference: number;
  };
}

/** What Python computed of a tensor of initial values, to check {@link goldenWeights} against. */
export interface GoldenInitialTensor {
  readonly shape: readonly number[];
  readonly bound: number;
  readonly key: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly sha256: string;
}

export interface GoldenTraining {
  readonly torch: string;
  readonly dataSha256: Readonly<Record<string, string>>;
  readonly steps: number;
  readonly batchSize: number;
  readonly initialWeights: {
    readonly formula: string;
    readonly tensors: Readonly<Record<string, GoldenInitialTensor>>;
  };
  readonly runs: { readonly adam: GoldenRun; readonly sgd: GoldenRun };
}

/** What ten steps of SGD made of one batch; `gradients` are those of the first. */
export interface GoldenTiedResults<A> {
  readonly losses: readonly number[];
  readonly gradients: Readonly<Record<string, GoldenTensor<A>>>;
  readonly parameters: Readonly<Record<string, GoldenTensor<A>>>;
}

/** A network with a layer that is used twice, tied weights, or a stopped gradient; `note` says which. */
export interface GoldenTied extends GoldenTiedResults<Float32Array> {
  readonly name: 'reused' | 'autoencoder' | 'embedding' | 'stopped';
  readonly note: string;
  readonly input: GoldenTensor;
  readonly target: GoldenTensor<Float32Array | Int32Array>;
  readonly initial: Readonly<Record<string, GoldenTensor>>;
  readonly float64: GoldenTiedResults<Float64Array>;
}

/** A recurrent layer, with torch's names of options; `golden_recurrence.py` says what rows are made of. */
export interface GoldenRecurrence {
  readonly kind: 'rnn' | 'gru' | 'lstm';
  readonly inputs: number;
  readonly hidden: number;
  readonly options: {
    readonly num_layers?: number;
    readonly bidirectional?: boolean;
    readonly bias?: boolean;
    readonly nonlinearity?: 'tanh' | 'relu';
  };
  readonly input: GoldenTensor;
  readonly lengths?: readonly number[];
  /** Names of the first state's parts, among the parameters. */
  readonly states: readonly ('hidden' | 'cell')[];
  readonly parameters: Readonly<Record<string, GoldenTensor>>;
  readonly upstream: GoldenTensor;
  readonly output: GoldenTensor;
  readonly gradients: Readonly<Record<string, GoldenTensor>>;
}

/** What a small network comes to: the mean loss of each step before it, and its parameters at the end. */
export interface GoldenOutcome<A> {
  readonly losses: readonly number[];
  readonly parameters: Readonly<Record<string, GoldenTensor<A>>>;
}

/** One way to train it, in Lockstep's words. */
export interface GoldenWay extends GoldenOutcome<Float32Array> {
  readonly name: string;
  readonly loss: {
    readonly kind: 'crossEntropy' | 'binaryCrossEntropy';
    readonly labelSmoothing?: number;
    readonly classWeights?: readonly number[];
    readonly positiveWeight?: number | readonly number[];
    readonly targets?: 'probabilities';
  };
  /** `cosine` is the length of an annealing in steps. */
  readonly optimizer: { readonly kind: string; readonly cosine?: number };
  readonly groups: readonly {
    readonly match: readonly string[];
    readonly learningRate?: number;
    readonly weightDecay?: number;
  }[];
  readonly frozen: readonly string[];
  readonly float64: GoldenOutcome<Float64Array>;
}

/** Linear(4, 5), tanh, Linear(5, outputs), trained in file order; `initial` by the number of outputs. */
export interface GoldenWays {
  readonly batchSize: number;
  readonly steps: number;
  readonly data: {
    readonly inputs: GoldenTensor;
    readonly labels: GoldenTensor<Int32Array>;
    readonly probabilities: GoldenTensor;
    readonly binary: GoldenTensor;
  };
  readonly initial: Readonly<Record<string, Readonly<Record<string, GoldenTensor>>>>;
  readonly cases: readonly GoldenWay[];
}

/** Half-width of each tensor's uniform initial values: a power of two, so that scaling is exact. */
const initialBounds: Readonly<Record<string, number>> = {
  'layers.0.weight': 2 ** -5,
  'layers.0.bias': 2 ** -5,
  'layers.2.weight': 2 ** -3,
  'layers.2.bias': 2 ** -3,
  'layers.4.weight': 2 ** -3,
  'layers.4.bias': 2 ** -3,
};

/** Chosen so that rounding decides no ReLU's side in the 200 steps: README.md tells how. */
const salt = '155:';

/** FNV-1a, 32 bits, of an ASCII string. Source: Fowler, Noll, Vo, http://www.isthe.com/chongo/tech/comp/fnv/. */
function fnv1a(text: string): number {
  let key = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) key = Math.imul(key ^ text.charCodeAt(i), 0x01000193);
  return key >>> 0;
}

/**
 * The initial values of the 200-step run's tensor `name`, the same bits as `golden_weights` in mnist_network.py.
 *
 * Each flat index is hashed with lowbias32 (Chris Wellons, https://nullprogram.com/blog/2018/07/31/) to 24 bits u, and
 * the value is (u − 2²³) · 2⁻²³ · bound: exact in float32, uniform in [−bound, bound).
 *
 * @param name one of layers.{0,2,4}.{weight,bias}
 * @param shape torch's layout, e.g. [128, 784] for layers.0.weight; only the number of elements matters
 * @returns the row-major values
 * @throws RangeError for any other name
 */
export function goldenWeights(name: string, shape: readonly number[]): Float32Array {
  const bound = initialBounds[name];
  if (bound === undefined) {
    const known = Object.keys(initialBounds).join(', ');
    throw new RangeError(`goldenWeights: no tensor is called "${name}"; expected one of ${known}`);
  }
  const key = fnv1a(salt + name);
  const values = new Float32Array(shape.reduce((count, length) => count * length, 1));
  for (let i = 0; i < values.length; i++) {
    let x = (Math.imul(i, 0x9e3779b9) + key) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    x ^= x >>> 16;
    values[i] = ((x >>> 8) - 2 ** 23) * (2 ** -23 * bound);
  }
  return values;
}

/** Activations, losses and the linear layer, forward and backward. */
export function goldenOperators(): GoldenOperators {
  return readJson('operators.json') as GoldenOperators;
}

/** Optimizers step by step, and gradient clipping. */
export function goldenOptimizers(): GoldenOptimizers {
  return readJson('optimizers.json') as GoldenOptimizers;
}

/** Learning rates step by step. */
export function goldenSchedules(): readonly GoldenSchedule[] {
  return (readJson('schedules.json') as { cases: readonly GoldenSchedule[] }).cases;
}

/** Losses with smoothing and weights, groups, frozen parameters: a small network in six steps. */
export function goldenWays(): GoldenWays {
  return readJson('training.json') as GoldenWays;
}

/** One pass of a layer that pools, pads or enlarges, in Lockstep's words. */
export interface GoldenPooling {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly input: GoldenTensor;
  readonly output: GoldenTensor;
  readonly upstream: GoldenTensor;
  readonly inputGradient: GoldenTensor;
}

export function goldenPooling(): readonly GoldenPooling[] {
  return (readJson('pooling.json') as { cases: readonly GoldenPooling[] }).cases;
}

/** What a layer gives, and its gradients. */
export interface GoldenNormalised<A> {
  readonly output: GoldenTensor<A>;
  readonly inputGradient: GoldenTensor<A>;
  readonly gradients: Readonly<Record<string, GoldenTensor<A>>>;
}

/** One pass of a normalisation in training: `arguments` and `options` in Lockstep's words. */
export interface GoldenNormalisation extends GoldenNormalised<Float32Array> {
  readonly name: string;
  readonly arguments: readonly unknown[];
  readonly options: GoldenOptions;
  readonly input: GoldenTensor;
  readonly upstream: GoldenTensor;
  readonly parameters: Readonly<Record<string, GoldenTensor>>;
  readonly float64: GoldenNormalised<Float64Array>;
}

/** A network with batch normalisation over some steps of one batch, and what it answers in evaluation mode then. */
export interface GoldenStatistics {
  readonly momentum: number | null;
  readonly input: GoldenTensor;
  readonly target: GoldenTensor;
  readonly initial: Readonly<Record<string, GoldenTensor>>;
  readonly losses: readonly number[];
  readonly parameters: Readonly<Record<string, GoldenTensor>>;
  readonly buffers: Readonly<Record<string, GoldenTensor>>;
  readonly evaluated: GoldenTensor;
}

export function goldenNormalisation(): {
  readonly layers: readonly GoldenNormalisation[];
  readonly training: readonly GoldenStatistics[];
} {
  return readJson('normalisation.json') as ReturnType<typeof goldenNormalisation>;
}

/** A function of one to three tensors: torch's float64 results of float32 inputs. */
export interface GoldenElements {
  readonly name: string;
  readonly inputs: readonly GoldenTensor[];
  readonly upstream: GoldenTensor;
  readonly output: GoldenTensor<Float64Array>;
  readonly gradients: readonly GoldenTensor<Float64Array>[];
}

/** Functions of elements, selections, products and arrangements. */
export function goldenElements(): readonly GoldenElements[] {
  return (readJson('elements.json') as { cases: readonly GoldenElements[] }).cases;
}

/** Ranges of torch's initialisers for a few layer sizes. */
export function goldenInitialisers(): readonly GoldenInitialiser[] {
  return (readJson('initialisers.json') as { cases: readonly GoldenInitialiser[] }).cases;
}

/** Layers that are used twice, tied weights and stopped gradients. */
export function goldenTied(): { readonly learningRate: number; readonly cases: GoldenTied[] } {
  return readJson('tied.json') as { learningRate: number; cases: GoldenTied[] };
}

/** Recurrent layers, forward and backward. */
export function goldenRecurrence(): readonly GoldenRecurrence[] {
  return (readJson('recurrence.json') as { cases: GoldenRecurrence[] }).cases;
}

/** The 200-step runs without their final weights: see {@link goldenFinalWeights}. */
export function goldenTraining(): GoldenTraining {
  return readJson('train-200.json') as GoldenTraining;
}

/**
 * The 109,386 parameters after the 200 steps: tensors in declaration order (layers.0.weight, layers.0.bias, …), each in
 * torch's row-major layout.
 *
 * @throws RangeError if the file is not of the length that train-200.json states
 */
export function goldenFinalWeights(run: GoldenRun): Float32Array {
  const bytes = readFileSync(new URL(run.weights.file, import.meta.url));
  if (bytes.length !== 4 * run.weights.count) {
    throw new RangeError(
      `goldenFinalWeights: ${run.weights.file} has ${bytes.length} bytes, expected ${4 * run.weights.count}`,
    );
  }
  return floatsFromBytes(bytes);
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'), reviveTensor);
}

/** Turns {"shape", "f32" | "f64" | "i32" | "f32base64"} into a {@link GoldenTensor}; everything else stays as it is. */
function reviveTensor(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('shape' in value)) return value;
  const { shape } = value;
  if ('f32' in value) return { shape, values: Float32Array.from(value.f32 as number[]) };
  if ('f64' in value) return { shape, values: Float64Array.from(value.f64 as number[]) };
  if ('i32' in value) return { shape, values: Int32Array.from(value.i32 as number[]) };
  if ('f32base64' in value) {
    return { shape, values: floatsFromBytes(Buffer.from(value.f32base64 as string, 'base64')) };
  }
  return value;
}

function floatsFromBytes(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / 4);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
  return values;
}
