// What a model is: a function from a tensor to a tensor that may ask its scope for parameters.
// Layers are models; a model of layers is a layer. Nothing here computes.
import { describeValue } from '@lockstep/errors';
import { ConfigError, LockstepError, ShapeError } from '../errors.js';
import type { Initializer } from '../initializers/initializer.js';
import { validateInitializer } from '../initializers/validate.js';
import type { NumberSource } from '../numbers.js';
import { MAX_DROPOUT_LAYERS } from '../ops/dropout.js';
import { sourceOf } from '../ops/registry.js';
import { formatShape, sameShape } from '../shape.js';
import type { GraphBuilder } from '../transform/builder.js';
import { updatedAgain, updateOutput } from '../transform/updates.js';
import { constantNode } from './constant.js';
import { Tensor } from './tensor.js';

/**
 * A network: takes a batch [N, …] and gives its output [N, …].
 *
 * It is called once, to be traced, so it must not depend on anything but its arguments.
 */
export type Model = (x: Tensor, scope: Scope) => Tensor;

/** A part of a model; the same thing. */
export type Layer = Model;

/** What all scopes of a model have in common. */
interface Traced {
  dropout: number;
  /** For each buffer, the node of its value after a step. */
  readonly updates: number[];
  /** Where each shared layer was used first. */
  readonly places: Map<object, Scope>;
}

/** Where a model stands in the whole: gives its parameters and buffers their names. */
export class Scope {
  readonly #builder: GraphBuilder;
  readonly #prefix: string;
  readonly #traced: Traced;
  /** Whether it gives what it gave before, to a layer that is used again. */
  readonly #isAgain: boolean;

  constructor(
    builder: GraphBuilder,
    prefix = '',
    traced: Traced = { dropout: 0, updates: [], places: new Map() },
    isAgain = false,
  ) {
    this.#builder = builder;
    this.#prefix = prefix;
    this.#traced = traced;
    this.#isAgain = isAgain;
  }

  /**
   * A trainable tensor.
   *
   * @param name unique in this scope; the full name is the path of scopes, joined by dots, as in PyTorch
   * @param shape without a batch axis; weights of a linear layer are [out, in]
   */
  parameter(name: string, shape: readonly number[], init: Initializer): Tensor {
    if (this.#isAgain) return this.#again('parameter', name, shape);
    const node = this.#builder.addParameter({
      name: this.#prefix + name,
      shape,
      init: validateInitializer(init),
    });
    return new Tensor(this.#builder, node);
  }

