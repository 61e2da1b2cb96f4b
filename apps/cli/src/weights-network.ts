// Whether weights come from the network that they are put into: names and shapes of tensors do not say it, since layers without
// any, such as another activation or a normalisation of the input, compute otherwise and fit all the same.
import type { Graph } from '@lockstep/core';
import { evaluation, outputAlone } from '@lockstep/core/internal';
import { flagWords } from './flag-words.js';
import { type RunOrigin, recordedNetwork } from './origin.js';

/**
 * Where two networks part as they are evaluated, so whatever is done in training alone; which constants they have does not
 * matter.
 *
 * @returns words for people; undefined if they compute the same
 */
export function networkDifference(there: Graph, here: Graph): string | undefined {
  const [before, now] = [there, here].map((graph) => outputAlone(evaluation(graph)).nodes);
  for (let i = 0; i < Math.max(before!.length, now!.length); i++) {
    const [one, other] = [before![i], now![i]];
    if (nameOf(one) !== nameOf(other)) {
      const [its, ours] = [before!, now!].map((nodes) => computed(nodes.slice(i)));
      return `it has ${its} where this one has ${ours}`;
    }
    // What has no inputs is a tensor by itself, whose numbers do not matter.
    const [its, ours] = [one!, other!].map(({ inputs, attributes, shape }) =>
      JSON.stringify(inputs.length === 0 ? { shape } : { inputs, ...attributes }),
    );
    if (its !== ours) return `its ${one!.op} is ${its}, and ${ours} here`;
  }
  return undefined;
}

function nameOf(node: Graph['nodes'][number] | undefined): string {
  return node?.op ?? 'nothing more';
}

/** What the first of them computes; tensors by themselves say little. */
function computed(nodes: Graph['nodes']): string {
  return nameOf(nodes.find(({ inputs }) => inputs.length > 0));
}

/** The flags that make a run's network, as one would write them. */
export function networkWords(origin: RunOrigin): string {
  const { model, flags } = origin;
  return flagWords({ model, ...recordedNetwork(origin), normalize: flags?.normalize });
}
