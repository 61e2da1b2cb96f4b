// What the scans over time (rnn, gru, lstm) have in common: what they are given, how it must fit, and their gradients.
// A scan is one node a layer and direction, however many steps there are; its memory is linear in them.
// Invariant: of a record, and of what a gradient gives, every part lies whole behind the one before it, all samples of it,
// so a part begins at a number of floats a sample. Kernels and references have the same layout.
// Not here: the cells (a file each), and the loops of the references (recurrence-reference.ts).
import { ShapeError } from '../errors.js';
import type { Attributes, GraphNode } from '../graph/graph.js';
import { formatShape, isBatched, type Shape, sameShape } from '../shape.js';
import {
  type AttributeRule,
  type GradientRequest,
  type KernelCall,
  type LoweringRequest,
  numberAttribute,
  type PositionRequest,
  type PositionTensor,
  type ReadTensor,
} from './operator.js';

/** What differs between cells. Numbers of floats are those of one sample. */
export interface CellRule {
  readonly name: 'rnn' | 'gru' | 'lstm';
  /** Gates of a unit. */
  readonly gates: number;
  /** Numbers that a unit hands on to the next step. */
  readonly states: 1 | 2;
  /** A flag of its own. */
  readonly own?: 'relu' | 'cell';
  parts(steps: number, size: number, own: number): ScanParts;
}

export interface ScanParts {
  /** Of the record: what is given, where each step's h before it lies, and its gates. */
  readonly output: number;
  readonly previous: number;
  readonly gates: number;
  readonly record: number;
  /** Of the gradient, in front of which lies that of the gates' inputs: of their products with h, and of the states. */
  readonly hidden: number;
  readonly states: readonly number[];
  readonly gradient: number;
}

/** What a scan is given: steps, features of a step, units, and all gates of them. */
export interface Scan extends ScanParts {
  readonly steps: number;
  readonly features: number;
  readonly size: number;
  readonly width: number;
  readonly own: number;
  readonly reverse: number;
}

/** Where each of its inputs is among them; undefined where it is not given. */
export interface ScanInputs {
  readonly biasIh: number | undefined;
  readonly biasHh: number | undefined;
  readonly lengths: number | undefined;
  readonly states: readonly number[];
  readonly count: number;
}

/** From so many steps on the scan's weights are packed first, which takes as long as a step of a few samples. */
const PACKED_STEPS = 4;

/** Each is 0 or 1. */
export function scanAttributes({ own }: CellRule): Record<string, AttributeRule> {
  const names = ['bias', 'lengths', 'state', 'reverse', ...(own ? [own] : [])];
  return Object.fromEntries(names.map((name) => [name, 'integer']));
}

export function inputsOf({ states }: CellRule, attributes: Attributes): ScanInputs {
  let next = 3;
  const biasIh = attributes.bias ? next++ : undefined;
  const biasHh = attributes.bias ? next++ : undefined;
  const lengths = attributes.lengths ? next++ : undefined;
  const given = attributes.state ? Array.from({ length: states }, () => next++) : [];
  return { biasIh, biasHh, lengths, states: given, count: next };
}

/**
 * Checks what a scan is given: x [N, T, I], the input's weights [I, gates × H], the state's [H, gates × H], and as its
 * attributes say two biases [gates × H], lengths [N], and states [N, H].
 *
 * @throws ShapeError if it does not fit
 */
