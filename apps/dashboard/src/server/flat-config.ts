// What a run is, as a flat table for people: `optimizer.learningRate` → 0.001. Two runs are compared line by line.
import { type Graph, summarize } from '@lockstep/core';
import type { RunConfig } from '@lockstep/core/internal';
import type { RunInfo } from '../contract.js';

type Flat = Record<string, string | number | boolean | null>;

/** @param more what is known besides, such as the data's name and hash */
export function flatConfig(config: RunConfig, more: object = {}): RunInfo['config'] {
  const { graph, ...rest } = config;
  const flat: Flat = {};
  put(flat, 'network', networkOf(graph));
  put(flat, '', rest);
  put(flat, '', more);
  return flat;
}

function networkOf(graph: Graph): object {
  const { parameters, layers } = summarize(graph);
  const shown = layers.map(
    ({ operators, outputShape }) => `${operators.join('+')} [${outputShape.slice(1).join(', ')}]`,
  );
  return { parameters, layers: shown.join(', '), loss: graph.loss };
}

/** Lists of plain values are one line; what is undefined is left out. */
function put(flat: Flat, name: string, value: unknown): void {
  if (value === undefined) return;
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
    flat[name] = value as Flat[string];
    return;
  }
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) {
    flat[name] = value.join(', ');
    return;
  }
  if (typeof value !== 'object') return;
  for (const [key, one] of Object.entries(value)) put(flat, name ? `${name}.${key}` : key, one);
}
