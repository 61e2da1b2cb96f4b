// TensorFlow.js, on its wasm or its cpu backend: variables, `minimize` and the losses of tfjs-core alone, which
// has less to do a step than the layers API on top of it. That package is imported because it alone brings the
// gradients of tfjs-core's operators to Node. Data is one tensor; a batch is gathered from it.
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import type { Answered, Learned, Prepared, Ran, Side } from '../protocol.js';
import {
  batchIndices,
  denseLayers,
  floatInputs,
  type RawData,
  readRawData,
  valueTargets,
} from '../raw-data.js';
import type { Assignment, Work } from '../work.js';
import { lstmForward, lstmVariables } from './tensorflow-lstm.js';

interface Network {
  readonly variables: readonly tf.Variable[];
  /** @returns [rows, outputs], a row for each label */
  forward(x: tf.Tensor2D): tf.Tensor2D;
}

interface Ready extends Network {
  readonly work: Work;
  readonly samples: number;
  readonly inputs: tf.Tensor2D;
  /** Values, or a label for each token. */
  readonly targets: tf.Tensor2D;
  readonly order: Uint32Array;
  readonly optimizer: tf.Optimizer;
}

function dense(raw: RawData, work: Work): Network {
  const layers = denseLayers(raw, work).map(({ weight, bias }, layer) => {
    const shape: [number, number] = [work.layers[layer + 1]!, work.layers[layer]!];
    const kernel = tf.variable(tf.transpose(tf.tensor2d(weight, shape)));
    return { kernel, bias: tf.variable(tf.tensor1d(bias)) };
  });
  return {
    variables: layers.flatMap(({ kernel, bias }) => [kernel, bias]),
    forward(x) {
      let y = x;
      for (const [layer, { kernel, bias }] of layers.entries()) {
        y = tf.add(tf.matMul(y, kernel), bias);
        if (layer === layers.length - 1) break;
        y = work.activation === 'relu' ? tf.relu(y) : tf.sigmoid(y);
      }
      return y;
    },
  };
}

function lstm({ weights }: RawData, { data }: Assignment): Network {
  const variables = lstmVariables(weights, data.parameters);
  return {
    variables: [...variables.values()],
    forward: (tokens) => lstmForward(variables, tokens),
  };
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
    const shape: [number, number] = [data.samples, features];
    const isText = raw.inputs instanceof Int32Array;
    this.#ready = {
      ...(work.network === 'lstm' ? lstm(raw, assignment) : dense(raw, work)),
      work,
      samples: data.samples,
      inputs: isText
        ? tf.tensor2d(raw.inputs as Int32Array, shape, 'int32')
        : tf.tensor2d(floatInputs(raw), shape),
      targets: isText
        ? tf.tensor2d(raw.targets as Int32Array, shape, 'int32')
        : tf.tensor2d(valueTargets(raw, outputs), [data.samples, outputs]),
      order: raw.order,
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
    const floats = ready.inputs.dataSync().slice(0, rows * features);
    let outputs: ArrayLike<number> = [];
    const begun = performance.now();
    for (let call = 0; call < calls; call++) {
      outputs = tf.tidy(() => ready.forward(tf.tensor2d(floats, [rows, features])).dataSync());
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
      const batch = tf.gather(targets, rows);
      const y =
        inputs.dtype === 'int32' ? tf.oneHot(tf.reshape(batch, [-1]), work.layers.at(-1)!) : batch;
      const loss = optimizer.minimize(
        () => {
          const outputs = ready.forward(x);
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
