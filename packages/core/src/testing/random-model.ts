// Random models for property tests: any operators on any shapes, from one seed. More operators with the same
// seed give the same model continued, so that a failing case shrinks to a shorter one.
// Each tensor carries a bound of its values, and what grows is scaled down: float32 stays far from its ends.
import { normal } from '../initializers/initializer.js';
import { relu, softmax, step } from '../layers/activations.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Loss } from '../losses/loss.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { perceptron } from '../losses/perceptron.js';
import { concat } from '../model/joining.js';
import type { Scope } from '../model/model.js';
import {
  add,
  applyOperator,
  broadcast,
  div,
  exp,
  log,
  matmul,
  max,
  mean,
  mul,
  neg,
  reshape,
  sqrt,
  sub,
  sum,
  type Tensor,
  transpose,
} from '../model/tensor.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { isBatched, product, sameShape, sampleShape, sampleSize } from '../shape.js';
import { Random } from './random.js';
import { randomConvolution } from './random-convolution.js';
import { bendsOf, comparesTwo, randomElements } from './random-elements.js';
import type { Problem } from './reference-gradients.js';

export interface RandomModelOptions {
  readonly seed: number;
  readonly operators: number;
  readonly rows: number;
}

interface Bounded {
  readonly tensor: Tensor;
  readonly bound: number;
}

const BIGGEST = 8;
/** Most elements of one sample. */
const MOST_ELEMENTS = 2000;

class Modeller {
  readonly #random: Random;
  readonly #scope: Scope;
  readonly #pool: Bounded[] = [];
  #parameters = 0;

  constructor(random: Random, scope: Scope, input: Tensor) {
    this.#random = random;
    this.#scope = scope;
    this.#add(input, 1);
    this.#parameter(this.#stretched(input));
  }

  /** Continues the model by one operator, or by none if the one that was drawn does not fit. */
  grow(): void {
    const { tensor: x, bound } = this.#pick();
    const kinds = [
      () => this.#unary(x, bound),
      () => this.#unary(x, bound),
      () => this.#binary(x, bound),
      () => this.#binary(x, bound),
      () => this.#elements(x, bound),
      () => this.#linear(x, bound),
      () => this.#batchProduct(x, bound),
      () => this.#convolution(x, bound),
      () => this.#attention(x, bound),
      () => this.#reduction(x, bound),
      () => this.#arrangement(x, bound),
      () => this.#pooling(x, bound),
      () => this.#normalisation(x, bound),
      () => this.#scan(x),
    ];
    this.#random.pick(kinds)();
  }

  /** A batched tensor that most of the model leads to. */
  output(): Tensor {
    const batched = this.#pool.filter(({ tensor }) => isBatched(tensor.shape)).slice(-3);
    const flat = batched.map(({ tensor }) => reshape(tensor, [-1]));
    const constants = this.#pool.filter(({ tensor }) => !isBatched(tensor.shape)).slice(-2);
    let result = flat.at(-1)!;
    for (const other of flat.slice(0, -1)) result = add(result, mean(other, { keepDims: true }));
    for (const { tensor } of constants) result = add(result, mean(tensor));
    return result;
  }

