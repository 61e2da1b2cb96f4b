// What the recurrent layers (rnn, gru, lstm) have in common: layers over each other, directions, names and states.
// Invariant: names, shapes, order of gates and the distribution of first weights are PyTorch's, so that a state_dict loads.
// Sequences are batch first, [N, steps, features]. Not here: a cell (ops/), and which of them a layer has (a file each).
import {
  checkOptions,
  type OptionNames,
  requireBoolean,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ConfigError, ShapeError } from '../errors.js';
import { biasUniform } from '../initializers/initializer.js';
import { concat, slice } from '../model/joining.js';
import type { Layer, Scope } from '../model/model.js';
import {
  applyOperator,
  broadcast,
  requireFloats,
  requireTensor,
  reshape,
  type Tensor,
  transpose,
} from '../model/tensor.js';
import { formatShape, isBatched, MAX_ELEMENTS, type Shape } from '../shape.js';
import { dropout } from './dropout.js';
import { lastStep } from './last-step.js';
import { inFirstPlace, parameterOf, type SharedLayer } from './shared.js';

/** What every recurrent layer takes. */
export interface RecurrentOptions {
  /** Layers over each other, each reading what the one below gives. Default 1. */
  readonly numLayers?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Between layers, while training: the rate at which what one gives is dropped. Default 0. */
  readonly dropout?: number;
  /** Whether each layer reads forward and backward, and gives both side by side. Default false. */
  readonly bidirectional?: boolean;
}

/** For errors and checkOptions. */
const OPTIONS: OptionNames<RecurrentOptions> = {
  numLayers: true,
  bias: true,
  dropout: true,
  bidirectional: true,
};

/** What a recurrent layer may be given besides its sequence. */
export interface RecurrentInputs {
  /**
   * [N] how many steps of each sample are real: those behind give 0, and leave the state as it is, as packed sequences do in
   * PyTorch. Left out: all.
   */
  readonly lengths?: Tensor;
  /** [N, layers × directions, hidden] the state before the first step, as `hidden` is given. Left out: zeros. */
  readonly hidden?: Tensor;
  /** As `hidden`, of an lstm: its cells. */
  readonly cell?: Tensor;
}

const INPUTS: OptionNames<RecurrentInputs> = { lengths: true, hidden: true, cell: true };

/** What PyTorch gives as `output, (h_n, c_n)`, batch first. */
export interface RecurrentStates {
  /** [N, steps, directions × hidden] of the last layer. */
  readonly output: Tensor;
  /** [N, layers × directions, hidden] of each layer and direction behind the last step, or a sample's last real one. */
  readonly hidden: Tensor;
  /** As `hidden`, of an lstm: its cells. */
  readonly cell?: Tensor;
}

/** A recurrent layer, which can also be asked for its states. */
export interface RecurrentLayer extends SharedLayer {
  /** As without inputs, with lengths or a state. */
  (x: Tensor, scope: Scope, inputs?: RecurrentInputs): Tensor;
  /**
   * The states behind the last step besides the output, to begin another sequence with.
   *
   * @throws ShapeError if a length or state does not fit
   */
  states(x: Tensor, scope: Scope, inputs?: RecurrentInputs): RecurrentStates;
}

/** One cell: the operator, its gates, and what it hands on. */
export interface RecurrentCell {
  readonly op: 'rnn' | 'gru' | 'lstm';
  readonly gates: number;
  readonly states: readonly ('hidden' | 'cell')[];
  /** Its own attributes. */
  readonly attributes: Readonly<Record<string, number>>;
}

/** Settings of a layer, all of them set. */
interface Stack extends Required<RecurrentOptions> {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly cell: RecurrentCell;
}

/** What `checkOptions` takes for a layer that has more options than all recurrent ones. */
export function recurrentOptions<More extends object>(
  more: OptionNames<More>,
): OptionNames<RecurrentOptions & More> {
  return { ...OPTIONS, ...more } as OptionNames<RecurrentOptions & More>;
}

