// A sequence read position by position against the same read at once, bit by bit: for a transformer over its parts, and operators
// one by one.
import { describe, expect, test } from 'vitest';
import { WindowScores } from '../generate/next-scores.js';
import { PositionScores } from '../generate/position-scores.js';
import type { Graph } from '../graph/graph.js';
import { normal } from '../initializers/initializer.js';
import { hardswish } from '../layers/activations.js';
import { embedding } from '../layers/embedding.js';
import { gelu } from '../layers/gelu.js';
import { gru } from '../layers/gru.js';
import { layerNorm } from '../layers/layer-norm.js';
import { linear } from '../layers/linear.js';
import { lstm } from '../layers/lstm.js';
import { multiHeadAttention } from '../layers/multi-head-attention.js';
import { rnn } from '../layers/rnn.js';
import { logSigmoid } from '../layers/sigmoids.js';
import { concat, slice } from '../model/joining.js';
import type { Model, Scope } from '../model/model.js';
import {
  abs,
  clamp,
  equal,
  greater,
  lessEqual,
  maximum,
  minimum,
  where,
} from '../model/selection.js';
import { gather, take } from '../model/taking.js';
import {
  add,
  applyOperator,
  broadcast,
  max,
  mul,
  reshape,
  sum,
  type Tensor,
  transpose,
} from '../model/tensor.js';
import { tokenMask } from '../model/token-mask.js';
import { traceModel } from '../model/trace.js';
import { chooseBackend } from '../run/backend.js';
import { initialParameters, networkValues } from '../run/parameter-values.js';
import { onePosition } from './one-position.js';

const T = 7;
const V = 11;
const WIDTH = 12;
const LANGUAGE = { context: T, vocabulary: V };

function attention(x: Tensor, scope: Scope, causal = 1): Tensor {
  const qkv = linear(WIDTH, 3 * WIDTH)(x, scope.child('qkv'));
  const record = applyOperator('selfAttention', [qkv], { heads: 3, causal, scale: 0.5 });
  const mixed = applyOperator('recordOutput', [record], { shape: ['N', T, WIDTH] });
  return linear(WIDTH, WIDTH)(mixed, scope.child('out'));
}

function block(x: Tensor, scope: Scope): Tensor {
  const attended = attention(layerNorm(WIDTH)(x, scope.child('n1')), scope);
  const y = add(x, attended);
  const wide = linear(WIDTH, 24)(layerNorm(WIDTH)(y, scope.child('n2')), scope.child('up'));
  return add(y, linear(24, WIDTH)(gelu()(wide, scope), scope.child('down')));
}

const embedded = (tokens: Tensor, scope: Scope): Tensor =>
  embedding(V, WIDTH)(tokens, scope.child('wte'));
const scored = (x: Tensor, scope: Scope): Tensor => linear(WIDTH, V)(x, scope.child('head'));

