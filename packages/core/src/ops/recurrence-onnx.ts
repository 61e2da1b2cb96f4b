// A scan in ONNX: its LSTM, GRU or RNN, which wants time first, its gates in another order, and the biases in one row.
// What it computes with weights alone is folded away when a file is opened.
// Source: https://github.com/onnx/onnx/blob/main/docs/Operators.md#LSTM and the like.

import type { OnnxAttribute, OnnxBuilder, OnnxRequest } from './onnx.js';
import { numberAttribute } from './operator.js';
import { type CellRule, inputsOf, scanOf } from './recurrence.js';

/** The operators there, and which of PyTorch's gates comes where. */
const OPERATORS = {
  rnn: { type: 'RNN', order: [0] },
  gru: { type: 'GRU', order: [1, 0, 2] },
  lstm: { type: 'LSTM', order: [0, 3, 1, 2] },
} as const;

/** int32, as TensorProto.DataType numbers them. */
const INT32 = 6;
const BATCH_AND_TIME = { perm: { ints: [1, 0, 2] } };

/** @returns the name of what the scan gives, [N, T, H], or [N, T + 1, H] with its last cell */
export function scanOnnx(rule: CellRule, { builder, node, inputs }: OnnxRequest): string {
  const { attributes } = node;
  const { steps, features, size, own } = scanOf(rule, inputs, attributes);
  const { biasIh, biasHh, lengths, states } = inputsOf(rule, attributes);
  const { type, order } = OPERATORS[rule.name];
  const name = (input: number): string => inputs[input]!.name;
  const weights = (input: number, columns: number): string =>
    gatesIn(builder, order, transposed(builder, name(input)), [size, columns]);
  const biases = [biasIh, biasHh].flatMap((input) =>
    input === undefined ? [] : [gatesIn(builder, order, name(input), [size])],
  );
  const first = states.map((state) => unsqueeze(builder, name(state), 0));
  const operands = [
    builder.add('Transpose', [name(0)], BATCH_AND_TIME),
    weights(1, features),
    weights(2, size),
    biases.length === 0 ? '' : builder.add('Concat', biases, { axis: { i: 1 } }),
    lengths === undefined ? '' : wholeLengths(builder, name(lengths), steps),
    ...first,
  ];
  while (operands.at(-1) === '') operands.pop();
  const direction = numberAttribute(attributes, 'reverse') ? 'reverse' : 'forward';
  const options: Record<string, OnnxAttribute> = {
    hidden_size: { i: size },
    direction: { s: direction },
    ...(rule.name === 'gru' && { linear_before_reset: { i: 1 } }),
    ...(rule.own === 'relu' && { activations: { strings: [own ? 'Relu' : 'Tanh'] } }),
  };
  const withCell = rule.own === 'cell' && own === 1;
  const [all, , cell] = builder.addMany(type, operands, withCell ? 3 : 1, options);
  const squeezed = builder.add('Squeeze', [all!, builder.integers([1])]);
  const output = builder.add('Transpose', [squeezed], BATCH_AND_TIME);
  if (!withCell) return output;
  const last = builder.add('Transpose', [cell!], BATCH_AND_TIME);
  return builder.add('Concat', [output, last], { axis: { i: 1 } });
}

function transposed(builder: OnnxBuilder, w: string): string {
  return builder.add('Transpose', [w], { perm: { ints: [1, 0] } });
}

function unsqueeze(builder: OnnxBuilder, x: string, axis: number): string {
  return builder.add('Unsqueeze', [x, builder.integers([axis])]);
}

/** [gates × size, …] in the other order: [1, gates × size, …]. */
function gatesIn(
  builder: OnnxBuilder,
  order: readonly number[],
  x: string,
  [size, ...rest]: readonly [number, ...number[]],
): string {
  if (order.length === 1) return unsqueeze(builder, x, 0);
  const shape = (...dims: number[]): string => builder.integers([...dims, ...rest]);
  const split = builder.add('Reshape', [x, shape(order.length, size)]);
  const ordered = builder.add('Gather', [split, builder.integers(order)], { axis: { i: 0 } });
  return builder.add('Reshape', [ordered, shape(1, order.length * size)]);
}

/** A step t is there while t < length: whole numbers of steps, at most as many as there are. */
function wholeLengths(builder: OnnxBuilder, lengths: string, steps: number): string {
  const whole = builder.add('Ceil', [lengths]);
  const bounded = builder.add('Clip', [whole, builder.scalar(0), builder.scalar(steps)]);
  return builder.add('Cast', [bounded], { to: { i: INT32 } });
}