/** @throws ConfigError if a size, a rate or a choice is none */
export function recurrentLayer(
  cell: RecurrentCell,
  inputSize: number,
  hiddenSize: number,
  options: RecurrentOptions,
): RecurrentLayer {
  const { op } = cell;
  requireInteger(op, 'inputSize', inputSize, 1, MAX_ELEMENTS);
  requireInteger(op, 'hiddenSize', hiddenSize, 1, MAX_ELEMENTS);
  const { numLayers = 1, bias = true, dropout: rate = 0, bidirectional = false } = options;
  requireInteger(op, 'numLayers', numLayers, 1, 1000);
  requireBoolean(op, 'bias', bias);
  requireBoolean(op, 'bidirectional', bidirectional);
  requireNumber(op, 'dropout', rate, { min: 0, below: 1 });
  if (rate > 0 && numLayers === 1) {
    throw new ConfigError(
      `${op}: dropout ${rate} is between layers, and there is one; a dropout() behind it drops what it gives`,
    );
  }
  const stack = { inputSize, hiddenSize, numLayers, bias, dropout: rate, bidirectional, cell };
  const own: Layer = (x: Tensor, scope: Scope, inputs?: RecurrentInputs) =>
    inFirstPlace(own, scope, (place) => run(stack, x, place, checked(cell, inputs), false).output);
  return Object.assign(own, {
    parameter: (name: string, scope: Scope) => parameterOf(own, name, scope),
    states(x: Tensor, scope: Scope, inputs?: RecurrentInputs): RecurrentStates {
      let states: RecurrentStates | undefined;
      inFirstPlace(own, scope, (place) => {
        states = run(stack, x, place, checked(cell, inputs), true);
        return states.output;
      });
      return states!;
    },
  });
}

function checked({ op, states }: RecurrentCell, inputs?: RecurrentInputs): RecurrentInputs {
  if (inputs === undefined) return {};
  checkOptions(op, inputs, INPUTS);
  if (inputs.cell !== undefined && !states.includes('cell')) {
    throw new ConfigError(`${op}: has no cell, which an lstm has; its state is \`hidden\``);
  }
  const missing = states.find((name) => inputs[name] === undefined);
  if (missing !== undefined && states.some((name) => inputs[name] !== undefined)) {
    throw new ConfigError(
      `${op}: its state has no ${missing}; ${states.join(' and ')} go together, as \`states\` gives both`,
    );
  }
  return inputs;
}

/** One direction of one layer. */
interface Direction {
  readonly output: Tensor;
  readonly cell: Tensor | undefined;
}

function run(
  stack: Stack,
  x: Tensor,
  scope: Scope,
  inputs: RecurrentInputs,
  wantsStates: boolean,
): RecurrentStates {
  const { cell, inputSize, hiddenSize, numLayers, bidirectional } = stack;
  requireFloats(cell.op, x);
  const { shape } = x;
  if (shape.length !== 3 || !isBatched(shape) || shape[2] !== inputSize) {
    throw new ShapeError(
      `${cell.op}: expected [N, steps, ${inputSize}], the layer's input size last, got ${formatShape(shape)}`,
    );
  }
  const directions = bidirectional ? 2 : 1;
  const lengths = lengthsOf(cell.op, inputs.lengths);
  const first = firstStates(stack, inputs, numLayers * directions);
  const hidden: Tensor[] = [];
  const cells: Tensor[] = [];
  let output = x;
  for (let layer = 0; layer < numLayers; layer++) {
    if (layer > 0 && stack.dropout > 0) output = dropout(stack.dropout)(output, scope);
    const below = output;
    const read = Array.from({ length: directions }, (_, reverse): Direction => {
      const states = first.map((state) => stateOf(state, layer * directions + reverse));
      return direction(stack, below, scope, { layer, reverse, lengths, states, wantsStates });
    });
    output = read.length === 1 ? read[0]!.output : concat(read.map((one) => one.output));
    if (!wantsStates) continue;
    for (const [reverse, one] of read.entries()) {
      const last =
        reverse === 1
          ? slice(one.output, 0, 1, 1)
          : reshape(lastStep(one.output, { ...(lengths && { lengths }) }), [1, hiddenSize]);
      hidden.push(last);
      if (one.cell) cells.push(one.cell);
    }
  }
  return {
    output,
    hidden: wantsStates ? concat(hidden, 1) : output,
    ...(cells.length > 0 && { cell: concat(cells, 1) }),
  };
}

