// Grows a random model, part by part, from one sequence of random numbers: more parts with the same numbers are the same model
// continued, so that a failing case shrinks to a shorter one.
import { normal } from '../initializers/initializer.js';
import type { Scope } from '../model/model.js';
import { add, mean, mul, reshape, type Tensor } from '../model/tensor.js';
import { isBatched, sampleSize } from '../shape.js';
import type { Random } from './random.js';
import { binary, unary } from './random-parts/arithmetic.js';
import { arrangement, reduction } from './random-parts/arrangement.js';
import { convolution } from './random-parts/convolution.js';
import { elements } from './random-parts/elements.js';
import { normalisation } from './random-parts/normalisation.js';
import { type Bounded, type Growth, type Part, stretchedShape } from './random-parts/part.js';
import { pooling } from './random-parts/pooling.js';
import { batchProduct, linear } from './random-parts/products.js';
import { attention, scan } from './random-parts/sequences.js';

/** As often as they stand here. */
const PARTS: readonly Part[] = [
  ...[unary, unary, binary, binary, elements],
  ...[linear, batchProduct, convolution, attention],
  ...[reduction, arrangement, pooling, normalisation, scan],
];

const BIGGEST = 8;
/** Most elements of one sample. */
const MOST_ELEMENTS = 2000;

export class RandomModeller implements Growth {
  readonly random: Random;
  readonly #scope: Scope;
  readonly #pool: Bounded[] = [];
  #parameters = 0;

  constructor(random: Random, scope: Scope, input: Tensor) {
    this.random = random;
    this.#scope = scope;
    this.add(input, 1);
    this.parameter(stretchedShape(random, input));
  }

  get pool(): readonly Bounded[] {
    return this.#pool;
  }

  /** Continues the model by one part, or by none if the one that was drawn does not fit. */
  grow(): void {
    const from = this.#pick();
    this.random.pick(PARTS)(this, from);
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

  add(tensor: Tensor, bound: number): void {
    if (sampleSize(tensor.shape) > MOST_ELEMENTS) return;
    const scaled = bound > BIGGEST ? mul(tensor, BIGGEST / 2 / bound) : tensor;
    this.#pool.push({ tensor: scaled, bound: Math.min(bound, BIGGEST) });
  }

  parameter(shape: readonly number[]): Tensor {
    const name = `p${this.#parameters++}`;
    const tensor = this.#scope.parameter(name, shape, normal({ mean: 0, std: 0.5 }));
    this.#pool.push({ tensor, bound: 1 });
    return tensor;
  }

  #pick(): Bounded {
    const recent = this.#pool.slice(-4);
    return this.random.next() < 0.7 ? this.random.pick(recent) : this.random.pick(this.#pool);
  }
}
