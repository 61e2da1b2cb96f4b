// `--text FILE`: a text becomes training and test samples of a language model: windows of tokens, its end for testing.
// What is learnt of it, the tokenizer, is learnt from the training part and kept with the run; where a trained network is asked
// about a text, or learns on from it, the text is cut as its own was.
import { basename, resolve } from 'node:path';
import { type DatasetTraits, type Tokenizer, vocabularyOf } from '@lockstep/core';
import { type DatasetPair, readText, textDataset } from '@lockstep/data';
import { type Command, Option } from 'commander';
import { UsageError } from '../errors.js';
import { wholeNumber } from '../option-values.js';
import { formatCount } from '../wording.js';
import { readingFile } from './reading-file.js';
import type { DataSource, LoadContext, SourceSpec } from './source.js';

const TOKENIZERS = ['bytes', 'characters', 'bpe'] as const;
type TokenizerName = (typeof TOKENIZERS)[number];

interface TextFlags {
  readonly text: string;
  readonly tokenizer: TokenizerName;
  readonly vocabulary?: number;
  readonly context: number;
  readonly stride?: number;
  /** Shared with tables, which add it. */
  readonly test?: number;
}

/** What of a text is kept for testing unless somebody says it: its last tenth. */
const DEFAULT_TEST = 0.1;
const DEFAULT_CONTEXT = 128;
const DEFAULT_BPE = 512;
const MAX_CONTEXT = 1 << 16;
const MAX_BPE = 1 << 16;

export const textSource: DataSource<TextFlags> = {
  flag: 'text',
  places: ['text'],
  flags: ['text', 'tokenizer', 'vocabulary', 'context', 'stride', 'test'],

  addOptions(command: Command): void {
    command
      .option(
        '--text <file>',
        `a text, plain or .gz, for a language model; its end is for testing (--test, default: ${DEFAULT_TEST})`,
      )
      .addOption(
        new Option('--tokenizer <name>', 'how it is cut: bpe learns frequent parts of words')
          .choices(TOKENIZERS)
          .default('characters'),
      )
      .option(
        '--vocabulary <n>',
        `tokens of --tokenizer bpe, from 257 (default: ${DEFAULT_BPE})`,
        wholeNumber(257, MAX_BPE),
      )
      .option('--context <n>', 'tokens of a sample', wholeNumber(1, MAX_CONTEXT), DEFAULT_CONTEXT)
      .option(
        '--stride <n>',
        'tokens from one sample to the next (default: as --context)',
        wholeNumber(1, MAX_CONTEXT),
      );
  },

  specOf({ flags, isGiven }): SourceSpec {
    const { text, tokenizer, vocabulary, context, stride, test } = flags;
    if (vocabulary !== undefined && tokenizer !== 'bpe') {
      throw new UsageError(
        `--vocabulary goes with --tokenizer bpe; ${isGiven('tokenizer') ? tokenizer : 'characters'} have as many tokens as there are`,
      );
    }
    if (test !== undefined && !(test < 1)) {
      throw new UsageError(
        `--test ${test}: of a text a share is kept, its end; expected a number below 1, such as 0.1`,
      );
    }
    return {
      ...{ source: 'text', text: resolve(text), tokenizer, context },
      ...(tokenizer === 'bpe' && { vocabulary: vocabulary ?? DEFAULT_BPE }),
      ...(stride !== undefined && { stride }),
      ...(test !== undefined && { test }),
    };
  },

  nameOf: ({ text }) => basename(String(text)).replace(/(\.\w+?)?(\.gz)?$/i, '') || 'text',

  async load(given, { signal, trainedOn, isWhole, isGiven }): Promise<DatasetPair> {
    const spec = checked(given);
    const { text: file, stride, test = DEFAULT_TEST } = spec;
    const known = trainedOn && cutAs(trainedOn, spec, isGiven);
    const bytes = await readBytes(file, signal);
    const cut = known ?? {
      context: spec.context,
      tokenizer: spec.tokenizer === 'bpe' ? { bpe: spec.vocabulary! } : spec.tokenizer,
    };
    const options = { ...cut, ...(stride !== undefined && { stride }) };
    if (isWhole) {
      const { train: all } = textDataset(bytes, options).data;
      return { train: all, test: all, source: file };
    }
    const { data, tokenizer } = textDataset(bytes, { ...options, test });
    const samples = [data.train, data.test].map((part) => part.samples.toLocaleString('en'));
    return {
      ...data,
      source: file,
      notes: [
        `${described(tokenizer)}; samples of ${cut.context} tokens, ${samples[0]} to train on, ${samples[1]} of the text's end for testing`,
      ],
    };
  },
};

/**
 * What a network has been trained on says how another text is cut for it.
 *
 * @throws UsageError if it was no text, or a flag that somebody gave says something else
 */
function cutAs(
  { tokenizer, inputShape }: DatasetTraits,
  spec: TextFlags,
  isGiven: LoadContext['isGiven'] = () => false,
) {
  if (!tokenizer) {
    throw new UsageError(
      `--text ${spec.text}: the network was not trained on a text, so nothing says how this one is cut`,
    );
  }
  const context = inputShape[0]!;
  const tokens = vocabularyOf(tokenizer);
  const contradicts: Readonly<Record<string, boolean>> = {
    tokenizer: spec.tokenizer !== tokenizer.kind,
    // Pairs that occur once are not merged: what was asked for may have come to less.
    vocabulary: spec.vocabulary !== undefined && spec.vocabulary < tokens,
    context: spec.context !== context,
  };
  const flag = Object.keys(contradicts).find((name) => contradicts[name] && isGiven(name));
  if (flag === undefined) return { tokenizer, context };
  throw new UsageError(
    `--${flag} ${spec[flag as keyof TextFlags]}: texts for this network are cut as its own was, into samples of ${context} tokens, ${described(tokenizer)}; leave the flag out, or train a network anew`,
  );
}

function described(tokenizer: Tokenizer): string {
  const tokens = formatCount(vocabularyOf(tokenizer));
  const kind = { bytes: 'bytes', characters: 'characters', bpe: 'byte-pair tokens' };
  return `${tokens} ${kind[tokenizer.kind]}`;
}

function readBytes(file: string, signal: AbortSignal): Promise<Uint8Array> {
  return readingFile('--text', file, 'a text, plain or .gz', readText(file, { signal }));
}

/** @throws UsageError if run.json does not hold what `specOf` gives */
function checked(spec: SourceSpec): TextFlags {
  const { text, tokenizer, vocabulary, context, stride, test } = spec;
  const isWhole = (value: unknown, least: number, most: number): boolean =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  const isSpec =
    typeof text === 'string' &&
    TOKENIZERS.some((name) => name === tokenizer) &&
    (tokenizer === 'bpe' ? isWhole(vocabulary, 257, MAX_BPE) : vocabulary === undefined) &&
    isWhole(context, 1, MAX_CONTEXT) &&
    (stride === undefined || isWhole(stride, 1, MAX_CONTEXT)) &&
    (test === undefined || (typeof test === 'number' && test > 0 && test < 1));
  if (isSpec) return spec as unknown as TextFlags;
  throw new UsageError('run.json does not say which text the run was trained on; was it edited?');
}