function lengthsOf(op: string, lengths: Tensor | undefined): Tensor | undefined {
  if (lengths === undefined) return undefined;
  requireTensor(`${op}: lengths`, lengths);
  const { shape } = lengths;
  if (shape.length === 1 && isBatched(shape)) return lengths;
  if (shape.length === 2 && isBatched(shape) && shape[1] === 1) return reshape(lengths, []);
  throw new ShapeError(`${op}: lengths are ${formatShape(shape)}, expected [N] or [N, 1]`);
}

/** The states that are given, [N, layers × directions, hidden] each. */
function firstStates(
  { cell, hiddenSize }: Stack,
  inputs: RecurrentInputs,
  count: number,
): Tensor[] {
  return cell.states.flatMap((name) => {
    const state = inputs[name];
    if (state === undefined) return [];
    requireTensor(`${cell.op}: ${name}`, state);
    const expected: Shape = ['N', count, hiddenSize];
    const { shape } = state;
    // A state without a batch axis is that of every sample, such as one that is learnt.
    if (formatShape(shape) === formatShape(expected.slice(1))) return [broadcast(state, expected)];
    if (formatShape(shape) === formatShape(expected)) return [state];
    throw new ShapeError(
      `${cell.op}: ${name} is ${formatShape(shape)}, expected ${formatShape(expected)}: of each layer and direction`,
    );
  });
}

function stateOf(state: Tensor, place: number): Tensor {
  return reshape(slice(state, place, place + 1, 1), [state.shape[2] as number]);
}

interface DirectionInputs {
  readonly layer: number;
  readonly reverse: number;
  readonly lengths: Tensor | undefined;
  readonly states: readonly Tensor[];
  readonly wantsStates: boolean;
}

function direction(
  { cell, hiddenSize, bias }: Stack,
  x: Tensor,
  scope: Scope,
  { layer, reverse, lengths, states, wantsStates }: DirectionInputs,
): Direction {
  const [, steps, features] = x.shape as [unknown, number, number];
  const width = cell.gates * hiddenSize;
  const init = biasUniform({ fanIn: hiddenSize });
  const suffix = `l${layer}${reverse ? '_reverse' : ''}`;
  const parameter = (name: string, ...shape: number[]): Tensor =>
    scope.parameter(`${name}_${suffix}`, shape, init);
  const weights = [
    parameter('weight_ih', width, features),
    parameter('weight_hh', width, hiddenSize),
  ].map((weight) => transpose(weight));
  const biases = bias ? [parameter('bias_ih', width), parameter('bias_hh', width)] : [];
  const withCell = wantsStates && cell.states.length > 1 ? 1 : 0;
  const record = applyOperator(
    cell.op,
    [x, ...weights, ...biases, ...(lengths ? [lengths] : []), ...states],
    {
      ...cell.attributes,
      ...(cell.states.length > 1 && { cell: withCell }),
      ...{ bias: Number(bias), lengths: Number(lengths !== undefined) },
      ...{ state: Number(states.length > 0), reverse },
    },
  );
  const given = applyOperator('recordOutput', [record], {
    shape: ['N', steps + withCell, hiddenSize],
  });
  if (!withCell) return { output: given, cell: undefined };
  return { output: slice(given, 0, steps, 1), cell: slice(given, steps, steps + 1, 1) };
}