  #add(tensor: Tensor, bound: number): void {
    if (sampleSize(tensor.shape) > MOST_ELEMENTS) return;
    const scaled = bound > BIGGEST ? mul(tensor, BIGGEST / 2 / bound) : tensor;
    this.#pool.push({ tensor: scaled, bound: Math.min(bound, BIGGEST) });
  }

  #pick(): Bounded {
    const recent = this.#pool.slice(-4);
    return this.#random.next() < 0.7 ? this.#random.pick(recent) : this.#random.pick(this.#pool);
  }

  #parameter(shape: readonly number[]): Tensor {
    const name = `p${this.#parameters++}`;
    const tensor = this.#scope.parameter(name, shape, normal({ mean: 0, std: 0.5 }));
    this.#pool.push({ tensor, bound: 1 });
    return tensor;
  }

  /** A shape that broadcasts with a tensor: some axes 1, some leading ones left out. */
  #stretched(x: Tensor): number[] {
    const dims = sampleShape(x.shape);
    const kept = dims.slice(this.#random.next() < 0.4 ? this.#random.integer(0, dims.length) : 0);
    return kept.map((dim) => (this.#random.next() < 0.25 ? 1 : dim));
  }

  #unary(x: Tensor, bound: number): void {
    const positive = (): Tensor => add(applyOperator('sigmoid', [x]), 0.5);
    this.#random.pick([
      () => this.#add(relu(x), bound),
      () => this.#add(applyOperator('leakyRelu', [x], { slope: 0.1 }), bound),
      () => this.#add(applyOperator('sigmoid', [x]), 1),
      () => this.#add(applyOperator('tanh', [x]), 1),
      () => this.#add(applyOperator('gelu', [x]), bound),
      () => this.#add(applyOperator('silu', [x]), bound),
      () => this.#add(applyOperator(this.#random.pick(['sin', 'cos']), [x]), 1),
      () => this.#add(applyOperator('elu', [x], { alpha: 0.7 }), bound),
      () => this.#add(applyOperator('softplus', [x], { beta: 1.5, threshold: 20 }), bound + 1),
      () => this.#add(applyOperator('pow', [positive()], { exponent: -1.3 }), 2.5),
      () => this.#add(step(x), 1),
      () => this.#add(neg(x), bound),
      () => this.#add(exp(mul(x, 2 / bound)), Math.exp(2)),
      () => this.#add(log(positive()), 1),
      () => this.#add(sqrt(positive()), 1.3),
      () => x.shape.length > 1 && this.#add(softmax(x), 1),
      () => x.shape.length > 1 && this.#add(applyOperator('logSoftmax', [x]), 2 * bound + 8),
      () => this.#dropout(x, bound),
      () => this.#dropout(x, bound),
    ])();
  }

  #dropout(x: Tensor, bound: number): void {
    if (!isBatched(x.shape)) return;
    const layer = this.#random.integer(0, 1000);
    const rate = this.#random.pick([0, 0.1, 0.25, 0.5]);
    this.#add(applyOperator('dropout', [x], { rate, layer }), bound / (1 - rate));
  }

  #binary(x: Tensor, bound: number): void {
    const partners = this.#pool.filter(({ tensor }) => fits(x, tensor));
    const other =
      partners.length > 0 && this.#random.next() < 0.6
        ? this.#random.pick(partners)
        : { tensor: this.#parameter(this.#stretched(x)), bound: 1 };
    const swap = this.#random.next() < 0.5;
    const [a, b] = swap ? [other.tensor, x] : [x, other.tensor];
    this.#random.pick([
      () => this.#add(add(a, b), bound + other.bound),
      () => this.#add(sub(a, b), bound + other.bound),
      () => this.#add(mul(a, b), bound * other.bound),
      () =>
        this.#add(
          div(a, add(applyOperator('sigmoid', [b]), 0.5)),
          2 * (swap ? other.bound : bound),
        ),
    ])();
  }

  #elements(x: Tensor, bound: number): void {
    const same = this.#pool.filter(({ tensor }) => sameShape(tensor.shape, x.shape));
    const made = randomElements({ tensor: x, bound }, this.#random, () => this.#random.pick(same));
    this.#add(made.tensor, made.bound);
  }

  #linear(x: Tensor, bound: number): void {
    const features = x.shape.at(-1);
    if (x.shape.length < 2 || features === 'N') return;
    const outputs = this.#random.pick([1, 2, 3, 5, 8, 13, 17]);
    // Stored transposed, as a linear layer's weight, or used as it is, or both.
    const weight = this.#random.pick([
      () => transpose(this.#parameter([outputs, features as number])),
      () => this.#parameter([features as number, outputs]),
    ])();
    this.#add(matmul(x, weight), bound * (features as number));
  }

  #batchProduct(x: Tensor, bound: number): void {
    if (x.shape.length < 3) return;
    const inner = x.shape.at(-1) as number;
    this.#random.pick([
      () => this.#add(matmul(x, transpose(x)), bound * bound * inner),
      // Another matrix for each leading index, or for some of them alike.
      () => {
        const leading = x.shape.slice(isBatched(x.shape) ? 1 : 0, -2) as number[];
        const stretched = leading.map((dim) => (this.#random.next() < 0.4 ? 1 : dim));
        this.#add(matmul(x, this.#parameter([...stretched, inner, 3])), bound * inner);
      },
    ])();
  }

  #pooling(x: Tensor, bound: number): void {
    if (x.shape.length < 3) return;
    const draw = (least: number, most: number) =>
      [this.#random.integer(least, most), this.#random.integer(least, most)] as const;
    const sides = x.shape.slice(-2) as number[];
    const kernel = draw(1, 3).map((k, axis) => Math.min(k, sides[axis]!));
    const padding = kernel.map((k) => this.#random.integer(0, k >> 1));
    const stride = this.#random.pick([kernel, draw(1, 2)]);
    const windows = { kernel, stride, padding, ceilMode: this.#random.integer(0, 1) };
    this.#random.pick([
      () => this.#add(applyOperator('maxPool2d', [x], { ...windows, dilation: [1, 1] }), bound),
      () =>
        this.#add(
          applyOperator('avgPool2d', [x], {
            ...windows,
            countPadding: this.#random.integer(0, 1),
            divisor: 0,
          }),
          bound,
        ),
      () => this.#add(applyOperator('adaptiveAvgPool2d', [x], { size: draw(1, 4) }), bound),
      () => {
        const before = draw(0, 1);
        const size = draw(0, 1).map((after, axis) => before[axis]! + sides[axis]! + after);
        const way = this.#random.pick(Math.min(...sides) > 1 ? [0, 1, 2] : [0, 2]);
        const value = way === 0 ? 0.5 : 0;
        const attributes = { size, way, rows: before[0], columns: before[1], value };
        this.#add(applyOperator('resample2d', [x], attributes), Math.max(bound, value));
      },
      () => {
        const size = draw(1, 3).map((times, axis) => times * sides[axis]! + (times - 1));
        const [rows, columns] = size.map((to, axis) => Math.fround(sides[axis]! / to));
        const attributes = { size, way: 3, rows: rows!, columns: columns!, value: 0 };
        this.#add(applyOperator('resample2d', [x], attributes), bound);
      },
    ])();
  }

  #attention(x: Tensor, bound: number): void {
    const [batch, length] = x.shape;
    if (x.shape.length !== 3 || batch !== 'N') return;
    const heads = this.#random.integer(1, 3);
    const width = heads * this.#random.pick([1, 3, 4, 9]);
    const project = (from: Bounded, to: number): Tensor => {
      const size = from.tensor.shape[2] as number;
      const weight = this.#parameter([size, to]);
      return mul(matmul(from.tensor, weight), 1 / (from.bound * size));
    };
    const itself = { tensor: x, bound };
    const attributes = {
      heads,
      causal: this.#random.integer(0, 1),
      scale: this.#random.pick([0.5, 3]),
      ...(this.#random.next() < 0.3 && { rate: 0.25, layer: this.#random.integer(0, 1000) }),
    };
    const others = this.#pool.filter(
      ({ tensor: { shape } }) => shape.length === 3 && isBatched(shape),
    );
    const record = this.#random.pick([
      () => applyOperator('selfAttention', [project(itself, 3 * width)], attributes),
      () => {
        const operands = [project(itself, width), project(this.#random.pick(others), 2 * width)];
        return applyOperator('crossAttention', operands, attributes);
      },
    ])();
    const shape = ['N' as const, length as number, width];
    this.#add(applyOperator('recordOutput', [record], { shape }), 2);
  }

  #normalisation(x: Tensor, bound: number): void {
    if (x.shape.length < 2 || !isBatched(x.shape)) return;
    const [, channels, ...places] = x.shape as number[];
    const parameter = (): Tensor => this.#parameter([channels!]);
    const affine = Array.from({ length: this.#random.integer(0, 2) }, parameter);
    // Well away from 0, where what is left of a variance is rounding.
    const epsilon = 1;
    this.#random.pick([
      () => {
        const mean = applyOperator('shardMean', [x, parameter()]);
        const positive = add(applyOperator('sigmoid', [parameter()]), 0.5);
        const variance = applyOperator('shardVariance', [x, mean, positive]);
        this.#add(applyOperator('batchNorm', [x, mean, variance, ...affine], { epsilon }), 8);
      },
      () => {
        const groups = this.#random.pick([1, channels!]);
        const inner = product(places);
        const attributes = { shape: x.shape, axis: 1, groups, centred: 1, inner, epsilon };
        const record = applyOperator('groupNorm', [x, ...affine], attributes);
        this.#add(applyOperator('recordOutput', [record], { shape: x.shape }), 2 * bound + 8);
      },
    ])();
  }

  /** Recurrent units over the middle axis. */
  #scan(x: Tensor): void {
    if (x.shape.length !== 3 || !isBatched(x.shape)) return;
    const [, steps, features] = x.shape as [unknown, number, number];
    const size = this.#random.pick([1, 2, 3, 5, 8, 9]);
    const [op, gates, own] = this.#random.pick([
      ['rnn', 1, 'relu'],
      ['gru', 3, undefined],
      ['lstm', 4, 'cell'],
    ] as const);
    const [bias, lengths, reverse] = [0, 1, 2].map(() => this.#random.integer(0, 1));
    const cell = own === 'cell' ? this.#random.integer(0, 1) : 0;
    const width = gates * size;
    const inputs = [
      x,
      this.#parameter([features, width]),
      this.#parameter([size, width]),
      ...(bias ? [this.#parameter([width]), this.#parameter([width])] : []),
      // All steps, or one.
      ...(lengths ? [add(mul(step(mean(x, { axes: [1, 2] })), steps - 1), 0.5)] : []),
    ];
    const flags = { bias: bias!, lengths: lengths!, state: 0, reverse: reverse! };
    const record = applyOperator(op, inputs, { ...flags, ...(own && { [own]: cell }) });
    const shape = ['N', steps + cell, size] as const;
    this.#add(applyOperator('recordOutput', [record], { shape }), cell ? steps : 1);
  }

  #convolution(x: Tensor, bound: number): void {
    const made = randomConvolution(x, this.#random, (shape) => this.#parameter(shape));
    if (made) this.#add(made.tensor, bound * made.terms);
  }

  #reduction(x: Tensor, bound: number): void {
    const first = isBatched(x.shape) ? 1 : 0;
    const axes = x.shape.map((_, axis) => axis).slice(first);
    const chosen = axes.filter(() => this.#random.next() < 0.6);
    const keepDims = this.#random.next() < 0.5;
    const options = { axes: chosen, keepDims };
    const size = product(chosen.map((axis) => x.shape[axis] as number));
    this.#random.pick([
      () => this.#add(sum(x, options), bound * size),
      () => this.#add(mean(x, options), bound),
      () => this.#add(max(x, options), bound),
    ])();
  }

  #arrangement(x: Tensor, bound: number): void {
    const dims = sampleShape(x.shape);
    this.#random.pick([
      () => this.#add(reshape(x, [-1]), bound),
      () => this.#add(reshape(x, [1, -1]), bound),
      () => dims.length > 1 && this.#add(transpose(x), bound),
      () => {
        if (dims.length === 0) return;
        const axis = this.#random.integer(1, dims.length) - (isBatched(x.shape) ? 0 : 1);
        const same = this.#pool.filter(({ tensor }) => sameShape(tensor.shape, x.shape));
        const others = [this.#random.pick(same), this.#random.pick(same)];
        const tensors = [x, ...others.map(({ tensor }) => tensor)];
        this.#add(concat(tensors, axis), Math.max(bound, ...others.map((other) => other.bound)));
      },
      () => {
        if (dims.length === 3) this.#add(reshape(x, [dims[0]! * dims[1]!, dims[2]!]), bound);
      },
      () => {
        if (dims.length < 5) this.#add(reshape(x, [...dims, 1]), bound);
      },
      () => {
        if (dims.length > 2) return;
        const wide = this.#random.integer(2, 4);
        const shape = [wide, ...dims];
        if (!isBatched(x.shape)) this.#add(broadcast(x, ['N', ...shape]), bound);
      },
    ])();
  }
}

