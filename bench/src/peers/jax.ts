// jax-js on its WebAssembly device: one jitted function takes the whole step, gradient and Adam included.
// Its arrays are reference-counted: what is used once more is passed as `.ref`.
import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { Learned, Prepared, Ran, Side } from '../protocol.js';
import {
  batchIndices,
  denseLayers,
  floatInputs,
  type RawData,
  readRawData,
  valueTargets,
} from '../raw-data.js';
import type { Assignment, Work } from '../work.js';

type Arrays = np.Array[];

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** Mean loss of a batch; takes ownership of everything. */
function lossOf(work: Work, parameters: Arrays, x: np.Array, y: np.Array): np.Array {
  const last = parameters.length / 2 - 1;
  let out = x;
  for (let layer = 0; layer <= last; layer++) {
    out = np.matmul(out, parameters[2 * layer]!).add(parameters[2 * layer + 1]!);
    if (layer < last) out = work.activation === 'relu' ? nn.relu(out) : nn.sigmoid(out);
  }
  if (work.loss === 'mse') return np.mean(np.square(nn.sigmoid(out).sub(y)));
  const outputs = work.layers.at(-1)!;
  return np.mean(nn.logSoftmax(out, 1).mul(y)).mul(-outputs);
}

/**
 * The step as one function: parameters, moments, batch and Adam's two bias corrections in; the loss and the
 * new state out.
 */
function makeStep(work: Work) {
  const gradient = valueAndGrad((parameters: Arrays, x: np.Array, y: np.Array) =>
    lossOf(work, parameters, x, y),
  );
  return jit(
    (
      parameters: Arrays,
      m: Arrays,
      v: Arrays,
      x: np.Array,
      y: np.Array,
      stepSize: np.Array,
      rootCorrection: np.Array,
    ): [np.Array, Arrays, Arrays, Arrays] => {
      const [loss, gradients] = gradient(
        parameters.map((p) => p.ref),
        x,
        y,
      ) as [np.Array, Arrays];
      if (work.optimizer === 'sgd') {
        stepSize.dispose();
        rootCorrection.dispose();
        const next = parameters.map((p, i) => p.sub(gradients[i]!.mul(work.learningRate)));
        return [loss, next, m, v];
      }
      const newM = m.map((value, i) => value.mul(BETA1).add(gradients[i]!.ref.mul(1 - BETA1)));
      const newV = v.map((value, i) =>
        value.mul(BETA2).add(np.square(gradients[i]!).mul(1 - BETA2)),
      );
      const next = parameters.map((p, i) => {
        const root = np.sqrt(newV[i]!.ref).div(rootCorrection.ref).add(EPSILON);
        return p.sub(newM[i]!.ref.div(root).mul(stepSize.ref));
      });
      stepSize.dispose();
      rootCorrection.dispose();
      return [loss, next, newM, newV];
    },
  );
}

class JaxSide implements Side {
  #assignment: Assignment | undefined;
  #raw: RawData | undefined;
  #inputs = new Float32Array();
  #targets = new Float32Array();
  #state: [Arrays, Arrays, Arrays] = [[], [], []];
  #take: ReturnType<typeof makeStep> | undefined;
  #step = 0;
  #updates = 0;

  async prepare(assignment: Assignment): Promise<Prepared> {
    await init();
    defaultDevice('wasm');
    const { work } = assignment;
    const raw = await readRawData(assignment);
    this.#assignment = assignment;
    this.#raw = raw;
    this.#inputs = floatInputs(raw) as Float32Array<ArrayBuffer>;
    this.#targets = valueTargets(raw, work.layers.at(-1)!) as Float32Array<ArrayBuffer>;
    const parameters = denseLayers(raw, work).flatMap(({ weight, bias }, layer) => [
      np.array(transposed(weight, work.layers[layer + 1]!, work.layers[layer]!)),
      np.array(bias as Float32Array<ArrayBuffer>),
    ]);
    const zeros = (): Arrays => parameters.map((p) => np.zeros(p.shape));
    this.#state = [parameters, zeros(), zeros()];
    this.#take = makeStep(work);
    return { about: `jax-js 0.1.25, ${defaultDevice()} device` };
  }

  async learn(steps: number): Promise<Learned> {
    let loss = 0;
    for (let step = 0; step < steps; step++) loss += (await this.#next(step, undefined).data())[0]!;
    return { loss: loss / steps };
  }

  async run(steps: number): Promise<Ran> {
    const begun = performance.now();
    for (let i = 0; i < steps; i++) {
      const loss = this.#next(this.#step++, this.#raw!.order);
      if (i === steps - 1) await loss.data();
      else loss.dispose();
    }
    return { steps, seconds: (performance.now() - begun) / 1000 };
  }

  async close(): Promise<void> {}

  #next(step: number, order: Uint32Array | undefined): np.Array {
    const { work, data } = this.#assignment!;
    const rows = batchIndices(order, step, work.batchSize, data.samples);
    this.#updates++;
    const t = this.#updates;
    const [parameters, m, v] = this.#state;
    const [loss, ...state] = this.#take!(
      parameters,
      m,
      v,
      gathered(this.#inputs, rows, work.layers[0]!),
      gathered(this.#targets, rows, work.layers.at(-1)!),
      work.learningRate / (1 - BETA1 ** t),
      Math.sqrt(1 - BETA2 ** t),
    );
    this.#state = state;
    return loss;
  }
}

/** Copying rows in TypeScript is quicker than the library's own `take`. */
function gathered(from: Float32Array, rows: Int32Array, length: number): np.Array {
  const batch = new Float32Array(rows.length * length);
  for (const [at, row] of rows.entries()) {
    batch.set(from.subarray(row * length, (row + 1) * length), at * length);
  }
  return np.array(batch, { shape: [rows.length, length] });
}

function transposed(weight: Float32Array, outputs: number, inputs: number): np.Array {
  const out = new Float32Array(weight.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) out[i * outputs + o] = weight[o * inputs + i]!;
  }
  return np.array(out, { shape: [inputs, outputs] });
}

export function jaxSide(): Side {
  return new JaxSide();
}
