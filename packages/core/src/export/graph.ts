// A trained model's network without what it has learnt: the graph that a new run can be started from, as JSON.
import type { Graph } from '../graph/graph.js';
import { withoutLoss } from '../network/to-graph.js';
import type { TrainedModel } from '../trained/trained-model.js';
import { type ExportFormat, requireTrained } from './export-format.js';

/**
 * The network of a trained model as `traceModel` gave it: without loss and metrics, which a new run has of its own.
 * `JSON.stringify` makes a file of it that `lockstep train --model FILE.json` takes.
 *
 * @throws ConfigError if it is no trained model
 */
export function exportGraph(trained: TrainedModel): Graph {
  requireTrained('exportGraph', trained);
  return withoutLoss(trained.graph);
}

export const GRAPH: ExportFormat = {
  name: 'graph',
  extension: '.json',
  what: 'the network alone, for --model',
  settings: [],
  encode: (trained) => new TextEncoder().encode(`${JSON.stringify(exportGraph(trained))}\n`),
};
