// brain.js, which learns one sample at a time by plain gradient descent: sigmoid layers, squared error.
// Its error is target − output without the mean's factor, so its rate is ours times 2/outputs.
import brain from 'brain.js';
import type { Learned, Prepared, Ran, Side } from '../protocol.js';
import { denseLayers, floatInputs, readRawData, valueTargets } from '../raw-data.js';
import type { Assignment } from '../work.js';

interface Pattern {
  readonly input: Float32Array;
  readonly output: Float32Array;
}

/** The part of a brain.js network that its typings leave out. */
interface Network {
  sizes: number[];
  weights: number[][][] | Float32Array[][];
  biases: (number[] | Float32Array)[];
  trainOpts: { momentum: number; learningRate: number };
  initialize(): void;
  trainPattern(pattern: Pattern, logErrorRate?: boolean): number;
}

class BrainSide implements Side {
  #network: Network | undefined;
  #patterns: readonly Pattern[] = [];
  #order = new Uint32Array();
  #step = 0;

  async prepare(assignment: Assignment): Promise<Prepared> {
    const { work, data } = assignment;
    const { layers, learningRate } = work;
    const plain = work.optimizer === 'sgd' && work.loss === 'mse' && work.activation === 'sigmoid';
    if (!plain || work.batchSize !== 1) {
      throw new Error('brain.js learns sigmoid networks, squared error, a sample at a time');
    }
    const raw = await readRawData(assignment);
    const outputs = layers.at(-1)!;
    const network = new brain.NeuralNetwork({ activation: 'sigmoid' }) as unknown as Network;
    network.sizes = [...layers];
    network.initialize();
    network.trainOpts.momentum = 0;
    network.trainOpts.learningRate = (learningRate * 2) / outputs;
    for (const [layer, { weight, bias }] of denseLayers(raw, work).entries()) {
      for (let node = 0; node < bias.length; node++) {
        const inputs = layers[layer]!;
        const row = weight.subarray(node * inputs, (node + 1) * inputs);
        for (const [i, value] of row.entries()) network.weights[layer + 1]![node]![i] = value;
        network.biases[layer + 1]![node] = bias[node]!;
      }
    }
    this.#network = network;
    const inputs = floatInputs(raw);
    const targets = valueTargets(raw, outputs);
    const features = layers[0]!;
    this.#patterns = Array.from({ length: data.samples }, (_, i) => ({
      input: inputs.subarray(i * features, (i + 1) * features),
      output: targets.subarray(i * outputs, (i + 1) * outputs),
    }));
    this.#order = raw.order as Uint32Array<ArrayBuffer>;
    return { about: 'brain.js 1.6.1, 1 thread' };
  }

  async learn(steps: number): Promise<Learned> {
    let loss = 0;
    for (let i = 0; i < steps; i++) {
      loss += this.#network!.trainPattern(this.#patterns[i % this.#patterns.length]!, true);
    }
    return { loss: loss / steps };
  }

  async run(steps: number): Promise<Ran> {
    const [network, patterns, order] = [this.#network!, this.#patterns, this.#order];
    const begun = performance.now();
    for (let i = 0; i < steps; i++) {
      network.trainPattern(patterns[order[this.#step++ % order.length]!]!);
    }
    return { steps, seconds: (performance.now() - begun) / 1000 };
  }

  async close(): Promise<void> {}
}

export function brainSide(): Side {
  return new BrainSide();
}
