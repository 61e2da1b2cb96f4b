// A text as samples of a language model: windows of tokens, and at each position the token that comes next.
// Invariant: parts are stretches of the text, one behind the other, and share no byte; what is learnt of it, the tokenizer, is
// learnt from the training part alone, and is carried by every part.
import {
  ConfigError,
  DataError,
  type Dataset,
  encodeText,
  type Tokenizer,
  type Tokens,
  vocabularyOf,
} from '@lockstep/core';
import { textBytes } from '@lockstep/core/internal';
import { checkOptions, requireInteger, requireNumber, requireText } from '@lockstep/errors';
import { copyWindows } from '../series/copy-windows.js';
import { learnTokenizer, type TokenizerChoice } from './learn-tokenizer.js';

/** What `textDataset` takes. */
export interface TextOptions {
  /** `characters` unless given. */
  readonly tokenizer?: TokenizerChoice;
  /** Tokens that a sample sees: the model's [N, context]. */
  readonly context: number;
  /** Tokens from one sample to the next. As `context` unless given: samples side by side. */
  readonly stride?: number;
  /** The share of the text, in (0, 1), that is kept for testing: its end. */
  readonly test?: number;
  /** The same for validation: what comes before that. */
  readonly validation?: number;
  /** `text` unless given. */
  readonly name?: string;
}

/** A part for each share that was asked for, and the rest in `train`. */
export type TextParts<O extends TextOptions> = {
  readonly train: Dataset;
} & (O extends { readonly validation: number } ? { readonly validation: Dataset } : unknown) &
  (O extends { readonly test: number } ? { readonly test: Dataset } : unknown);

/**
 * Sample i of a part sees its tokens [i × stride, i × stride + context) and is to tell, at each position, the one behind it.
 * Tokens at a part's end that make no whole sample are left out.
 *
 * @param text or its bytes; a part ends where a character of UTF-8 does
 * @returns the datasets, inputs [context] and labels [context] of as many classes as there are tokens, and the tokenizer
 * @throws ConfigError if an option is out of range; DataError if a part is too short for one sample, or characters are asked for
 *   of what is not UTF-8
 */
export function textDataset<const O extends TextOptions>(
  text: string | Uint8Array,
  options: O,
): { readonly data: TextParts<O>; readonly tokenizer: Tokenizer } {
  checkOptions('textDataset', options as TextOptions, {
    ...{ tokenizer: true, context: true, stride: true, test: true, validation: true, name: true },
  });
  const { context, stride = context, name = 'text' } = options as TextOptions;
  requireInteger('textDataset', 'context', context, 1);
  requireInteger('textDataset', 'stride', stride, 1);
  requireText('textDataset', 'name', name);
  const bytes = textBytes('textDataset', text);
  const parts = cut(bytes, options);
  const tokenizer = learnTokenizer(parts.train!, options.tokenizer ?? 'characters');
  const datasets = Object.entries(parts).map(([part, its]): [string, Dataset] => {
    const tokens = encodeText(tokenizer, its);
    const what = Object.keys(parts).length === 1 ? 'the text' : `the ${part} part`;
    return [part, samplesOf(tokens, tokenizer, { what, context, stride, name })];
  });
  return { data: Object.fromEntries(datasets) as TextParts<O>, tokenizer };
}

/** In order: training, validation, test. */
function cut(bytes: Uint8Array, options: TextOptions): Readonly<Record<string, Uint8Array>> {
  const names = (['validation', 'test'] as const).filter((name) => options[name] !== undefined);
  for (const name of names)
    requireNumber('textDataset', name, options[name], { above: 0, below: 1 });
  const shares = names.map((name) => options[name]!);
  const kept = 1 - shares.reduce((a, b) => a + b, 0);
  if (!(kept > 0)) {
    throw new ConfigError(
      `textDataset: ${names.join(' and ')} leave nothing of the text for training`,
    );
  }
  const parts: Record<string, Uint8Array> = {};
  let start = 0;
  let share = 0;
  for (const [i, part] of ['train', ...names].entries()) {
    share += i === 0 ? kept : shares[i - 1]!;
    const end =
      i === names.length ? bytes.length : characterStart(bytes, Math.round(share * bytes.length));
    parts[part] = bytes.subarray(start, end);
    start = end;
  }
  return parts;
}

/** At `at`, or before it where a character of UTF-8 lies across it. */
function characterStart(bytes: Uint8Array, at: number): number {
  const isInside = (place: number): boolean => (bytes[place]! & 0xc0) === 0x80;
  for (let place = at; place > Math.max(0, at - 4); place--) if (!isInside(place)) return place;
  return at;
}

function samplesOf(
  tokens: Tokens,
  tokenizer: Tokenizer,
  { what, context, stride, name }: { what: string; context: number; stride: number; name: string },
): Dataset {
  const windows = Math.floor((tokens.length - context - 1) / stride) + 1;
  if (windows < 1) {
    throw new DataError(
      `textDataset: ${what} has ${tokens.length} token${tokens.length === 1 ? '' : 's'}, a sample takes ${context + 1} (context ${context}, and the token behind it); take a longer text${what === 'the text' ? '' : ', a larger share for this part'}, or a smaller context`,
    );
  }
  const plan = { windows, length: context, stride, width: 1 };
  const vocabulary = vocabularyOf(tokenizer);
  const all = tokens instanceof Int32Array ? tokens : Int32Array.from(tokens);
  return {
    ...{ name, samples: windows, inputShape: [context], inputDivisor: 1, vocabulary, tokenizer },
    inputs: copyWindows(tokens, { ...plan, first: 0 }) as Dataset['inputs'],
    ...{ targetShape: [context], classes: vocabulary },
    targets: copyWindows(all, { ...plan, first: 1 }),
  };
}
