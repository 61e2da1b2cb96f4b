// Grows a random model, part by part, from one sequence of random numbers: more parts with the same numbers are the same model
// continued, so that a failing case shrinks to a shorter one.
import { normal } from '../initializers/initializer.js';
import type { Scope } from '../model/model.js';
import { add, applyOperator, mean, mul, reshape, type Tensor } from '../model/tensor.js';
import { isBatched, sampleSize } from '../shape.js';
import type { Random } from './random.js';
import { binary, unary } from './random-parts/arithmetic.js';
import { arrangement, reduction } from './random-parts/arrangement.js';
import { convolution } from './random-parts/convolution.js';
import { elements } from './random-parts/elements.js';
import { normalisation } from './random-parts/normalisation.js';
import {
  type Bounded,
  type Growth,
  MOST_ELEMENTS,
  type Part,
  stretchedShape,
} from './random-parts/part.js';
import { pooling } from './random-parts/pooling.js';
import { batchProduct, linear } from './random-parts/products.js';
import { attention, scan } from './random-parts/sequences.js';
import { taking } from './random-parts/taking.js';

/** As often as they stand here. */
const PARTS: readonly Part[] = [
  ...[unary, unary, binary, binary, elements],
  ...[linear, batchProduct, convolution, attention],
  ...[reduction, arrangement, pooling, normalisation, scan, taking],
];

const BIGGEST = 8;
interface ModellerOptions {
  /** Of an input of tokens. */
  readonly vocabulary: number | undefined;
  readonly takesNone: boolean;
}

export class RandomModeller implements Growth {
  readonly random: Random;
  readonly takesNone: boolean;
  readonly tokens: Growth['tokens'];
  readonly #scope: Scope;
  readonly #pool: Bounded[] = [];
  #parameters = 0;

  constructor(
    random: Random,
    scope: Scope,
    input: Tensor,
    { vocabulary, takesNone }: ModellerOptions,
  ) {
    this.random = random;
    this.#scope = scope;
    this.takesNone = takesNone;
    this.tokens = vocabulary === undefined ? undefined : { tensor: input, vocabulary };
    const numbers = this.tokens ? this.#embedded(this.tokens) : input;
    this.add(numbers, 1);
    this.parameter(stretchedShape(random, numbers));
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

  #embedded({ tensor, vocabulary }: NonNullable<Growth['tokens']>): Tensor {
    const table = this.parameter([vocabulary, this.random.pick([1, 2, 3, 5])]);
    return applyOperator('embedding', [tensor, table]);
  }

  #pick(): Bounded {
    const recent = this.#pool.slice(-4);
    return this.random.next() < 0.7 ? this.random.pick(recent) : this.random.pick(this.#pool);
  }
}
