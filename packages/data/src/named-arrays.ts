// Inputs and targets by name, from numbers in memory: each sample's become one row, and the dataset says what it is made of.
import {
  DataError,
  type Dataset,
  type NamedInputs,
  type NamedPart,
  type NumberSource,
} from '@lockstep/core';
import {
  isPartName,
  joinInputs,
  partsSize,
  product,
  shapeOfSamples,
  toFloats,
  toInputs,
  toLabels,
} from '@lockstep/core/internal';
import { describeValue } from '@lockstep/errors';
import { sharedFloat32, toShared } from './shared.js';

/** What holds for all names, or for each by its own. */
export type ByName<T> = T | Readonly<Record<string, T>>;

type Labels = NumberSource;

/** Whether it is something for each name, rather than a list or a number for all. */
export function isByName<T>(value: ByName<T> | undefined): value is Readonly<Record<string, T>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value)
  );
}

/** That of a name. @throws DataError if there is something for all where each name needs its own */
function ofName<T>(option: string, value: ByName<T> | undefined, name: string): T | undefined {
  if (value === undefined) return undefined;
  if (isByName<T>(value)) return value[name];
  throw new DataError(
    `fromArrays: ${option} is for one list of numbers; with names expected { ${name}: … }`,
  );
}

function checkNames(option: string, given: object): string[] {
  const names = Object.keys(given);
  if (names.length === 0) throw new DataError(`fromArrays: ${option} is an object without names`);
  const odd = names.find((name) => !isPartName(name));
  if (odd === undefined) return names;
  throw new DataError(
    `fromArrays: ${describeValue(odd)} is no name of ${option}; expected letters, digits, _ and -, a letter first`,
  );
}

/** @throws DataError or ConfigError naming the input that is not as it should be */
export function namedInputs(
  inputs: NamedInputs,
  shapes: ByName<readonly number[]> | undefined,
  divisors: ByName<number> = 1,
): Pick<Dataset, 'samples' | 'inputs' | 'inputShape' | 'inputDivisor' | 'inputParts'> {
  const names = checkNames('inputs', inputs);
  const ofPart = (name: string): number =>
    isByName<number>(divisors) ? (divisors[name] ?? 1) : divisors;
  const parts = names.map((name): NamedPart => {
    const shape = ofName('inputShape', shapes, name) ?? shapeOfSamples(inputs[name]!);
    if (shape) return { name, shape: [...shape] };
    throw new DataError(
      `fromArrays: inputShape: { ${name}: … } is needed where an input is not rows: the shape of one sample`,
    );
  });
  const all = names.map(ofPart);
  const isOneDivisor = all.every((divisor) => divisor === all[0]);
  const areBytes = parts.every(
    ({ name, shape }) =>
      toInputs(inputs[name]!, { what: `fromArrays: "${name}"`, value: 'input', shape }) instanceof
      Uint8Array,
  );
  // Bytes of different scales, or beside other numbers, are divided now; a row has one kind of numbers, and one divisor.
  const staysBytes = areBytes && isOneDivisor;
  const made = staysBytes
    ? parts
    : parts.map((part, i) => (all[i] === 1 ? part : { ...part, divisor: all[i]! }));
  const row = joinInputs('fromArrays', made, inputs, staysBytes);
  return {
    ...{ samples: row.samples, inputs: toShared(row.inputs), inputShape: [partsSize(parts)] },
    ...{ inputDivisor: staysBytes ? all[0]! : 1, inputParts: made },
  };
}

export interface NamedTargetOptions {
  readonly labels?: ByName<Labels> | undefined;
  readonly classes?: ByName<number> | undefined;
  readonly classNames?: ByName<readonly string[]> | undefined;
  readonly targets?: ByName<NumberSource> | undefined;
  readonly targetShape?: ByName<readonly number[]> | undefined;
}

interface Target {
  readonly part: NamedPart;
  /** [samples, size]. */
  readonly values: Float32Array;
}

/** @throws DataError naming the target that is not as it should be */
export function namedTargets(
  options: NamedTargetOptions,
  samples: number,
): Pick<Dataset, 'targets' | 'targetShape' | 'classes' | 'targetParts'> {
  const { labels, targets } = options;
  for (const [option, given] of Object.entries({ labels, targets })) {
    if (given === undefined || isByName(given)) continue;
    throw new DataError(
      `fromArrays: ${option} are one list, and others have names; give { name: … } for each`,
    );
  }
  const ofLabels = Object.entries((labels ?? {}) as Readonly<Record<string, Labels>>);
  const ofValues = Object.entries((targets ?? {}) as Readonly<Record<string, NumberSource>>);
  const names = [...ofLabels, ...ofValues].map(([name]) => name);
  checkNames('labels and targets', Object.fromEntries(names.map((name) => [name, true])));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new DataError(`fromArrays: "${twice}" has labels and targets; expected either`);
  }
  const all = [
    ...ofLabels.map(([name, list]) => oneHotTarget(name, list, options, samples)),
    ...ofValues.map(([name, list]) => valueTarget(name, list, options, samples)),
  ];
  const parts = all.map(({ part }) => part);
  const size = partsSize(parts);
  const row = sharedFloat32(samples * size);
  let start = 0;
  for (const { part, values } of all) {
    const width = product(part.shape);
    for (let sample = 0; sample < samples; sample++) {
      row.set(values.subarray(sample * width, (sample + 1) * width), sample * size + start);
    }
    start += width;
  }
  return { targets: row, targetShape: [size], classes: undefined, targetParts: parts };
}

function oneHotTarget(
  name: string,
  list: Labels,
  options: NamedTargetOptions,
  samples: number,
): Target {
  const classNames = ofName('classNames', options.classNames, name);
  const given = ofName('classes', options.classes, name) ?? classNames?.length;
  const place = { what: `fromArrays: "${name}"`, value: 'label', shape: [], samples };
  const labels = toLabels(list, place, given);
  const classes = given ?? labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const values = new Float32Array(samples * classes);
  for (const [sample, label] of labels.entries()) values[sample * classes + label] = 1;
  const part = { name, shape: [classes], ...(classNames && { classNames: [...classNames] }) };
  return { part, values };
}

function valueTarget(
  name: string,
  list: NumberSource,
  options: NamedTargetOptions,
  samples: number,
): Target {
  const flat = [Math.ceil((list?.length ?? 0) / samples) || 1];
  const shape = [
    ...(ofName('targetShape', options.targetShape, name) ?? shapeOfSamples(list) ?? flat),
  ];
  const place = { what: `fromArrays: "${name}"`, value: 'target', shape, samples };
  return { part: { name, shape }, values: toFloats(list, place) };
}
