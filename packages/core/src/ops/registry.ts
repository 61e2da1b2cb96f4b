// Operators by name, and the little that everybody asks of a node.
import { GraphError } from '../errors.js';
import { OPERATORS } from './list.js';
import type { Operator, Source } from './operator.js';

const BY_NAME: ReadonlyMap<string, Operator> = new Map(
  OPERATORS.map((operator) => [operator.name, operator]),
);

/** @throws GraphError if there is no such operator */
export function operatorNamed(name: string): Operator {
  const operator = BY_NAME.get(name);
  if (!operator) throw new GraphError(`graph: unknown operator "${name}"`);
  return operator;
}

/** What a node is filled in with, if it is a source. */
export function sourceOf({ op }: { readonly op: string }): Source | undefined {
  return operatorNamed(op).source;
}

export function operatorNames(): string[] {
  return [...BY_NAME.keys()];
}
