// Attention in plain loops, the oracle of its kernels: see assembly/attention.ts for what is computed, and
// attention-heads.ts for what the numbers mean.
import type { Attributes } from '../graph/graph.js';
import { exp } from '../math/elementary.js';
import { philox4x32, seedWords } from '../random/philox.js';
import { dropStream, dropThreshold, type Heads, keptScale } from './attention-heads.js';
import type { Numbers, SampleContext, Value } from './operator.js';
import { logSumExp } from './rows.js';

/** Rows of a tensor that attention reads or writes: feature f of row i of sample n is at start + n sample + i row + f. */
export interface Rows {
  readonly data: Numbers;
  readonly start: number;
  readonly sample: number;
  readonly row: number;
}

export interface Attended {
  readonly heads: Heads;
  readonly samples: number;
  readonly q: Rows;
  readonly k: Rows;
  readonly v: Rows;
  readonly mask: Value | undefined;
  readonly attributes: Attributes;
  readonly context: SampleContext;
}

interface Head {
  readonly n: number;
  readonly h: number;
}

function at({ start, sample, row }: Rows, { n }: Head, i: number, feature: number): number {
  return start + n * sample + i * row + feature;
}

function dot(a: Rows, i: number, b: Rows, j: number, head: Head, size: number): number {
  const first = head.h * size;
  let total = 0;
  for (let f = first; f < first + size; f++) {
    total += a.data[at(a, head, i, f)]! * b.data[at(b, head, j, f)]!;
  }
  return total;
}

/** The scores of query i, -Infinity where a key does not count. */
function scores({ heads, q, k, mask, attributes }: Attended, head: Head, i: number): Float64Array {
  const row = new Float64Array(heads.keys).fill(Number.NEGATIVE_INFINITY);
  const maskStart = mask && mask.shape.length > 1 ? head.n * heads.keys : 0;
  const end = attributes.causal === 1 ? Math.min(heads.keys, i + 1) : heads.keys;
  for (let j = 0; j < end; j++) {
    if (mask && mask.data[maskStart + j] === 0) continue;
    row[j] = dot(q, i, k, j, head, heads.size) * (attributes.scale as number);
  }
  return row;
}

/** What the probabilities of query i are multiplied by: 1, or where some are dropped 0 or the scale of the others. */
function keptRow({ heads, attributes, context }: Attended, { n, h }: Head, i: number) {
  const factors = new Float64Array(heads.keys).fill(1);
  const below = dropThreshold(attributes);
  if (below === 0) return factors;
  const words = new Uint32Array(4);
  const key = seedWords(context.seed);
  const first = (h * heads.queries + i) * Math.ceil(heads.keys / 4);
  for (let j = 0; j < heads.keys; j++) {
    if (j % 4 === 0) {
      const counter = first + j / 4;
      const stream = dropStream(attributes);
      philox4x32([counter, context.sampleIds[n]!, context.epoch, stream], key, words);
    }
    factors[j] = words[j % 4]! >= below ? keptScale(attributes) : 0;
  }
  return factors;
}

function forEachHead({ samples, heads }: Attended, visit: (head: Head) => void): void {
  for (let n = 0; n < samples; n++) {
    for (let h = 0; h < heads.heads; h++) visit({ n, h });
  }
}

/** Fills a record. */
export function attend(attended: Attended, record: Numbers): void {
  const { heads, samples, v } = attended;
  const { size, queries, keys } = heads;
  const width = heads.heads * size;
  const lse = samples * queries * width;
  forEachHead(attended, (head) => {
    for (let i = 0; i < queries; i++) {
      const row = scores(attended, head, i);
      const kept = keptRow(attended, head, i);
      const isSeen = row.some((score) => score !== Number.NEGATIVE_INFINITY);
      const total = isSeen ? logSumExp(row, 0, keys) : 0;
      record[lse + (head.n * heads.heads + head.h) * queries + i] = total;
      for (let f = head.h * size; f < (head.h + 1) * size; f++) {
        let sum = 0;
        for (let j = 0; j < keys; j++) {
          sum += exp(row[j]! - total) * kept[j]! * v.data[at(v, head, j, f)]!;
        }
        record[(head.n * queries + i) * width + f] = sum;
      }
    }
  });
}

/** Adds to dq, dk and dv, which are 0, what follows from dOut and the record. */
export function attendBack(
  attended: Attended,
  record: Numbers,
  dOut: Numbers,
  [dq, dk, dv]: readonly [Rows, Rows, Rows],
): void {
  const { heads, samples, q, k, v, attributes } = attended;
  const { size, queries, keys } = heads;
  const width = heads.heads * size;
  const plain = { start: 0, sample: queries * width, row: width };
  const out: Rows = { data: record, ...plain };
  const dout: Rows = { data: dOut, ...plain };
  const lse = samples * queries * width;
  const addTo = (d: Rows, head: Head, i: number, f: number, value: number): void => {
    const index = at(d, head, i, f);
    d.data[index] = d.data[index]! + value;
  };
  forEachHead(attended, (head) => {
    for (let i = 0; i < queries; i++) {
      const row = scores(attended, head, i);
      const kept = keptRow(attended, head, i);
      const total = record[lse + (head.n * heads.heads + head.h) * queries + i]!;
      const delta = dot(dout, i, out, i, head, size);
      for (let j = 0; j < keys; j++) {
        const p = exp(row[j]! - total);
        if (p === 0) continue;
        const dp = dot(dout, i, v, j, head, size) * kept[j]!;
        const ds = p * (dp - delta) * (attributes.scale as number);
        for (let f = head.h * size; f < (head.h + 1) * size; f++) {
          addTo(dv, head, j, f, p * kept[j]! * dout.data[at(dout, head, i, f)]!);
          addTo(dq, head, i, f, ds * k.data[at(k, head, j, f)]!);
          addTo(dk, head, j, f, ds * q.data[at(q, head, i, f)]!);
        }
      }
    }
  });
}
