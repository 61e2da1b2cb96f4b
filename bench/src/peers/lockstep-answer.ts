// A trained model of ours as its users ask it, on the one thread that asks: numbers in, outputs out.
import { TrainedModel, traceModel, traitsOf } from '@lockstep/core';
import { datasetOf, initialWeights, modelOf } from '../model.js';
import type { Answered, Prepared, Side } from '../protocol.js';
import { readRawData } from '../raw-data.js';
import type { Assignment } from '../work.js';

class LockstepAnswers implements Side {
  #trained: TrainedModel | undefined;
  #inputs: Uint8Array = new Uint8Array(0);
  #features = 0;

  async prepare(assignment: Assignment): Promise<Prepared> {
    const { work } = assignment;
    const raw = await readRawData(assignment);
    const data = datasetOf(work, raw);
    const graph = traceModel(modelOf(work), data.inputShape);
    const parameters = initialWeights(raw, graph);
    this.#trained = new TrainedModel({ graph, parameters, traits: traitsOf(data) });
    this.#inputs = raw.inputs as Uint8Array;
    this.#features = work.layers[0]!;
    return { about: 'Lockstep, 1 thread, inputs as bytes, wasm kernels' };
  }

  async learn(): Promise<never> {
    throw new Error('lockstep-answer: it only answers');
  }

  async run(): Promise<never> {
    throw new Error('lockstep-answer: it only answers');
  }

  async answer(rows: number, calls: number): Promise<Answered> {
    const inputs = this.#inputs.subarray(0, rows * this.#features);
    const begun = performance.now();
    let outputs: ArrayLike<number> = [];
    for (let call = 0; call < calls; call++) outputs = this.#trained!.predict(inputs);
    const seconds = (performance.now() - begun) / 1000;
    return { seconds, outputs: Array.from(outputs).slice(0, outputs.length / rows) };
  }

  async close(): Promise<void> {}
}

export function lockstepAnswerSide(): Side {
  return new LockstepAnswers();
}
