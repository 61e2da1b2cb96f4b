// A piece of training that every contender can be asked to do: plain data, sent as JSON to each side.
// Invariant: it says everything that the work depends on, so that no side may choose something cheaper.

/** @see networks/list.ts */
export type NetworkName = 'lenet' | 'resnet' | 'gpt' | 'lstm';

export interface Work {
  /** Sizes from input to output: fully connected, with biases. Of a `network` the numbers that go in, and the classes. */
  readonly layers: readonly number[];
  /** What stands between input and output instead, by its name in networks/list.ts. */
  readonly network?: NetworkName;
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
 * be divided by 255), f32, or i32 tokens; `targets.bin`, [samples] or, where each token has one, [samples, layers[0]] i32
 * labels, or [samples, outputs] f32 values; `order.bin`, [samples] u32, the order of an epoch; `weights.bin`, f32, the
 * parameters one after the other: of dense layers each one's weight [out, in] and bias [out].
 */
export interface DataFiles {
  readonly folder: string;
  /** A multiple of the batch size. */
  readonly samples: number;
  readonly inputs: 'u8' | 'f32' | 'i32';
  readonly targets: 'labels' | 'values';
  /** What lies in `weights.bin`, in PyTorch's names and layouts. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
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