/** Each gives [N, T, V]. */
const MODELS: Readonly<Record<string, Model>> = {
  'a transformer with learnt positions': (tokens, scope) => {
    const positions = scope.parameter('wpe', [T + 2, WIDTH], normal());
    const x = add(embedded(tokens, scope), slice(positions, 0, T, 0));
    const y = block(block(x, scope.child('a')), scope.child('b'));
    return scored(layerNorm(WIDTH)(y, scope.child('n')), scope);
  },
  'rotary positions, and parts side by side': rotaryModel,
  'an lstm of two layers, and what it reads': (tokens, scope) => {
    const x = embedded(tokens, scope);
    return scored(add(lstm(WIDTH, WIDTH, { numLayers: 2 })(x, scope.child('l')), x), scope);
  },
  'a gru behind an rnn': (tokens, scope) => {
    const x = rnn(WIDTH, WIDTH)(embedded(tokens, scope), scope.child('r'));
    return scored(gru(WIDTH, WIDTH)(x, scope.child('g')), scope);
  },
  'what compares and selects, with numbers and with a table of positions': (tokens, scope) => {
    const x = embedded(tokens, scope);
    const table = scope.parameter('table', [T, 1], normal());
    const larger = where(greater(x, table), x, 0.25);
    const counting = reshape(tokenMask(tokens, 4), [T, 1]);
    const y = where(equal(counting, 1), maximum(larger, table), clamp(x, -0.5, 0.5));
    const z = where(lessEqual(table, 0), broadcast(table, ['N', T, WIDTH]), minimum(y, table));
    return scored(add(abs(z), mul(hardswish(x), logSigmoid(x))), scope);
  },
  'what is padded, taken and gathered': (tokens, scope) => {
    const x = embedded(tokens, scope);
    const wide = applyOperator('pad', [take(x, [3, 0, 3, 7], 2)], { axis: 2, before: 2, after: 6 });
    const own = reshape(gather(x, tokens), [T, 1]);
    const table = reshape(take(scope.parameter('table', [2, T], normal()), [1], 0), [T, 1]);
    return scored(mul(add(wide, own), add(gelu(x, { approximate: 'tanh' }), table)), scope);
  },
  'heads apart, and together again': (tokens, scope) => {
    const x = reshape(embedded(tokens, scope), [T, 3, 4]);
    const scales = scope.parameter('scales', [T, 1], normal());
    const heads = mul(transpose(x, [0, 2, 1, 3]), scales);
    const most = max(heads, { axes: 3, keepDims: true });
    const y = transpose(add(heads, most), [0, 2, 1, 3]);
    const total = sum(y, { axes: 2 });
    const flat = reshape(y, [T, WIDTH]);
    return scored(add(flat, slice(reshape(total, [T, 4]), 0, 1, 2)), scope);
  },
};

function rotaryModel(tokens: Tensor, scope: Scope): Tensor {
  const x = embedded(tokens, scope);
  const attended = multiHeadAttention(WIDTH, 3, { causal: true, rotary: true })(
    x,
    scope.child('r'),
  );
  return scored(concat([slice(attended, 0, 5, 2), slice(x, 5, WIDTH, 2)], 2), scope);
}

function both(graph: Graph) {
  const backend = chooseBackend('test', undefined);
  const values = networkValues(graph, initialParameters(graph, 3));
  return {
    whole: new WindowScores(backend, graph, values, LANGUAGE),
    one: PositionScores.of(backend, graph, values, LANGUAGE),
  };
}

const trace = (model: Model): Graph => traceModel(model, [T], { vocabulary: V });

describe.each(Object.keys(MODELS))('%s', (name) => {
  test('gives at every position the bits of the whole window', () => {
    const { whole, one } = both(trace(MODELS[name]!));
    const tokens = [3, 1, 4, 1, 5, 9, 2];
    for (let length = 1; length <= T; length++) {
      const seen = tokens.slice(0, length);
      expect([...one!.after(seen, 0)]).toEqual([...whole.after(seen, 0)]);
    }
    // A window that begins elsewhere, and one with other tokens, begin anew.
    for (const [other, first] of [
      [[...tokens, 10, 0], 4],
      [[...tokens, 10, 0, 6], 4],
      [[3, 2, 4, 1], 0],
    ] as const) {
      expect([...one!.after(other, first)]).toEqual([...whole.after(other, first)]);
    }
  });
});

test('what a position cannot know of those before it is computed at once', () => {
  const looksAhead: Model = (tokens, scope) =>
    scored(attention(embedded(tokens, scope), scope, 0), scope);
  const overPositions: Model = (tokens, scope) => {
    const x = embedded(tokens, scope);
    return scored(add(x, max(x, { axes: 1, keepDims: true })), scope);
  };
  for (const model of [looksAhead, overPositions]) {
    expect(onePosition(trace(model))).toBeUndefined();
    expect(both(trace(model)).one).toBeUndefined();
  }
});
