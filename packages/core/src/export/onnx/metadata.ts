// What an ONNX file says of a trained model besides the network, as texts by name: what inputs and outputs mean. Lists and
// objects are JSON. docs/exports.md describes them.

import type { DatasetTraits } from '../../dataset-traits.js';
import type { Graph } from '../../graph/graph.js';
import { lossOf } from '../../losses/check-targets.js';

/** @param divides whether the file divides its input itself */
export function metadataOf(
  graph: Graph,
  traits: DatasetTraits,
  divides: boolean,
): Record<string, string> {
  const { classNames, inputNames, preparation, pictures, inputDivisor } = traits;
  const applies = lossOf(graph)?.applies;
  return {
    input_divisor: String(divides ? 1 : inputDivisor),
    ...(inputNames && { input_names: JSON.stringify(inputNames) }),
    ...(classNames && { class_names: JSON.stringify(classNames) }),
    ...(graph.loss !== undefined && { loss: graph.loss }),
    ...(applies !== undefined && { output_activation: applies }),
    ...(preparation && { preparation: JSON.stringify(preparation) }),
    ...(pictures && { pictures: JSON.stringify(pictures) }),
  };
}
