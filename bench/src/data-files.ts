// Writes a work's data and initial weights once, as files that every side reads alike: the same samples in the
// same order from the same weights. The format is told in work.ts.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initialParameters, parameterBytes, permutation } from '@lockstep/core';
import { runConfig } from '@lockstep/core/internal';
import { firstSamples, loadMnist } from '@lockstep/data';
import { datasetOf, lossOf, modelOf, optimizerOf } from './model.js';
import type { DataFiles, Work } from './work.js';

/**
 * `mnist`: its first samples, 81% zeros. `dense`: uniform random features without a zero, random labels.
 * `tokens`: a text of words that follow each other by a rule with exceptions, each token's target being the next one.
 * `xor`: the four rows of the truth table, again and again.
 */
export type DataKind = 'mnist' | 'dense' | 'tokens' | 'xor';

const SEED = 1;

interface Samples {
  readonly inputs: Uint8Array | Float32Array | Int32Array;
  readonly targets: Int32Array | Float32Array;
}

const TYPES = { Uint8Array: 'u8', Float32Array: 'f32', Int32Array: 'i32' } as const;

/** Uniform numbers in (0, 1], 24 bits each. Source: Marsaglia, Xorshift RNGs, 2003 (32 bits: 13, 17, 5). */
function uniform(length: number): Float32Array {
  let state = SEED;
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 8) + 1) / 2 ** 24;
  });
}

let loaded: ReturnType<typeof loadMnist> | undefined;

async function mnist(samples: number): Promise<{ inputs: Uint8Array; targets: Int32Array }> {
  loaded ??= loadMnist({ name: 'mnist' });
  const { train } = await loaded;
  const { inputs, targets, inputShape } = firstSamples(train, samples);
  const pixels = samples * inputShape.reduce((a, b) => a * b, 1);
  return {
    inputs: (inputs as Uint8Array).slice(0, pixels),
    targets: (targets as Int32Array).slice(0, samples),
  };
}

function oneHot(labels: Int32Array, classes: number): Float32Array {
  const values = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) values[row * classes + label] = 1;
  return values;
}

/** Tokens that are the sum of the two before them, and one in eight that is not. */
function tokens(samples: number, length: number, vocabulary: number): Samples {
  const random = uniform(samples * length + 1);
  const text = new Int32Array(random.length);
  for (let i = 2; i < text.length; i++) {
    const next = (text[i - 1]! + text[i - 2]! + 1) % vocabulary;
    const draw = random[i]! * 8;
    text[i] = draw < 1 ? Math.floor(draw * vocabulary) : next;
  }
  return { inputs: text.slice(0, -1), targets: text.slice(1) };
}

async function samplesOf(kind: DataKind, work: Work, samples: number): Promise<Samples> {
  const outputs = work.layers.at(-1)!;
  if (kind === 'mnist') {
    const { inputs, targets } = await mnist(samples);
    return { inputs, targets: work.loss === 'mse' ? oneHot(targets, outputs) : targets };
  }
  if (kind === 'dense') {
    const labels = Int32Array.from(uniform(samples), (u) => Math.min(outputs - 1, u * outputs));
    return { inputs: uniform(samples * work.layers[0]!), targets: labels };
  }
  if (kind === 'tokens') return tokens(samples, work.layers[0]!, outputs);
  const row = (i: number): [number, number] => [i & 1, (i >> 1) & 1];
  return {
    inputs: Float32Array.from({ length: 2 * samples }, (_, i) => row(i >> 1)[i & 1]!),
    targets: Float32Array.from({ length: samples }, (_, i) => row(i)[0] ^ row(i)[1]),
  };
}

/** @returns where the files are, and the share of the inputs that is not zero */
export async function writeData(
  folder: string,
  kind: DataKind,
  work: Work,
  samples: number,
): Promise<{ data: DataFiles; density: number }> {
  const made = await samplesOf(kind, work, samples);
  const { inputs, targets } = made;
  const data = datasetOf(work, made);
  const { graph } = runConfig({
    model: modelOf(work),
    loss: lossOf(work),
    optimizer: optimizerOf(work),
    data,
  });
  await mkdir(folder, { recursive: true });
  const write = (name: string, { buffer, byteOffset, byteLength }: ArrayBufferView) =>
    writeFile(join(folder, name), new Uint8Array(buffer, byteOffset, byteLength));
  await write('inputs.bin', inputs);
  await write('targets.bin', targets);
  await write('order.bin', permutation(samples, SEED, 0));
  await write('weights.bin', parameterBytes(initialParameters(graph, SEED)));
  let zeros = 0;
  for (let i = 0; i < inputs.length; i++) if (inputs[i] === 0) zeros++;
  return {
    data: {
      folder,
      samples,
      inputs: TYPES[inputs.constructor.name as keyof typeof TYPES],
      targets: targets instanceof Int32Array ? 'labels' : 'values',
      parameters: graph.parameters.map(({ name, shape }) => ({ name, shape })),
    },
    density: 1 - zeros / inputs.length,
  };
}
