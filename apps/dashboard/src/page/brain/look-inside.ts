// What a trained model looks like inside: its first layer's weights as pictures, how weights and gradients are spread in each
// layer, what its layers give for samples, and which units give nothing for any of them.
import type { Parameters, TrainedModel } from '@lockstep/core';
import {
  type LayerOutputs,
  type LayerPlace,
  product,
  weightPictures,
} from '@lockstep/core/internal';
import { type Histogram, histogramOf, sampled } from './histogram.js';
import { type HeldSamples, inputSize } from './samples.js';

/** A tile a unit or a filter: `values` is [count, height, width, channels]. */
export interface WeightTiles {
  readonly kind: 'tiles';
  /** The parameter. */
  readonly name: string;
  readonly of: 'units' | 'filters';
  readonly values: Float32Array;
  /** Of these; the layer has `total`. */
  readonly count: number;
  readonly total: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A row a unit, a column an input. */
export interface WeightMatrix {
  readonly kind: 'matrix';
  readonly name: string;
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** What the inputs are called, where anybody knows. */
  readonly columnNames: readonly string[] | undefined;
}

export type FirstLayer =
  | WeightTiles
  | WeightMatrix
  | { readonly kind: 'none'; readonly why: string };

const MOST_TILES = 256;
const MOST_COLUMNS = 512;
const MOST_ROWS = 256;

/** The weights that the inputs meet first. */
export function firstLayer({ graph, parameters, traits }: TrainedModel): FirstLayer {
  const first = [...parameters].find(([, { shape }]) => shape.length >= 2);
  if (!first) return { kind: 'none', why: 'The network has no layer of weights.' };
  const [name, { shape, data }] = first;
  const pictures = weightPictures(graph, pictureShape(traits.inputShape)).find(
    ({ parameter }) => parameter === name,
  );
  if (pictures) {
    const { channels, height, width } = pictures;
    const size = channels * height * width;
    const total = data.length / size;
    const count = Math.min(total, MOST_TILES);
    const values = channelsLast(data.subarray(0, count * size), channels, height * width);
    const of = shape.length === 4 ? 'filters' : 'units';
    return { kind: 'tiles', name, of, values, count, total, height, width, channels };
  }
  const [total = 0, ...rest] = shape;
  const columns = product(rest);
  if (traits.vocabulary !== undefined || columns > MOST_COLUMNS) {
    const why = `The first weights, ${name}, are [${shape.join(', ')}], which is ${traits.vocabulary === undefined ? 'no picture and too wide for a table' : 'a row for each token, and no picture'}.`;
    return { kind: 'none', why };
  }
  const rows = Math.min(total, MOST_ROWS);
  const columnNames = traits.inputNames?.length === columns ? traits.inputNames : undefined;
  const values = data.slice(0, rows * columns);
  return { kind: 'matrix', name, values, rows, columns, columnNames };
}

/** Samples of as many numbers as a square has are taken for one. */
function pictureShape(shape: readonly number[]): readonly number[] {
  const side = Math.round(Math.sqrt(shape[0] ?? 0));
  return shape.length === 1 && side >= 8 && side * side === shape[0] ? [side, side] : shape;
}

/** @param data pictures [channels, plane], one after the other */
function channelsLast(data: Float32Array, channels: number, plane: number): Float32Array {
  if (channels === 1) return data.slice();
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const picture = Math.floor(i / (channels * plane));
    const [channel, pixel] = [Math.floor(i / plane) % channels, i % plane];
    result[(picture * plane + pixel) * channels + channel] = data[i]!;
  }
  return result;
}

/** How a layer's own numbers are spread. */
export interface LayerSpread {
  readonly layer: string;
  readonly weights: Histogram;
  readonly gradients: Histogram | undefined;
}

/** Of each layer with parameters, in the network's order. Its weights are its matrices; where it has none, what is no bias. */
export function spreads(
  { parameters }: TrainedModel,
  gradients: Parameters | undefined,
): LayerSpread[] {
  const layers = new Map<string, string[]>();
  for (const name of parameters.keys()) {
    const layer = name.slice(0, name.lastIndexOf('.')) || name;
    layers.set(layer, [...(layers.get(layer) ?? []), name]);
  }
  return [...layers].map(([layer, names]) => {
    const matrices = names.filter((name) => parameters.get(name)!.shape.length >= 2);
    const scales = names.filter((name) => !name.endsWith('bias'));
    const shown = [matrices, scales, names].find(({ length }) => length > 0)!;
    const isKnown = shown.every((name) => gradients?.has(name));
    return {
      layer,
      weights: histogramOf(together(shown, parameters), false),
      gradients: isKnown ? histogramOf(together(shown, gradients!), false) : undefined,
    };
  });
}

function together(names: readonly string[], of: Parameters): Float32Array {
  return joined(names.map((name) => of.get(name)!.data));
}

