// What a file takes and gives: one input and one output, or those that have names. Inside, a network has one row of each:
// what is given by name is put into one row, and the row that comes out is taken apart.
import type { ValueInfoProto } from '@lockstep/formats';
import { sourceOf } from '../../ops/registry.js';
import { placeParts } from '../../parts.js';
import { product } from '../../shape.js';
import type { TrainedModel } from '../../trained/trained-model.js';
import type { NetworkBuilder } from './network-builder.js';

const INPUT = 'input';
const OUTPUT = 'output';

/** An input, and what it is divided by before the network sees it. */
export interface InputPort extends ValueInfoProto {
  readonly divisor: number;
}

export function inputPorts({ graph, traits }: TrainedModel): readonly [InputPort, ...InputPort[]] {
  const { inputParts, inputDivisor } = traits;
  const [first, ...others] = (inputParts ?? []).map(({ name, shape, divisor = 1 }) => ({
    ...{ name, shape: ['N', ...shape], divisor },
  }));
  if (first) return [first, ...others];
  // The network may be laid out in other axes of length 1 than the data.
  const input = graph.nodes.find((node) => sourceOf(node) === 'samples');
  const shape = input?.shape ?? ['N', ...traits.inputShape];
  const isTokens = traits.vocabulary !== undefined;
  return [{ name: INPUT, shape, divisor: inputDivisor, ...(isTokens && { type: 'int64' }) }];
}

/** @param inputs whose names outputs cannot have */
export function outputPorts(
  { graph }: TrainedModel,
  inputs: readonly InputPort[],
): readonly ValueInfoProto[] {
  const shape = graph.nodes[graph.outputs.output!]!.shape;
  if (!graph.heads) return [{ name: OUTPUT, shape }];
  const taken = new Set(inputs.map(({ name }) => name));
  return graph.heads.map(({ name, shape }) => ({
    name: taken.has(name) ? `${name}_${OUTPUT}` : name,
    shape: ['N', ...shape],
  }));
}

/** Adds what makes the network's input of them. @returns the name of its value */
export function readInputs(
  builder: NetworkBuilder,
  inputs: readonly InputPort[],
  divides: boolean,
): string {
  const values = inputs.map(({ name, divisor }) =>
    divides && divisor !== 1 ? builder.add('Div', [name, builder.scalar(divisor)]) : name,
  );
  const [only, ...others] = values;
  if (others.length === 0 && inputs[0]!.name === INPUT) return only!;
  const rows = values.map((value, i) => {
    const size = product(inputs[i]!.shape.slice(1) as number[]);
    return builder.add('Reshape', [value, builder.integers([0, size])]);
  });
  return builder.add('Concat', rows, { axis: { i: 1 } });
}

/**
 * Adds what makes outputs of the network's.
 *
 * @param value the network's output
 * @returns the value of each output, in order
 */
export function writeOutputs(
  builder: NetworkBuilder,
  value: string,
  { graph }: TrainedModel,
): readonly string[] {
  if (!graph.heads) return [builder.isComputed(value) ? value : builder.add('Identity', [value])];
  return placeParts(graph.heads).map(({ part, start, end }) => {
    const [from, to, axis] = [start, end, 1].map((place) => builder.integers([place]));
    const row = builder.add('Slice', [value, from!, to!, axis!]);
    return builder.add('Reshape', [row, builder.integers([0, ...part.shape])]);
  });
}
