// What a network must be to go on with a sequence: it reads tokens [N, T] and gives, at each position, the scores of the next one,
// [N, T, V]. That a position knows nothing of those behind it, only training can see: what was trained to tell the next token is so.
import { ConfigError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { sourceOf } from '../ops/registry.js';
import { formatShape } from '../shape.js';

export interface LanguageModel {
  /** Positions that it sees at most: T. */
  readonly context: number;
  /** Different tokens: V. */
  readonly vocabulary: number;
}

/** @throws ConfigError if it is none */
export function languageModelOf(operation: string, { nodes, outputs }: Graph): LanguageModel {
  const tokens = nodes.find((node) => sourceOf(node) === 'samples');
  const output = nodes[outputs.output!]!;
  const [, context, ...deeper] = tokens?.shape ?? [];
  const vocabulary = tokens?.attributes.vocabulary as number | undefined;
  const tellsEach =
    output.shape.length === 3 && output.shape[1] === context && output.shape[2] === vocabulary;
  if (typeof context === 'number' && deeper.length === 0 && vocabulary !== undefined && tellsEach) {
    return { context, vocabulary };
  }
  const reads =
    tokens === undefined
      ? 'nothing'
      : `${vocabulary === undefined ? 'numbers' : `tokens of ${vocabulary}`} ${formatShape(tokens.shape)}`;
  throw new ConfigError(
    `${operation}: the network reads ${reads} and gives ${formatShape(output.shape)}; expected one that reads tokens [N, T] and gives the scores of the next one at each position, [N, T, vocabulary]`,
  );
}
