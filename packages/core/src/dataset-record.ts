// What run.json and files of trained models remember of the training data, so that other data can be compared with it: its
// layout and its classes, and no sample of it.
// Invariant: what comes back from a file is checked completely. A file of before there was such a record has none.
import { type DatasetTraits, traitsOf } from './dataset-traits.js';
import { ConfigError } from './errors.js';
import { validateParts } from './parts.js';
import { validatePictureRule } from './picture-rule.js';
import { validatePreparation } from './preparation/validate.js';
import { validateTokenizer } from './text/validate.js';
import { MAX_VOCABULARY } from './tokens.js';

/** As JSON keeps it. */
export type DatasetRecord = Omit<DatasetTraits, 'classes' | 'classNames'> & {
  readonly classes: number | null;
  readonly classNames: readonly string[] | null;
};

export function recordTraits(data: DatasetTraits): DatasetRecord {
  const { inputShape, inputDivisor, targetShape, classes, classNames, ...rest } = traitsOf(data);
  const { inputNames, preparation, pictures, inputParts, targetParts, tokenizer, vocabulary } =
    rest;
  return {
    ...{ inputShape, inputDivisor, targetShape },
    ...{ classes: classes ?? null, classNames: classNames ?? null },
    ...(vocabulary !== undefined && { vocabulary }),
    ...(inputNames && { inputNames }),
    ...(preparation && { preparation }),
    ...(pictures && { pictures }),
    ...(inputParts && { inputParts }),
    ...(targetParts && { targetParts }),
    ...(tokenizer && { tokenizer }),
  };
}

/**
 * @param json an object that may have a record's fields among others
 * @param what the file, for errors
 * @returns undefined if it has none of them
 * @throws ConfigError if it has some and they are not what `recordTraits` gives
 */
export function readTraits(json: object, what: string): DatasetTraits | undefined {
  const record = json as Partial<DatasetRecord>;
  const { inputShape, inputDivisor, targetShape, classes, classNames, inputNames, pictures } =
    record;
  if ([inputShape, inputDivisor, targetShape, classes].every((value) => value === undefined)) {
    return undefined;
  }
  const refuse = (field: keyof DatasetRecord): never => {
    throw new ConfigError(
      `${what}: ${field} of the dataset is ${JSON.stringify(record[field])}, which no dataset has; was the file edited?`,
    );
  };
  if (!isShape(inputShape)) return refuse('inputShape');
  if (!isShape(targetShape)) return refuse('targetShape');
  if (!(typeof inputDivisor === 'number' && inputDivisor > 0)) return refuse('inputDivisor');
  if (classes !== null && !isSize(classes)) return refuse('classes');
  if (classNames !== null && !(isTexts(classNames) && classNames.length === classes)) {
    return refuse('classNames');
  }
  if (inputNames !== undefined && !isTexts(inputNames)) return refuse('inputNames');
  const { inputParts, targetParts, vocabulary } = record;
  if (vocabulary !== undefined && !(isSize(vocabulary) && vocabulary <= MAX_VOCABULARY)) {
    return refuse('vocabulary');
  }
  const preparation =
    record.preparation === undefined
      ? undefined
      : validatePreparation(record.preparation, `${what}: the preparation of the dataset`);
  return {
    ...{ inputShape, inputDivisor, targetShape, classes: classes ?? undefined },
    ...(vocabulary !== undefined && { vocabulary }),
    ...(classNames && { classNames }),
    ...(inputNames && { inputNames }),
    ...(preparation && { preparation }),
    ...(pictures !== undefined && { pictures: validatePictureRule(what, pictures, inputShape) }),
    ...(inputParts !== undefined && {
      inputParts: validateParts(`${what}: inputParts`, inputParts, inputShape),
    }),
    ...(targetParts !== undefined && {
      targetParts: validateParts(`${what}: targetParts`, targetParts, targetShape),
    }),
    ...(record.tokenizer !== undefined && {
      tokenizer: validateTokenizer(record.tokenizer, `${what}: the tokenizer of the dataset`),
    }),
  };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
