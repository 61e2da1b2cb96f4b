// Datasets as the engine sees them: flat typed arrays with a shape, nothing else.
// The arrays may lie in a SharedArrayBuffer, so that threads read one copy. Loading files is not done here.

/** Samples and what is to be learnt of them, row-major, sample i at row i. */
export interface Dataset {
  readonly name: string;
  /** Number of samples. */
  readonly samples: number;
  /** Shape of one sample, without the batch axis: [1, 28, 28] for MNIST. */
  readonly inputShape: readonly number[];
  /** [samples, ...inputShape]. Bytes stay bytes in memory and become float32 when a shard is gathered. */
  readonly inputs: Uint8Array | Float32Array;
  /** Each input is divided by this when gathered: 255 for pixels, 1 for what is already scaled. */
  readonly inputDivisor: number;
  /** Shape of one target: [] for a class label, [k] for k values. */
  readonly targetShape: readonly number[];
  /** [samples, ...targetShape]: class labels in [0, classes) as integers, or float32 values. */
  readonly targets: Int32Array | Float32Array;
  /** Number of classes; undefined where targets are values. */
  readonly classes: number | undefined;
}
