// A trained model asked about samples whose answers are known: of each sample what it says, what is right, and how far the
// two are apart. What is made of it (a confusion matrix, the worst errors) is made where it is shown.
// Invariant: samples are asked in their order, as many as the time allows, at least one chunk of them; a sample's numbers do
// not depend on how many that were.
import {
  type Classification,
  DataError,
  decodeTokens,
  invertTargets,
  type TrainedModel,
  targetUnits,
} from '@lockstep/core';
import { lossNamed, product } from '@lockstep/core/internal';
import { type HeldSamples, inputSize } from './samples.js';
import { surpriseOf } from './surprise.js';

/** Of classes: one answer a sample. */
export interface ClassExamination {
  readonly kind: 'classes';
  /** Samples that were asked. */
  readonly count: number;
  /** Which class is right, and which the model says; [count] each. */
  readonly right: Int32Array;
  readonly said: Int32Array;
  /** Probability of what it says, and of what is right; [count] each. */
  readonly sure: Float32Array;
  readonly probability: Float32Array;
  readonly names: readonly string[];
}

/** Of values: `width` numbers a sample, in the unit of the target's columns. */
export interface ValueExamination {
  readonly kind: 'values';
  readonly count: number;
  readonly width: number;
  /** [count, width] each. */
  readonly right: Float64Array;
  readonly said: Float64Array;
  readonly names: readonly string[];
}

/** Of classes by position, as the tokens of a text are: means over the positions that count. */
export interface PositionExamination {
  readonly kind: 'positions';
  readonly count: number;
  /** Nats a position, and the share of positions that are right; of each sample. */
  readonly losses: Float32Array;
  readonly accuracies: Float32Array;
}

/** Nothing of this kind can be said, and why. */
export interface NoExamination {
  readonly kind: 'none';
  readonly why: string;
}

export type Examination = ClassExamination | ValueExamination | PositionExamination | NoExamination;

/** One position of a sample. */
export interface PositionAnswer {
  /** What stands there in the input, what is right, and what the model says. */
  readonly input: string;
  readonly right: string;
  readonly said: string;
  /** Nats; null where the position does not count. */
  readonly loss: number | null;
  readonly probability: number;
}

/** Samples of a chunk; the kernels take as many at once. */
const CHUNK = 128;
/** A label that does not count. */
const UNCOUNTED = -100;

/** @param isLate whether the time is over; it is asked after each chunk */
export function examine(
  trained: TrainedModel,
  samples: HeldSamples,
  isLate: () => boolean,
): Examination {
  try {
    return examineKind(trained, samples, isLate);
  } catch (error) {
    // The samples are of the data that it learnt from, so they are of the right scale.
    if (!(error instanceof DataError)) throw error;
    const most = largest(trained);
    return none(
      `The network gives numbers that are not finite for these samples, and so says nothing of them. Its weights have grown too large for float32: the largest is ${most.toPrecision(2)}. A smaller learning rate, or clipNorm, keeps them small.`,
    );
  }
}

function largest({ parameters }: TrainedModel): number {
  let most = 0;
  for (const { data } of parameters.values()) {
    for (const value of data) most = Math.max(most, Math.abs(value));
  }
  return most;
}

function examineKind(
  trained: TrainedModel,
  samples: HeldSamples,
  isLate: () => boolean,
): Examination {
  const { traits, graph, outputShape } = trained;
  if (graph.heads) {
    return none(
      `The model gives ${graph.heads.length} outputs (${graph.heads.map(({ name }) => name).join(', ')}); errors are shown of models that give one.`,
    );
  }
  const { classes, targetShape } = traits;
  if (classes !== undefined && targetShape.length > 0 && outputShape.length > targetShape.length) {
    return examinePositions(trained, samples, isLate);
  }
  const tells = classifies(trained);
  if (tells) return examineClasses(trained, samples, isLate);
  if (graph.loss !== undefined && lossNamed(graph.loss)?.applies !== undefined) {
    return none(
      `The model says of each of ${product(outputShape)} labels whether it applies: errors are shown of models that choose one class, or give values.`,
    );
  }
  if (product(targetShape) !== product(outputShape)) {
    return none(
      `The model gives ${product(outputShape)} numbers, and its targets have ${product(targetShape)}: they are not compared one by one.`,
    );
  }
  return examineValues(trained, samples, isLate);
}

function none(why: string): NoExamination {
  return { kind: 'none', why };
}

/** Whether the model tells classes apart, one answer a sample. */
export function classifies(trained: TrainedModel): boolean {
  if (trained.graph.heads) return false;
  const size = inputSize(trained.traits);
  const zeros =
    trained.traits.vocabulary === undefined ? new Float32Array(size) : new Int32Array(size);
  try {
    trained.classify({ ...trained.traits, inputs: zeros });
    return true;
  } catch (error) {
    // It has classes, and no finite answer to zeros.
    return error instanceof DataError;
  }
}

/** Calls for each chunk of samples until all are done, or time is over. @returns how many samples were done */
function byChunks(
  samples: HeldSamples,
  size: number,
  isLate: () => boolean,
  each: (inputs: HeldSamples['inputs'], first: number) => void,
): number {
  let first = 0;
  while (first < samples.count) {
    const end = Math.min(samples.count, first + CHUNK);
    each(samples.inputs.subarray(first * size, end * size), first);
    first = end;
    if (isLate()) break;
  }
  return first;
}