export function scanOf(
  rule: CellRule,
  inputs: readonly Pick<ReadTensor, 'shape'>[],
  attributes: Attributes,
): Scan {
  const { name, gates } = rule;
  for (const flag of Object.keys(scanAttributes(rule))) {
    const value = attributes[flag];
    if (value !== 0 && value !== 1) {
      throw new ShapeError(`${name}: ${flag} is ${value}, expected 0 or 1`);
    }
  }
  const places = inputsOf(rule, attributes);
  if (inputs.length !== places.count) {
    throw new ShapeError(
      `${name}: has ${inputs.length} inputs, its attributes tell of ${places.count}`,
    );
  }
  const [x, ih] = inputs.map(({ shape }) => shape) as [Shape, Shape];
  if (x.length !== 3 || !isBatched(x)) {
    throw new ShapeError(`${name}: expected [N, steps, features], got ${formatShape(x)}`);
  }
  const [, steps, features] = x as [unknown, number, number];
  const width = ih[1] as number;
  const size = width / gates;
  if (ih.length !== 2 || ih[0] !== features || !Number.isInteger(size)) {
    throw new ShapeError(
      `${name}: the input's weights are ${formatShape(ih)}, expected [${features}, ${gates} × units]`,
    );
  }
  const expect = (input: number | undefined, shape: Shape, what: string): void => {
    if (input === undefined || sameShape(inputs[input]!.shape, shape)) return;
    throw new ShapeError(
      `${name}: ${what} is ${formatShape(inputs[input]!.shape)}, expected ${formatShape(shape)}`,
    );
  };
  expect(2, [size, width], 'the weights of the state');
  expect(places.biasIh, [width], "the input's bias");
  expect(places.biasHh, [width], "the state's bias");
  expect(places.lengths, ['N'], 'lengths');
  for (const state of places.states) expect(state, ['N', size], 'a state');
  const own = rule.own === undefined ? 0 : numberAttribute(attributes, rule.own);
  const reverse = numberAttribute(attributes, 'reverse');
  return { steps, features, size, width, own, reverse, ...rule.parts(steps, size, own) };
}

/** One step of a scan that begins with zeros: its state is handed on. Undefined for one that goes back, or is told more. */
export function scanOfPosition(
  { name, states, own }: CellRule,
  { builder, node, shapes, inputs, carry }: PositionRequest,
): PositionTensor | undefined {
  const { attributes } = node;
  const [x, ...weights] = inputs;
  const isPlain = !attributes.reverse && !attributes.lengths && !attributes.state;
  if (!isPlain || x!.axis !== 1 || weights.some(({ axis }) => axis !== undefined)) return undefined;
  const size = shapes[2]![0] as number;
  const handed = Array.from({ length: states }, () => carry(['N', size]));
  const nodes = [...inputs.map((input) => input.node), ...handed.map(({ before }) => before)];
  const record = builder.add(name, nodes, {
    ...attributes,
    state: 1,
    ...(own === 'cell' && { cell: 1 }),
  });
  const given = builder.add('recordOutput', [record], { shape: ['N', states, size] });
  const [h] = handed.map(({ becomes }, start) => {
    const state = builder.add('slice', [given], { axis: 1, start, length: 1 });
    becomes(builder.add('reshape', [state], { shape: ['N', size] }));
    return state;
  });
  return { node: h!, axis: 1 };
}

/** So many floats further on for every sample. */
export function behind(perRow: number): { readonly perRow: number; readonly constant: number } {
  return { perRow, constant: 0 };
}

/** Floats of the packed weights [k, p], in front of a scan's scratch. */
export function panelFloats({ steps }: Pick<Scan, 'steps'>, k: number, p: number): number {
  return steps < PACKED_STEPS ? 0 : 8 * k * Math.floor(p / 8);
}

/** The calls that come before a scan's own: its weights [k, p] packed, if it pays. */
export function packed(
  { scratch }: LoweringRequest,
  w: number,
  floats: number,
  k: number,
  p: number,
): { readonly calls: KernelCall[]; readonly panels: { readonly node: number } | 0 } {
  if (floats === 0) return { calls: [], panels: 0 };
  const panels = { node: scratch!.node };
  return {
    calls: [{ kernel: 'packPanels', arguments: [panels, { node: w }, k, p] }],
    panels,
  };
}

/**
 * The lowering of a scan up to its own kernel: the input's product with its weights goes where the gates lie.
 *
 * @returns the calls, and the arguments that all scans begin with
 */
export function lowerForward(rule: CellRule, request: LoweringRequest) {
  const { node, inputs, output, packed: panelsIh } = request;
  const scan = scanOf(rule, inputs, node.attributes);
  const places = inputsOf(rule, node.attributes);
  const { steps, features, size, width } = scan;
  const at = (input: number | undefined): 0 | { readonly node: number } =>
    input === undefined ? 0 : { node: inputs[input]!.node };
  const floats = panelFloats(scan, size, width);
  const { calls, panels } = packed(request, inputs[2]!.node, floats, size, width);
  const product: KernelCall = {
    kernel: 'matmul',
    arguments: [
      { node: output.node, skipped: behind(scan.gates) },
      { node: inputs[0]!.node },
      { node: inputs[1]!.node },
      behind(steps),
      ...([width, features, features, 1, 1, 0, 0] as const),
      panelsIh === undefined ? 0 : { node: panelsIh },
    ],
  };
  const { biasIh, biasHh, lengths, states } = places;
  return {
    scan,
    calls: [product, ...calls],
    first: [
      ...([output, { node: inputs[2]!.node }, panels] as const),
      ...([at(biasIh), at(biasHh), at(lengths), at(states[0])] as const),
    ] as const,
    c0: at(states[1]),
    scratch: { node: request.scratch!.node, skipped: floats },
    rows: behind(1),
  };
}

