// A piece of training that every contender can be asked to do: plain data, sent as JSON to each side.
// Invariant: it says everything that the work depends on, so that no side may choose something cheaper.

export interface Work {
  /** Sizes from input to output: fully connected, with biases. */
  readonly layers: readonly number[];
  /** After every hidden layer. */
  readonly activation: 'relu' | 'sigmoid';
  /**
   * `cross-entropy`: the outputs are logits, the targets labels. `mse`: the outputs go through a sigmoid, the
   * targets are values, and the loss is the mean over outputs and samples.
   */
  readonly loss: 'cross-entropy' | 'mse';
  /** Adam with betas 0.9 and 0.999 and epsilon 1e-8, or plain gradient descent. */
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
  readonly batchSize: number;
}

/**
 * Where a work's data lies, as raw little-endian files in one folder: `inputs.bin`, [samples, layers[0]] u8 (to
 * be divided by 255) or f32; `targets.bin`, [samples] i32 labels or [samples, outputs] f32 values; `order.bin`,
 * [samples] u32, the order of an epoch; `weights.bin`, f32, each layer's weight [out, in] and bias [out].
 */
export interface DataFiles {
  readonly folder: string;
  /** A multiple of the batch size. */
  readonly samples: number;
  readonly inputs: 'u8' | 'f32';
  readonly targets: 'labels' | 'values';
}

/** What a side is told to get ready for. */
export interface Assignment {
  readonly work: Work;
  readonly data: DataFiles;
  /** Compute threads, or processes. */
  readonly threads: number;
  /** Lockstep's shards, where they are not the default. */
  readonly shards?: number;
}

export const PIXEL_DIVISOR = 255;

/** Numbers to be trained. */
export function parameterCount({ layers }: Work): number {
  let count = 0;
  for (let i = 1; i < layers.length; i++) count += (layers[i - 1]! + 1) * layers[i]!;
  return count;
}

/** The network of the tutorials, on MNIST. */
export function tutorial(batchSize: number): Work {
  return {
    layers: [784, 128, 64, 10],
    activation: 'relu',
    loss: 'cross-entropy',
    optimizer: 'adam',
    learningRate: 0.001,
    batchSize,
  };
}
