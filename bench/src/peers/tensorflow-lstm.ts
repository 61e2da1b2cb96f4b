// The LSTM of networks/lstm.ts in operators of tfjs-core, whose WebAssembly backend has no gradient of looking rows up: a
// token becomes a row of the embedding by a product, as people do there.
import * as tf from '@tensorflow/tfjs-core';
import type { DataFiles } from '../work.js';

/** Variables of the network, by the names of its parameters. */
export function lstmVariables(
  weights: Float32Array,
  parameters: DataFiles['parameters'],
): ReadonlyMap<string, tf.Variable> {
  let offset = 0;
  return new Map(
    parameters.map(({ name, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1);
      offset += length;
      const values = weights.slice(offset - length, offset);
      return [name, tf.variable(tf.tensor(values, [...shape]))];
    }),
  );
}

/** @param tokens [N, T] of int32 @returns scores [N T, vocabulary] */
export function lstmForward(
  variables: ReadonlyMap<string, tf.Variable>,
  tokens: tf.Tensor2D,
): tf.Tensor2D {
  const value = (name: string): tf.Tensor2D => variables.get(name) as tf.Variable as tf.Tensor2D;
  const embedding = value('embedding.weight');
  const [vocabulary, width] = embedding.shape;
  const [samples, steps] = tokens.shape;
  const rows = tf.reshape(tokens, [samples * steps]) as tf.Tensor1D;
  const one = tf.cast(tf.oneHot(rows, vocabulary), 'float32') as tf.Tensor2D;
  const embedded = tf.matMul(one, embedding);
  const biases = tf.add(value('lstm.bias_ih_l0'), value('lstm.bias_hh_l0'));
  const projected = tf.add(tf.matMul(embedded, value('lstm.weight_ih_l0'), false, true), biases);
  const units = value('lstm.weight_hh_l0').shape[1];
  const gates = tf.unstack(tf.reshape(projected, [samples, steps, 4 * units]), 1) as tf.Tensor2D[];
  let hidden = tf.zeros([samples, units]) as tf.Tensor2D;
  let cell = hidden;
  const outputs: tf.Tensor2D[] = [];
  for (const gate of gates) {
    const all = tf.add(gate, tf.matMul(hidden, value('lstm.weight_hh_l0'), false, true));
    const [i, f, g, o] = tf.split(all, 4, 1) as [
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D,
      tf.Tensor2D,
    ];
    cell = tf.add(tf.mul(tf.sigmoid(f), cell), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    hidden = tf.mul(tf.sigmoid(o), tf.tanh(cell));
    outputs.push(hidden);
  }
  const states = tf.reshape(tf.stack(outputs, 1), [samples * steps, width]);
  return tf.add(
    tf.matMul(states as tf.Tensor2D, value('head.weight'), false, true),
    value('head.bias'),
  );
}