/** As `lowerForward`, for what goes back: inputs are dy, the state's weights transposed, the record, and lengths. */
export function lowerGradient(rule: CellRule, request: LoweringRequest) {
  const { node, inputs, output } = request;
  const scan = gradientScan(rule, node);
  const [dy, w, record, lengths] = inputs.map((input) => ({ node: input.node }));
  const floats = panelFloats(scan, scan.width, scan.size);
  const { calls, panels } = packed(request, w!.node, floats, scan.width, scan.size);
  return {
    scan,
    calls,
    first: [
      ...([output, dy!, w!, panels, record!, lengths ?? 0] as const),
      { node: request.scratch!.node, skipped: floats },
      ...([behind(1), scan.steps, scan.size] as const),
    ] as const,
  };
}

/** What a gradient's node says of its scan. */
export function gradientScan(
  rule: CellRule,
  { attributes }: Pick<GraphNode, 'attributes'>,
): Omit<Scan, 'features'> {
  const [steps, size, reverse] = ['steps', 'size', 'reverse'].map((name) =>
    numberAttribute(attributes, name),
  ) as [number, number, number];
  const own = rule.own === undefined ? 0 : numberAttribute(attributes, rule.own);
  const width = rule.gates * size;
  return { steps, size, width, own, reverse, ...rule.parts(steps, size, own) };
}

/** The gradients of all inputs of a scan, from that of what it gives. */
export function scanGradient(
  rule: CellRule,
  { builder, node, inputs, output, dOutput, needed }: GradientRequest,
): (number | undefined)[] {
  const { attributes } = node;
  const shapes = inputs.map((input) => ({ shape: builder.shapeOf(input) }));
  const { steps, size, width, own, reverse, previous, hidden, states } = scanOf(
    rule,
    shapes,
    attributes,
  );
  // Of a graph from outside, another part of the record may have been taken for what the scan gives.
  const given = ['N', steps + (rule.own === 'cell' ? own : 0), size];
  if (!sameShape(builder.shapeOf(dOutput), given as Shape)) {
    throw new ShapeError(
      `${rule.name}: its output was read as ${formatShape(builder.shapeOf(dOutput))}, it is ${formatShape(given as Shape)}`,
    );
  }
  const places = inputsOf(rule, attributes);
  const transposed = (input: number): number =>
    builder.add('transpose', [inputs[input]!], { axes: [1, 0] });
  const lengths = places.lengths === undefined ? [] : [inputs[places.lengths]!];
  const gradient = builder.add(`${rule.name}Grad`, [dOutput, transposed(2), output, ...lengths], {
    steps,
    size,
    reverse,
    ...(rule.own && { [rule.own]: own }),
  });
  const dGates = builder.add('recordOutput', [gradient], { shape: ['N', steps, width] });
  const dBias = (): number => builder.add('sum', [dGates], { axis: 0, count: 2 });
  const dBiasHh = (): number =>
    hidden === 0
      ? dBias()
      : builder.add('scanBiasGrad', [gradient], { steps, width, skipped: hidden });
  return inputs.map((_, input) => {
    if (!needed[input] || input === places.lengths) return undefined;
    if (input === 0) return builder.add('matmul', [dGates, transposed(1)]);
    if (input === 1) return builder.add('matmulTransposed', [inputs[0]!, dGates]);
    if (input === 2) {
      const skipped = { previous, hidden };
      return builder.add('scanWeightGrad', [output, gradient], { steps, size, width, ...skipped });
    }
    if (input === places.biasIh) return dBias();
    if (input === places.biasHh) return dBiasHh();
    const skipped = states[places.states.indexOf(input)]!;
    return builder.add('scanStateGrad', [gradient], { size, skipped });
  });
}
