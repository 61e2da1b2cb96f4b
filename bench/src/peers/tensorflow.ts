// TensorFlow.js, on its wasm or its cpu backend: variables, `minimize` and the losses of tfjs-core alone, which
// has less to do a step than the layers API on top of it. That package is imported because it alone brings the
// gradients of tfjs-core's operators to Node. Data is one tensor; a batch is gathered from it.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import type { Answered, Learned, Prepared, Ran, Side } from '../protocol.js';
import { batchIndices, denseLayers, floatInputs, readRawData, valueTargets } from '../raw-data.js';
import type { Assignment, Work } from '../work.js';

interface Ready {
  readonly work: Work;
  readonly samples: number;
  readonly floats: Float32Array;
  readonly inputs: tf.Tensor2D;
  readonly targets: tf.Tensor2D;
  readonly order: Uint32Array;
  readonly variables: readonly tf.Variable[];
  readonly optimizer: tf.Optimizer;
}

function forward({ work, variables }: Ready, x: tf.Tensor2D): tf.Tensor2D {
  const last = variables.length / 2 - 1;
  let y = x;
  for (let layer = 0; layer <= last; layer++) {
    const [kernel, bias] = [variables[2 * layer]!, variables[2 * layer + 1]!];
    y = tf.add(tf.matMul(y, kernel as tf.Tensor2D), bias);
    if (layer < last) y = work.activation === 'relu' ? tf.relu(y) : tf.sigmoid(y);
  }
  return y;
}

class TensorflowSide implements Side {
  readonly #backend: 'wasm' | 'cpu';
  #ready: Ready | undefined;
  #step = 0;

  constructor(backend: 'wasm' | 'cpu') {
    this.#backend = backend;
  }

  async prepare(assignment: Assignment): Promise<Prepared> {
    if (!(await tf.setBackend(this.#backend))) {
      throw new Error(`TensorFlow.js: no ${this.#backend} backend here`);
    }
    await tf.ready();
    const { work, data } = assignment;
    const raw = await readRawData(assignment);
    const [features, outputs] = [work.layers[0]!, work.layers.at(-1)!];
    const floats = floatInputs(raw);
    this.#ready = {
      work,
      samples: data.samples,
      floats,
      inputs: tf.tensor2d(floats, [data.samples, features]),
      targets: tf.tensor2d(valueTargets(raw, outputs), [data.samples, outputs]),
      order: raw.order,
      variables: denseLayers(raw, work).flatMap(({ weight, bias }, layer) => {
        const shape: [number, number] = [work.layers[layer + 1]!, work.layers[layer]!];
        return [
          tf.variable(tf.transpose(tf.tensor2d(weight, shape))),
          tf.variable(tf.tensor1d(bias)),
        ];
      }),
      optimizer:
        work.optimizer === 'adam'
          ? tf.train.adam(work.learningRate, 0.9, 0.999, 1e-8)
          : tf.train.sgd(work.learningRate),
    };
    return { about: `tfjs-core ${tf.version_core}, ${tf.getBackend()} backend, 1 thread` };
  }

  async learn(steps: number): Promise<Learned> {
    let loss = 0;
    for (let step = 0; step < steps; step++) loss += this.#take(step, undefined, true)!;
    return { loss: loss / steps };
  }

  async run(steps: number): Promise<Ran> {
    const begun = performance.now();
    for (let i = 0; i < steps; i++) this.#take(this.#step++, this.#ready!.order, i === steps - 1);
    return { steps, seconds: (performance.now() - begun) / 1000 };
  }

  async answer(rows: number, calls: number): Promise<Answered> {
    const ready = this.#ready!;
    const features = ready.work.layers[0]!;
    const floats = ready.floats.subarray(0, rows * features);
    let outputs: ArrayLike<number> = [];
    const begun = performance.now();
    for (let call = 0; call < calls; call++) {
      outputs = tf.tidy(() => forward(ready, tf.tensor2d(floats, [rows, features])).dataSync());
    }
    const seconds = (performance.now() - begun) / 1000;
    return { seconds, outputs: Array.from(outputs).slice(0, outputs.length / rows) };
  }

  async close(): Promise<void> {}

  /** @returns the loss, if it is to be read, which waits for the step */
  #take(step: number, order: Uint32Array | undefined, read: boolean): number | undefined {
    const ready = this.#ready!;
    const { work, samples, inputs, targets, optimizer } = ready;
    return tf.tidy(() => {
      const rows = tf.tensor1d(batchIndices(order, step, work.batchSize, samples), 'int32');
      const x = tf.gather(inputs, rows);
      const y = tf.gather(targets, rows);
      const loss = optimizer.minimize(
        () => {
          const outputs = forward(ready, x);
          return work.loss === 'cross-entropy'
            ? tf.losses.softmaxCrossEntropy(y, outputs)
            : tf.losses.meanSquaredError(y, tf.sigmoid(outputs));
        },
        true,
        [...ready.variables],
      )!;
      return read ? loss.dataSync()[0] : undefined;
    });
  }
}

export function tensorflowSide(backend: 'wasm' | 'cpu'): Side {
  return new TensorflowSide(backend);
}
