// The reference executor: each operator's plain TypeScript kernel, node by node, in float32 or float64.
// It is the oracle in tests: slow, obvious, allocating as it likes. The product is the WebAssembly one.
import { LockstepError } from '@lockstep/errors';
import type { Graph, GraphNode } from '../graph/graph.js';
import type { Numbers, SampleContext, Source, Value } from '../ops/operator.js';
import { operatorNamed } from '../ops/registry.js';
import { concreteShape, product } from '../shape.js';

export interface ReferenceInputs {
  readonly rows: number;
  readonly precision: 'f32' | 'f64';
  /** One per parameter of the graph, in the shape its node has. */
  readonly parameters: readonly ArrayLike<number>[];
  /** One per buffer of the graph, where it reads them. */
  readonly buffers?: readonly ArrayLike<number>[];
  /** [rows, …], where the graph reads it. */
  readonly input?: ArrayLike<number>;
  /** One per `vector` [rows] and per `scalar` of an optimizer's update. */
  readonly vectors?: readonly ArrayLike<number>[];
  readonly scalars?: ArrayLike<number>;
  /** Labels [rows] or targets [rows, …], where the graph reads them. */
  readonly target?: ArrayLike<number>;
  /** Of a network that is computed one position at a time: which one, and what was handed on, where the graph reads them. */
  readonly position?: ArrayLike<number>;
  readonly carried?: readonly ArrayLike<number>[];
  readonly context?: SampleContext;
}

/** Runs a graph. @returns each named output */
export function runReference(graph: Graph, inputs: ReferenceInputs): Record<string, Value> {
  const context = inputs.context ?? {
    seed: 0,
    epoch: 0,
    sampleIds: Uint32Array.from({ length: inputs.rows }, (_, row) => row),
  };
  const values: Value[] = [];
  for (const node of graph.nodes) {
    const shape = concreteShape(node.shape, inputs.rows);
    const data = allocate(node.type === 'i32' ? 'i32' : inputs.precision, product(shape));
    const output = { data, shape };
    const operator = operatorNamed(node.op);
    if (operator.kind === 'source') data.set(given(operator.source, node, graph, inputs));
    else {
      operator.reference({
        inputs: node.inputs.map((input) => values[input]!),
        output,
        attributes: node.attributes,
        context,
      });
    }
    values.push(output);
  }
  return Object.fromEntries(
    Object.entries(graph.outputs).map(([name, node]) => [name, values[node]!]),
  );
}

function given(
  source: Source,
  { attributes }: GraphNode,
  { constants }: Graph,
  inputs: ReferenceInputs,
): ArrayLike<number> {
  const index = attributes.index as number;
  const found = {
    samples: inputs.input,
    targets: inputs.target,
    parameter: inputs.parameters[index],
    buffer: inputs.buffers?.[index],
    constant: constants?.[index]?.values,
    position: inputs.position,
    carried: inputs.carried?.[index],
    vector: inputs.vectors?.[index],
    scalar: inputs.scalars && [inputs.scalars[index]!],
  }[source];
  if (!found)
    throw new LockstepError('internal', `reference: the graph reads ${source}, none given`);
  return found;
}

function allocate(type: 'i32' | 'f32' | 'f64', length: number): Numbers {
  if (type === 'i32') return new Int32Array(length);
  return type === 'f32' ? new Float32Array(length) : new Float64Array(length);
}