function examineClasses(
  trained: TrainedModel,
  samples: HeldSamples,
  isLate: () => boolean,
): ClassExamination {
  const { traits } = trained;
  const [right, said, sure, probability]: number[][] = [[], [], [], []];
  let names: readonly string[] = traits.classNames ?? [];
  const rightOf = rightClass(samples, product(traits.targetShape));
  const count = byChunks(samples, inputSize(traits), isLate, (inputs, first) => {
    const answers = trained.classify({ ...traits, inputs }) as Classification[];
    for (const [i, { index, probabilities }] of answers.entries()) {
      if (names.length === 0) names = probabilities.map((_, at) => String(at));
      const own = rightOf(first + i);
      right!.push(own);
      said!.push(index);
      sure!.push(probabilities[index]!);
      probability!.push(probabilities[own] ?? 0);
    }
  });
  return {
    ...{ kind: 'classes', count, names },
    ...{ right: Int32Array.from(right!), said: Int32Array.from(said!) },
    ...{ sure: Float32Array.from(sure!), probability: Float32Array.from(probability!) },
  };
}

/** A label; of one value, 0 or 1; of a distribution over classes, the most probable one. */
function rightClass({ targets }: HeldSamples, width: number): (sample: number) => number {
  if (targets instanceof Int32Array) return (sample) => targets[sample]!;
  if (width === 1) return (sample) => Number(targets[sample]! > 0.5);
  return (sample) => {
    const row = targets.subarray(sample * width, (sample + 1) * width);
    return row.indexOf(Math.max(...row));
  };
}

function examineValues(
  trained: TrainedModel,
  samples: HeldSamples,
  isLate: () => boolean,
): ValueExamination {
  const { traits, preparation } = trained;
  const width = product(trained.outputShape);
  const said = new Float64Array(samples.count * width);
  const count = byChunks(samples, inputSize(traits), isLate, (inputs, first) => {
    said.set(trained.predict({ ...traits, inputs }), first * width);
  });
  const own = samples.targets.subarray(0, count * width);
  const isPrepared = preparation !== undefined && targetUnits(preparation) !== undefined;
  const right = isPrepared ? invertTargets(preparation, own) : Float64Array.from(own);
  return {
    ...{ kind: 'values', count, width, right },
    said: said.slice(0, count * width),
    names: valueNames(trained),
  };
}

/** What the numbers of an answer are called. */
export function valueNames(trained: TrainedModel): string[] {
  const width = product(trained.outputShape);
  const columns = trained.preparation?.targets.map(({ column }) => column);
  if (columns?.length === width) return columns;
  return Array.from({ length: width }, (_, i) => (width === 1 ? 'value' : `value ${i + 1}`));
}

function examinePositions(
  trained: TrainedModel,
  samples: HeldSamples,
  isLate: () => boolean,
): PositionExamination {
  const { traits } = trained;
  const positions = product(traits.targetShape);
  const losses: number[] = [];
  const accuracies: number[] = [];
  const count = byChunks(samples, inputSize(traits), isLate, (inputs, first) => {
    const answers = trained.classifyPositions({ ...traits, inputs }) as Classification[][];
    for (const [i, row] of answers.entries()) {
      const own = samples.targets.subarray((first + i) * positions, (first + i + 1) * positions);
      const counted = row.flatMap((answer, at) =>
        own[at] === UNCOUNTED ? [] : [{ answer, right: own[at]! }],
      );
      const sum = counted.reduce((all, { answer, right }) => all + lossOf(answer, right), 0);
      const hits = counted.filter(({ answer, right }) => answer.index === right).length;
      losses.push(sum / Math.max(1, counted.length));
      accuracies.push(hits / Math.max(1, counted.length));
    }
  });
  return {
    ...{ kind: 'positions', count },
    ...{ losses: Float32Array.from(losses), accuracies: Float32Array.from(accuracies) },
  };
}

function lossOf({ probabilities }: Classification, right: number): number {
  return surpriseOf(probabilities[right]!);
}

/** What the model says at each position of one sample, of classes by position. */
export function positionAnswers(
  trained: TrainedModel,
  samples: HeldSamples,
  sample: number,
): PositionAnswer[] {
  const { traits } = trained;
  const size = inputSize(traits);
  const positions = product(traits.targetShape);
  const inputs = samples.inputs.subarray(sample * size, (sample + 1) * size);
  const [answers] = trained.classifyPositions({ ...traits, inputs }) as Classification[][];
  const own = samples.targets.subarray(sample * positions, (sample + 1) * positions);
  const told = tokenTeller(trained);
  const isText = size === positions && traits.vocabulary !== undefined;
  return answers!.map((answer, at) => {
    const right = own[at]!;
    const isCounted = right !== UNCOUNTED;
    return {
      input: isText ? told(inputs[at]!) : String(at),
      right: isCounted ? told(right) : '',
      said: told(answer.index),
      loss: isCounted ? lossOf(answer, right) : null,
      probability: isCounted ? answer.probabilities[right]! : 0,
    };
  });
}

/** How a class or a token is told: as text where the model knows a tokenizer, by its name, or by its number. */
function tokenTeller({ traits }: TrainedModel): (token: number) => string {
  const { tokenizer, classNames } = traits;
  if (tokenizer) return (token) => decodeTokens(tokenizer, [token]);
  return (token) => classNames?.[token] ?? String(token);
}