/** Whether two tensors can be added. */
function fits(a: Tensor, b: Tensor): boolean {
  const rank = Math.max(a.shape.length, b.shape.length);
  for (let back = 1; back <= rank; back++) {
    const left = a.shape.at(-back) ?? 1;
    const right = b.shape.at(-back) ?? 1;
    const batch = left === 'N' || right === 'N';
    if (batch && back !== rank) return false;
    if (left !== right && left !== 1 && right !== 1) return false;
  }
  return true;
}

/** Losses, against labels or not, that need two outputs to tell apart. */
const OF_CLASSES: readonly (readonly [Loss, boolean])[] = [
  [crossEntropy(), true],
  [meanSquaredError(), true],
  [crossEntropy(), false],
];

/** A random model with a random loss, random parameters and a random batch. */
export function randomProblem({ seed, operators, rows }: RandomModelOptions): Problem {
  const random = new Random(seed);
  const inputShape = Array.from({ length: random.integer(0, 3) }, () =>
    random.pick([1, 2, 3, 4, 5, 7, 9]),
  );
  const forward = traceModel((x, scope) => {
    const modeller = new Modeller(random, scope, x);
    for (let i = 0; i < operators; i++) modeller.grow();
    return modeller.output();
  }, inputShape);
  // What follows must not depend on how often the modeller drew, or shrinking would change the loss.
  const rest = new Random(seed ^ 0x5bd1e995);
  const width = sampleSize(forward.nodes[forward.outputs.output!]!.shape);
  const [loss, labels] = rest.pick<readonly [Loss, boolean]>([
    ...(width > 1 ? OF_CLASSES : []),
    [meanSquaredError(), false],
    [binaryCrossEntropy(), false],
    [perceptron(), false],
  ]);
  return {
    graph: attachLoss(forward, loss, {
      targetShape: labels ? [] : [width],
      classes: labels ? width : undefined,
    }),
    rows,
    parameters: forward.parameters.map(({ shape }) => rest.floats(product(shape))),
    input: rest.floats(rows * product(inputShape)),
    target: labels
      ? Float32Array.from({ length: rows }, () => rest.integer(0, width - 1))
      : rest.floats(rows * width, 0.01, 0.99),
    context: {
      seed: rest.integer(0, 2 ** 40),
      epoch: rest.integer(0, 5),
      sampleIds: Uint32Array.from({ length: rows }, () => rest.integer(0, 2 ** 31)),
    },
  };
}