/** What a layer gives for samples. */
export interface LayerActivity {
  readonly layer: string;
  readonly operator: string;
  readonly shape: readonly number[];
  readonly activations: Histogram;
  /** Of a layer whose units may die: they (a picture's channels, else the last axis), and those that gave 0 for every sample. */
  readonly units: { readonly count: number; readonly dead: readonly number[] } | undefined;
}

export interface Activity {
  /** Samples that were looked at. */
  readonly count: number;
  readonly layers: readonly LayerActivity[];
}

/** Samples at once: layers give many more numbers than an answer has. */
const CHUNK = 32;
/** Numbers of a layer that say how it is spread. */
const MOST_VALUES = 65536;

/** @param isLate whether the time is over; it is asked after each chunk */
export function activityOf(
  outputs: LayerOutputs,
  inputs: HeldSamples['inputs'],
  size: number,
  isLate: () => boolean,
): Activity {
  const samples = inputs.length / size;
  const chunks = Math.ceil(samples / CHUNK);
  const seen: Float32Array[][] = outputs.places.map(() => []);
  const alive = outputs.places.map((place) => new Uint8Array(unitsOf(place)));
  let count = 0;
  while (count < samples) {
    const end = Math.min(samples, count + CHUNK);
    const rows = outputs.of(inputs.subarray(count * size, end * size));
    for (const [i, place] of outputs.places.entries()) {
      const values = columnsOf(rows, outputs.width, place);
      if (place.mayDie) markAlive(values, place, alive[i]!);
      seen[i]!.push(sampled(values, Math.ceil(MOST_VALUES / chunks)));
    }
    count = end;
    if (isLate()) break;
  }
  const layers = outputs.places.map((place, i): LayerActivity => {
    const { name: layer, operator, shape, mayDie } = place;
    const dead = [...alive[i]!.keys()].filter((unit) => alive[i]![unit] === 0);
    return {
      ...{ layer, operator, shape },
      activations: histogramOf(joined(seen[i]!), mayDie),
      units: mayDie ? { count: alive[i]!.length, dead } : undefined,
    };
  });
  return { count, layers };
}

/** The numbers of one layer, of all samples. */
export function columnsOf(rows: Float32Array, width: number, place: LayerPlace): Float32Array {
  const samples = rows.length / width;
  const values = new Float32Array(samples * place.size);
  for (let sample = 0; sample < samples; sample++) {
    const start = sample * width + place.start;
    values.set(rows.subarray(start, start + place.size), sample * place.size);
  }
  return values;
}

/** Pictures [C, H, W] have a unit a channel; all else one for each number of the last axis. */
function unitsOf({ shape }: LayerPlace): number {
  return (shape.length === 3 ? shape[0] : shape.at(-1)) ?? 1;
}

function markAlive(values: Float32Array, place: LayerPlace, alive: Uint8Array): void {
  const plane = place.shape.length === 3 ? place.size / alive.length : 1;
  for (const [i, value] of values.entries()) {
    if (value > 0) alive[Math.floor(i / plane) % alive.length] = 1;
  }
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0]!;
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of arrays) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** What a layer gives for one sample, as it is drawn: some maps, or one strip. */
export interface LayerPicture {
  readonly layer: string;
  readonly operator: string;
  readonly shape: readonly number[];
  /** [maps, height, width]: the first ones, where there are many. */
  readonly values: Float32Array;
  readonly maps: number;
  readonly height: number;
  readonly width: number;
}

const MOST_MAPS = 64;
const MOST_UNITS = 4096;
/** Units in a row, where they have no rows of their own. */
const STRIP_COLUMNS = 64;

export function layerPictures(
  outputs: LayerOutputs,
  inputs: HeldSamples['inputs'],
): LayerPicture[] {
  const row = outputs.of(inputs);
  return outputs.places.map((place) => {
    const { name: layer, operator, shape, start, size } = place;
    const [count = 1, height = 1, width = 1] = shape;
    if (shape.length === 3 && height * width > 1) {
      const maps = Math.min(count, MOST_MAPS);
      const values = row.slice(start, start + maps * height * width);
      return { layer, operator, shape, values, maps, height, width };
    }
    const columns = shape.length === 2 ? height : Math.min(size, STRIP_COLUMNS);
    const rows = Math.min(Math.ceil(size / columns), Math.ceil(MOST_UNITS / columns));
    // A strip's last row may be longer than what is left.
    const values = new Float32Array(rows * columns);
    values.set(row.subarray(start, start + Math.min(size, values.length)));
    return { layer, operator, shape, values, maps: 1, height: rows, width: columns };
  });
}

/** @returns whole samples alone, as many as are asked for */
export function firstInputs(
  trained: TrainedModel,
  { inputs, count }: HeldSamples,
  most: number,
): HeldSamples['inputs'] {
  return inputs.subarray(0, Math.min(count, most) * inputSize(trained.traits));
}
