// How two runs differ by what they are: their configurations, data and arithmetic, each difference under a flat name.
// Invariant: none, and only then, if both are the same run, which comes to the same bytes on any machine. What says how it was
// computed, or what it is called, is not looked at.
import { isDeepStrictEqual } from 'node:util';
import type { Graph } from '@lockstep/core';
import type { RunRecord } from '../storing/run-folder.js';

/** One setting that two runs do not have in common. */
export interface SettingDifference {
  /** `optimizer.learningRate`, `dataset.sha256`, `network.layers.0.weight`. */
  readonly name: string;
  /** A plain value, or a text that says it; null where that side has none. */
  readonly left: string | number | boolean | null;
  readonly right: string | number | boolean | null;
}

type Flat = ReadonlyMap<string, SettingDifference['left']>;

/** What differs in what two runs are, the data before all else. */
export function settingDifferences(left: RunRecord, right: RunRecord): SettingDifference[] {
  return [
    ...flatDifferences(...dataOf(left, right)),
    ...flatDifferences(settingsOf(left), settingsOf(right)),
    ...networkDifferences(left.config.graph, right.config.graph),
  ];
}

/** With what it means (scale, names, preparation), unless one of them is of before that was kept. */
function dataOf(left: RunRecord, right: RunRecord): [left: Flat, right: Flat] {
  const isKept = left.dataset.traits !== undefined && right.dataset.traits !== undefined;
  const [one, other] = [left, right].map(({ dataset: { train, test, sha256, traits } }) =>
    flatten({ dataset: { train, test, sha256, ...(isKept && traits) } }),
  );
  return [one!, other!];
}

function settingsOf({ config, arithmetic }: RunRecord): Flat {
  const { graph: _, ...settings } = config;
  return flatten({ ...settings, arithmetic });
}

function flatDifferences(left: Flat, right: Flat): SettingDifference[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names]
    .map((name) => ({ name, left: left.get(name) ?? null, right: right.get(name) ?? null }))
    .filter((one) => one.left !== one.right);
}

/** Plain values of a JSON value by their paths; a list of plain values is one. */
function flatten(json: unknown, path = ''): Map<string, SettingDifference['left']> {
  if (typeof json !== 'object' || json === null) {
    return new Map(json === undefined || json === null ? [] : [[path, json as string | number]]);
  }
  const isList = Array.isArray(json);
  if (isList && json.every((item) => typeof item !== 'object')) {
    return new Map([[path, `[${json.join(', ')}]`]]);
  }
  return new Map(
    Object.entries(json).flatMap(([key, value]) => {
      const inside = path === '' ? key : `${path}.${key}`;
      return [...flatten(value, isList ? `${path}[${key}]` : inside)];
    }),
  );
}

/** Tensors that are not the same by name and shape, if there are any; else the first of all other parts that differ. */
function networkDifferences(left: Graph, right: Graph): SettingDifference[] {
  if (isDeepStrictEqual(left, right)) return [];
  const tensors = flatDifferences(tensorsOf(left), tensorsOf(right));
  if (tensors.length > 0) return tensors;
  const parts = new Set([...Object.keys(left), ...Object.keys(right)]) as Set<keyof Graph>;
  return [...parts].flatMap((part): SettingDifference[] => {
    if (isDeepStrictEqual(left[part], right[part])) return [];
    const [one, other] = [left[part], right[part]];
    if (!Array.isArray(one) || !Array.isArray(other)) {
      return [{ name: `network.${part}`, left: said(one), right: said(other) }];
    }
    const at = one.findIndex((item, i) => !isDeepStrictEqual(item, other[i]));
    const index = at < 0 ? one.length : at;
    const name = `network.${part}[${index}]`;
    return [{ name, left: said(one[index]), right: said(other[index]) }];
  });
}

function tensorsOf({ parameters, buffers = [] }: Graph): Flat {
  return new Map(
    [...parameters, ...buffers].map(({ name, shape }) => [
      `network.${name}`,
      `[${shape.join(', ')}]`,
    ]),
  );
}

const SAID_CHARACTERS = 200;

function said(value: unknown): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object') return value as string | number | boolean;
  const json = JSON.stringify(value);
  return json.length > SAID_CHARACTERS ? `${json.slice(0, SAID_CHARACTERS)}…` : json;
}