/**
 * Whether a problem has a value next to a place where an operator jumps or bends: there two correct
 * computations may go different ways. Exactly on it is fine, if float32 and float64 agree that it is.
 */
export function isNearKink(
  problem: Problem,
  valuesOf: (precision: 'f32' | 'f64') => readonly ArrayLike<number>[],
): boolean {
  const exact = valuesOf('f64');
  const rounded = valuesOf('f32');
  const nearTo = (node: number, place: (i: number) => number, same: (i: number) => number) =>
    Array.from(exact[node]!).some((value, i) => {
      const isOn = value === place(i) && rounded[node]![i] === same(i);
      return Math.abs(value - place(i)) < KINK && !isOn;
    });
  return problem.graph.nodes.some(({ op, inputs: [a, b], attributes }) => {
    const bends = bendsOf(op, attributes);
    if (bends)
      return bends.some((at) =>
        nearTo(
          a!,
          () => at,
          () => at,
        ),
      );
    if (comparesTwo(op))
      return nearTo(
        a!,
        (i) => exact[b!]![i]!,
        (i) => rounded[b!]![i]!,
      );
    if (op === 'max' || op === 'maxPool2d' || op === 'correctLabel' || op === 'correctArgmax') {
      return hasNearTie(exact[a!]!, rounded[a!]!);
    }
    return false;
  });
}

const KINK = 1e-5;

/** Whether two of the values nearly, but not exactly, agree. */
function hasNearTie(exact: ArrayLike<number>, rounded: ArrayLike<number>): boolean {
  const order = Array.from(exact, (_, i) => i).sort((a, b) => exact[a]! - exact[b]!);
  return order.some((i, place) => {
    const j = order[place + 1];
    if (j === undefined) return false;
    const gap = exact[j]! - exact[i]!;
    return gap < KINK && !(gap === 0 && rounded[i] === rounded[j]);
  });
}