  /**
   * A tensor of numbers that training leaves as they are.
   *
   * @param values flat and row-major, or in lists as the shape says
   * @param shape without a batch axis; left out: that of the lists
   * @throws DataError naming the value that is missing, no number, not finite, or that float32 cannot hold; or if there
   * are more or fewer values than the shape has
   */
  constant(values: NumberSource | number, shape?: readonly number[]): Tensor {
    return new Tensor(this.#builder, constantNode(this.#builder, 'constant', values, shape));
  }

  /**
   * State that the model owns and that gradients do not touch, such as a running mean: saved with the parameters, under
   * its name, and not counted among them. It stays as it is unless `update` says otherwise.
   *
   * @param name and shape as of a parameter
   * @returns its value before the step; where the network is evaluated, its value
   */
  buffer(name: string, shape: readonly number[], init: Initializer): Tensor {
    if (this.#isAgain) return this.#again('buffer', name, shape);
    const node = this.#builder.addBuffer({
      name: this.#prefix + name,
      shape,
      init: validateInitializer(init),
    });
    this.#traced.updates.push(node);
    return new Tensor(this.#builder, node);
  }

  /**
   * Says what a buffer is after a step: made of constants, of buffers and parameters as they were before it, and of sums
   * over the batch's samples (`batchSum`, `batchMean`). Updates of one buffer, as those of a layer that is used twice, come
   * one after the other.
   *
   * @throws ConfigError if `buffer` is not what this model's `buffer` gave, or the value is no tensor
   * @throws ShapeError if the value has another shape
   */
  update(buffer: Tensor, value: Tensor): void {
    const node = this.#builder.nodes[buffer.node];
    if (buffer.builder !== this.#builder || sourceOf(node!) !== 'buffer') {
      throw new ConfigError('update: expected a buffer of this model, as scope.buffer gives it');
    }
    const index = node!.attributes.index as number;
    if (!(value instanceof Tensor)) {
      throw new ConfigError(
        `update: the new value of buffer "${this.#builder.buffers[index]!.name}" is ${describeValue(value)}, expected a tensor; of numbers scope.constant makes one`,
      );
    }
    if (value.builder !== this.#builder || !sameShape(value.shape, buffer.shape)) {
      const { name } = this.#builder.buffers[index]!;
      throw new ShapeError(
        `update: buffer "${name}" is ${formatShape(buffer.shape)}, its new value ${formatShape(value.shape)}`,
      );
    }
    const before = this.#traced.updates[index]!;
    this.#traced.updates[index] = updatedAgain(this.#builder, value.node, buffer.node, before);
  }

  /**
   * A parameter that a shared layer has made: to use its weights in another place, too.
   *
   * @throws ConfigError if the layer was not used yet, or has no parameter of that name
   */
  parameterOf(layer: object, name: string): Tensor {
    const place = this.#traced.places.get(layer);
    if (!place) {
      throw new ConfigError(
        `parameter "${name}": its layer was not used in this model yet; call the layer first, and what is tied to it afterwards`,
      );
    }
    return place.#again('parameter', name);
  }

  /** Where a shared layer asks for its parameters: here, or where it was used first. */
  placeOf(layer: object): Scope {
    const place = this.#traced.places.get(layer);
    if (place) return new Scope(this.#builder, place.#prefix, this.#traced, true);
    this.#traced.places.set(layer, this);
    return this;
  }

  /** Calls the output of the layer that stands here by the name of this scope. */
  nameOutput(output: Tensor): void {
    if (this.#prefix === '') return;
    const { layers } = this.#builder;
    const name = this.#prefix.slice(0, -1);
    let unique = name;
    for (let use = 2; (layers.get(unique) ?? output.node) !== output.node; use++) {
      unique = `${name}:${use}`;
    }
    layers.set(unique, output.node);
  }

  #again(kind: 'parameter' | 'buffer', name: string, shape?: readonly number[]): Tensor {
    const list = kind === 'parameter' ? this.#builder.parameters : this.#builder.buffers;
    const full = this.#prefix + name;
    const index = list.findIndex((declared) => declared.name === full);
    const declared = list[index];
    if (!declared) {
      const names = list.map((one) => one.name).join(', ');
      throw new ConfigError(
        `shared: the layer has no ${kind} "${full}" from its first use; there are ${names || 'none'}`,
      );
    }
    if (shape && !sameShape(shape, declared.shape)) {
      throw new ShapeError(
        `shared: ${kind} "${full}" is ${formatShape(declared.shape)} from the layer's first use, now it is asked for as ${formatShape(shape)}`,
      );
    }
    return new Tensor(this.#builder, this.#builder.add(kind, [], { index, shape: declared.shape }));
  }

  /** The outputs that are the buffers' values after a step. */
  get updates(): Record<string, number> {
    const { updates } = this.#traced;
    return Object.fromEntries(updates.map((node, index) => [updateOutput(index), node]));
  }

  /** The scope of a part called `name`. */
  child(name: string): Scope {
    return new Scope(this.#builder, `${this.#prefix}${name}.`, this.#traced, this.#isAgain);
  }

  /** The number of the next dropout layer, which addresses its random numbers. */
  nextDropoutLayer(): number {
    if (this.#traced.dropout >= MAX_DROPOUT_LAYERS) {
      throw new ConfigError(`dropout: a model has at most ${MAX_DROPOUT_LAYERS} dropout layers`);
    }
    return this.#traced.dropout++;
  }
}

/**
 * Layers in a row. Parameters are called by the layer's position, as in PyTorch: `0.weight`, `2.bias`.
 *
 * @throws the layer's error, with its position
 */
export function sequential(...layers: readonly Layer[]): Model;
/**
 * Layers in a row, by name, as PyTorch's nn.Sequential of an OrderedDict: parameters are called `conv1.weight`, `fc.bias`.
 *
 * @throws ConfigError if a name is a number, which JavaScript would put before all others; the layer's error, with its name
 */
export function sequential(layers: Readonly<Record<string, Layer>>): Model;
export function sequential(...layers: readonly (Layer | Readonly<Record<string, Layer>>)[]): Model {
  const [first] = layers;
  if (layers.length === 1 && isRecord(first)) {
    for (const name of Object.keys(first)) {
      if (!/^\d*$/.test(name)) continue;
      throw new ConfigError(
        `sequential: a layer is called "${name}"; expected names such as conv1, since numbers do not keep their order. Without names layers are called by their position`,
      );
    }
    return inARow(Object.entries(first));
  }
  return inARow(layers.map((layer, index) => [String(index), layer as Layer]));
}

function inARow(layers: readonly (readonly [name: string, layer: Layer])[]): Model {
  return (x, scope) =>
    layers.reduce((input, [name, layer], index) => {
      try {
        const place = scope.child(name);
        const output = callModel(layer, 'layer', input, place);
        place.nameOutput(output);
        return output;
      } catch (error) {
        const called = name === String(index) ? name : `${name}, ${index}`;
        throw atLayer(error, `layer ${called} of ${layers.length}`);
      }
    }, x);
}

/** @throws ConfigError if it is a list, or a map, whose layers no object has */
function isRecord(value: unknown): value is Readonly<Record<string, Layer>> {
  if (Array.isArray(value)) {
    throw new ConfigError(
      `sequential: expected layers, got ${describeValue(value)}; write sequential(...layers)`,
    );
  }
  if (typeof (value as Iterable<unknown>)?.[Symbol.iterator] === 'function') {
    throw new ConfigError(
      `sequential: expected layers, got ${describeValue(value)}; layers with names are an object, { conv1: layer, … }`,
    );
  }
  return typeof value === 'object' && value !== null;
}

/**
 * Calls a model or a layer and checks what it is and gives.
 *
 * @throws ConfigError if it is no function, or gives no tensor
 */
export function callModel(model: Model, what: string, x: Tensor, scope: Scope): Tensor;
/** @param also what else it may give */
export function callModel<T>(
  model: Model,
  what: string,
  x: Tensor,
  scope: Scope,
  also: (output: unknown) => output is T,
): Tensor | T;
export function callModel(
  model: Model,
  what: string,
  x: Tensor,
  scope: Scope,
  also: (output: unknown) => boolean = () => false,
): unknown {
  if (typeof model !== 'function') {
    throw new ConfigError(
      `${what}: expected a function such as linear(2, 3) gives, got ${model === null ? 'null' : typeof model}`,
    );
  }
  // A layer's maker that was not called, as in `sequential(linear)`, gives a function or fails on the tensor.
  const output: unknown = model(x, scope);
  if (output instanceof Tensor || also(output)) return output;
  throw new ConfigError(
    typeof output === 'function'
      ? `${what}: gave a function instead of a tensor; was it not called, as in flatten()?`
      : `${what}: gave no tensor; did it return a promise, or nothing?`,
  );
}

function atLayer(error: unknown, place: string): unknown {
  if (error instanceof LockstepError) error.message = `${error.message} (${place})`;
  return error;
}
