// Turns a model into a graph: it is called once with tensors that record what is done to them.
import { checkOptions, type OptionNames } from '@lockstep/errors';
import { ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { type NamedPart, validateParts } from '../parts.js';
import { isRecord } from '../record.js';
import { checkShape, formatShape, isBatched } from '../shape.js';
import { GraphBuilder } from '../transform/builder.js';
import { checkUpdates } from '../transform/updates.js';
import { callModel, type Model, Scope } from './model.js';
import { givenParts, putTogether } from './named.js';
import { Tensor } from './tensor.js';

/** What samples are, besides their shape. */
export interface TraceOptions {
  /** Of a sample's row, for a model that takes them by name. */
  readonly inputParts?: readonly NamedPart[] | undefined;
  /** Of tokens: how many different ones there are. Left out: samples are numbers. */
  readonly vocabulary?: number | undefined;
}

const OPTIONS: OptionNames<TraceOptions> = { inputParts: true, vocabulary: true };

/**
 * Traces a model.
 *
 * @param inputShape the shape of one sample, without the batch axis
 * @returns a graph with the output `output`, and the names of its parts where the model gives several
 * @throws ShapeError if the layers do not fit together or the output has no batch axis
 */
export function traceModel(
  model: Model,
  inputShape: readonly number[],
  options: TraceOptions = {},
): Graph {
  checkOptions('traceModel', options, OPTIONS);
  const { inputParts: parts, vocabulary } = options;
  if (!Array.isArray(inputShape)) {
    throw new ShapeError(
      `model input: inputShape is ${String(inputShape)}, expected a list such as [784]`,
    );
  }
  const shape = ['N' as const, ...(inputShape as readonly number[])];
  checkShape(shape, 'model input');
  const builder = new GraphBuilder();
  const source =
    vocabulary === undefined
      ? builder.add('input', [], { shape })
      : builder.add('tokens', [], { shape, vocabulary });
  const input = new Tensor(builder, source);
  const scope = new Scope(builder);
  const given = parts
    ? (givenParts(input, validateParts('model input', parts, inputShape)) as never)
    : input;
  const result = callModel(model, 'model', given, scope, isRecord);
  const { row: output, heads } =
    result instanceof Tensor ? { row: result, heads: [] } : putTogether(result);
  builder.heads = heads;
  if (!isBatched(output.shape) || output.type !== 'f32') {
    throw new ShapeError(
      `model: the output is ${formatShape(output.shape)}, expected numbers with a batch axis [N, …]`,
    );
  }
  const graph = builder.finish({ output: output.node, ...scope.updates });
  checkUpdates(graph);
  return graph;
}
