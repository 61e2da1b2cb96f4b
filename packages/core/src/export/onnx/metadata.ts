// What an ONNX file says of a trained model besides the network, as texts by name: what inputs and outputs mean. Lists and
// objects are JSON. docs/exports.md describes them.

import type { ValueInfoProto } from '@lockstep/formats';
import type { DatasetTraits } from '../../dataset-traits.js';
import type { Graph } from '../../graph/graph.js';
import { lossOf, lossOfHead } from '../../losses/check-targets.js';
import type { InputPort } from './ports.js';

/** @param divides whether the file divides its inputs itself */
export function metadataOf(
  graph: Graph,
  traits: DatasetTraits,
  inputs: readonly InputPort[],
  outputs: readonly ValueInfoProto[],
  divides: boolean,
): Record<string, string> {
  const { classNames, inputNames, preparation, pictures } = traits;
  const applies = lossOf(graph)?.applies;
  const given = inputs.map(({ name, divisor }) => ({ name, divisor: divides ? 1 : divisor }));
  return {
    ...(traits.inputParts
      ? { inputs: JSON.stringify(given) }
      : { input_divisor: String(given[0]!.divisor) }),
    ...(graph.heads && { outputs: JSON.stringify(headsOf(graph, traits, outputs)) }),
    ...(inputNames && { input_names: JSON.stringify(inputNames) }),
    ...(classNames && { class_names: JSON.stringify(classNames) }),
    ...(graph.loss !== undefined && { loss: graph.loss }),
    ...(applies !== undefined && { output_activation: applies }),
    ...(graph.positive !== undefined && { positive_class: String(graph.positive) }),
    ...(preparation && { preparation: JSON.stringify(preparation) }),
    ...(pictures && { pictures: JSON.stringify(pictures) }),
  };
}

function headsOf(
  { heads = [] }: Graph,
  { targetParts = [] }: DatasetTraits,
  outputs: readonly ValueInfoProto[],
): object[] {
  return heads.map((head, i) => {
    const { name, loss } = head;
    const applies = lossOfHead(head)?.applies;
    const classNames = targetParts.find((part) => part.name === name)?.classNames;
    return {
      name: outputs[i]!.name,
      ...(classNames && { class_names: classNames }),
      ...(loss !== undefined && { loss }),
      ...(applies !== undefined && { output_activation: applies }),
    };
  });
}
