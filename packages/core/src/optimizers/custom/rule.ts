// How an optimizer that somebody wrote takes a step. What is one number a step is computed here, in float64, once for
// all elements; the rest is a graph over stretches of the flat vectors, which reads those numbers as scalars.

import type { GraphNode } from '../../graph/graph.js';
import { powInteger } from '../../math/elementary.js';
import type { ReferenceCall } from '../../ops/operator.js';
import { operatorNamed } from '../../ops/registry.js';
import { isBatched } from '../../shape.js';
import { GraphBuilder } from '../../transform/builder.js';
import type { GraphRule } from '../rule.js';
import type { CustomConfig } from './custom.js';
import { SCALARS, type UpdateGraph } from './update-graph.js';

export function customRule({ state, update, weightDecay = 0 }: CustomConfig): GraphRule {
  const builder = new GraphBuilder();
  /** The nodes of single numbers that stretches read, in the order of their scalars. */
  const read: number[] = [];
  const scalar = (node: number): number => {
    if (!read.includes(node)) read.push(node);
    return builder.add('scalar', [], { index: read.indexOf(node) });
  };
  const map: number[] = [];
  for (const [index, { op, inputs, attributes, shape }] of update.nodes.entries()) {
    if (!isBatched(shape)) continue;
    const of = inputs.map((input) => map[input] ?? scalar(input));
    map[index] = builder.add(op, of, attributes);
  }
  const outputs = update.outputs.map((node, vector) => [`vector.${vector}`, map[node]!] as const);
  const numbers = new StepNumbers(update, weightDecay);
  return {
    slots: state,
    graph: builder.finish(Object.fromEntries(outputs)),
    scalarCount: read.length,
    scalars(step, learningRate, out) {
      numbers.compute(step, learningRate);
      for (const [index, node] of read.entries()) out[index] = numbers.at(node);
    },
  };
}

/** The values of the nodes that are single numbers. */
class StepNumbers {
  readonly #powers: readonly number[];
  readonly #weightDecay: number;
  /** By node; the others have none. */
  readonly #values: (Float64Array | undefined)[];
  readonly #given: { readonly index: number; readonly value: Float64Array }[] = [];
  readonly #calls: (() => void)[] = [];

  constructor({ nodes, powers }: UpdateGraph, weightDecay: number) {
    this.#weightDecay = weightDecay;
    this.#powers = powers;
    this.#values = nodes.map(({ shape }) => (isBatched(shape) ? undefined : new Float64Array(1)));
    for (const [node, value] of this.#values.entries()) {
      if (value) this.#add(nodes[node]!, value);
    }
  }

  at(node: number): number {
    return this.#values[node]![0]!;
  }

  /** @param step from 0 */
  compute(step: number, learningRate: number): void {
    const first = [learningRate, step + 1, this.#weightDecay];
    for (const { index, value } of this.#given) {
      value[0] = first[index] ?? powInteger(this.#powers[index - SCALARS.length]!, step + 1);
    }
    for (const call of this.#calls) call();
  }

  #add({ op, inputs, attributes }: GraphNode, value: Float64Array): void {
    const operator = operatorNamed(op);
    if (operator.kind === 'source') {
      this.#given.push({ index: attributes.index as number, value });
      return;
    }
    const tensor = (data: Float64Array) => ({ data, shape: [] });
    const call: ReferenceCall = {
      inputs: inputs.map((input) => tensor(this.#values[input]!)),
      output: tensor(value),
      attributes,
      context: { seed: 0, epoch: 0, sampleIds: new Uint32Array(1) },
    };
    this.#calls.push(() => operator.reference(call));
  }
}
