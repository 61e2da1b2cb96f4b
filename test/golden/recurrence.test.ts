// Recurrent layers against PyTorch's values, forward and backward: both directions, layers over each other, packed
// sequences, states given and handed on. The WebAssembly kernels, and the reference executor in float64.
import {
  add,
  concat,
  gru,
  type Loss,
  lstm,
  type Model,
  mul,
  type Parameters,
  predict,
  type RecurrentLayer,
  reshape,
  rnn,
  slice,
  sum,
  zeros,
} from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { type GoldenRecurrence, goldenRecurrence } from './golden.js';
import { kernelBatch, mixedDistance, type OneBatch, referenceBatch } from './one-batch.js';

/** Torch's are float64 rounded to float32; ours sums of up to 40 products of float32 over 14 steps and directions. */
const SINGLE = 5e-6;
/** The rounding to float32 of what is expected. */
const DOUBLE = 1e-7;

const UPSTREAM: Loss = { name: 'upstream', build: (y, dy) => ({ loss: sum(mul(y, dy)) }) };

function layerOf({ kind, inputs, hidden, options }: GoldenRecurrence): RecurrentLayer {
  const { num_layers: numLayers = 1, nonlinearity, ...rest } = options;
  if (kind === 'rnn')
    return rnn(inputs, hidden, { numLayers, ...(nonlinearity && { nonlinearity }), ...rest });
  return { gru, lstm }[kind](inputs, hidden, { numLayers, ...rest });
}

/** A sample is its steps, and its length behind them. */
function batchOf(golden: GoldenRecurrence): OneBatch {
  const { input, lengths, states, upstream } = golden;
  const [samples, steps, features] = input.shape as [number, number, number];
  const size = steps * features;
  const ends = lengths ?? Array.from({ length: samples }, () => steps);
  const layer = layerOf(golden);
  const model: Model = (row, scope) => {
    const given = states.map((name) => [
      name,
      scope.parameter(name, golden.parameters[name]!.shape, zeros()),
    ]);
    const x = add(
      reshape(slice(row, 0, size), [steps, features]),
      scope.parameter('zero', [steps, features], zeros()),
    );
    const { output, hidden, cell } = layer.states(x, scope, {
      ...(lengths && { lengths: slice(row, size) }),
      ...Object.fromEntries(given),
    });
    return concat([output, hidden, ...(cell ? [cell] : [])].map((part) => reshape(part, [-1])));
  };
  return {
    model,
    loss: UPSTREAM,
    data: {
      name: 'golden',
      samples,
      inputShape: [size + 1],
      inputs: Float32Array.from(
        ends.flatMap((end, row) => [...input.values.subarray(row * size, (row + 1) * size), end]),
      ),
      inputDivisor: 1,
      targetShape: upstream.shape.slice(1),
      targets: upstream.values,
      classes: undefined,
    },
    parameters: parametersOf(golden),
  };
}

/** In the order in which the model asks for them. */
function parametersOf({ input, states, parameters }: GoldenRecurrence): Parameters {
  const zero = {
    shape: input.shape.slice(1),
    values: new Float32Array(input.values.length / input.shape[0]!),
  };
  const isState = (name: string): boolean => states.some((state) => state === name);
  const weights = Object.keys(parameters).filter((name) => !isState(name));
  const tensors = [...states, 'zero', ...weights].map((name) => {
    const { shape, values } = parameters[name] ?? zero;
    return [name, { shape, data: values }] as const;
  });
  return new Map(tensors);
}

describe.each(goldenRecurrence().map((golden) => [titleOf(golden), golden] as const))(
  '%s',
  (_, golden) => {
    const batch = batchOf(golden);

    test('gives what PyTorch gives, and its states', () => {
      const { model, data, parameters } = batch;
      const outputs = predict({
        model,
        parameters,
        inputs: data.inputs as Float32Array,
        inputShape: data.inputShape,
      });
      expect(mixedDistance(outputs, golden.output.values)).toBeLessThan(SINGLE);
    });

    test('has the gradients that PyTorch has', () => {
      for (const [run, tolerance] of [
        [kernelBatch, SINGLE],
        [referenceBatch, DOUBLE],
      ] as const) {
        const { gradients } = run(batch);
        expect([...gradients.keys()].sort()).toEqual(Object.keys(golden.gradients).sort());
        for (const [name, { values }] of Object.entries(golden.gradients)) {
          expect(mixedDistance(gradients.get(name)!, values), name).toBeLessThan(tolerance);
        }
      }
    });
  },
);

function titleOf({ kind, input, hidden, options, lengths, states }: GoldenRecurrence): string {
  const more = [
    ...Object.entries(options).map(([name, value]) => `${name} ${value}`),
    ...(lengths ? [`lengths ${lengths}`] : []),
    ...(states.length > 0 ? ['a first state'] : []),
  ];
  return [`${kind} [${input.shape}] → ${hidden}`, ...more].join(', ');
}
