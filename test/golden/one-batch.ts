// One batch through the product's path: plan, memory, replica, WebAssembly kernels. What the golden tests
// compare with PyTorch; it compares nothing itself, and takes no step.
import type { Dataset, Loss, Model, Parameters } from '@lockstep/core';
import { attachLoss, sgd, traceModel } from '@lockstep/core';
import {
  differentiate,
  exportParameter,
  givenState,
  gradientOutput,
  planRun,
  product,
  Replica,
  type RunConfig,
  runReference,
  writeState,
} from '@lockstep/core/internal';
import { wasm } from '@lockstep/kernels';

export interface BatchResult<A> {
  /** Summed over the samples. */
  readonly lossSum: number;
  /** Of that sum, by parameter name. */
  readonly gradients: ReadonlyMap<string, A>;
}

export interface OneBatch {
  readonly model: Model;
  readonly loss: Loss;
  readonly data: Dataset;
  readonly parameters: Parameters;
}

function configFor({ model, loss, data }: OneBatch): RunConfig {
  return {
    graph: attachLoss(
      traceModel(model, data.inputShape, { vocabulary: data.vocabulary }),
      loss,
      data,
    ),
    optimizer: sgd(),
    seed: 0,
    batchSize: data.samples,
    shards: 1,
    epochs: 1,
    shuffle: false,
    dropLast: false,
  };
}

/** On the WebAssembly kernels, in float32. */
export function kernelBatch(batch: OneBatch): BatchResult<Float32Array> {
  const { data, parameters } = batch;
  const plan = planRun(configFor(batch), { train: data }, [{ first: 0, end: 1 }]);
  const memory = wasm.createMemory(plan.memory.bytes);
  writeState(plan, memory, 0, givenState(plan.config.graph, parameters));
  const replica = new Replica(plan, memory, 0, { train: data }, wasm.kernels(memory));
  replica.shards.compute(0, undefined);
  const root = plan.memory.threads[0]!.partials[0]!;
  const flat = new Float32Array(memory.buffer, root, plan.layout.length);
  return {
    lossSum: replica.tiles.lossAt(root),
    gradients: new Map(plan.layout.slots.map((slot) => [slot.name, exportParameter(slot, flat)])),
  };
}

/** On the reference executor, in float64. */
export function referenceBatch(batch: OneBatch): BatchResult<Float64Array> {
  const { data, parameters } = batch;
  const { graph } = configFor(batch);
  const outputs = runReference(differentiate(graph), {
    rows: data.samples,
    precision: 'f64',
    parameters: graph.parameters.map(({ name }) => parameters.get(name)!.data),
    // What stands for batch statistics elsewhere, and counts for nothing here.
    buffers: (graph.buffers ?? []).map(({ shape }) => new Float32Array(product(shape)).fill(1)),
    input: Array.from(data.inputs, (value) => value / data.inputDivisor),
    target: data.targets,
  });
  return {
    lossSum: outputs['sum.loss']!.data[0]!,
    gradients: new Map(
      graph.parameters.map(({ name }, index) => [
        name,
        outputs[gradientOutput(index)]!.data as Float64Array,
      ]),
    ),
  };
}

/** The largest distance: absolute where the expected value is below 1, relative above. */
export function mixedDistance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    worst = Math.max(worst, Number.isNaN(distance) ? Infinity : distance);
  }
  return worst;
}
