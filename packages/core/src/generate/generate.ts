// A sequence that goes on: the network tells what may come next, one token is taken, and so again.
// Invariant: what comes is a function of network, prompt and options alone, the same on every machine: token number p of the
// sequence is drawn by the random number at (seed, stream, p).
// Not here: how scores are computed (next-scores.ts).
import {
  checkOptions,
  describeValue,
  type OptionNames,
  requireInteger,
  requireNumber,
} from '@lockstep/errors';
import { ConfigError, DataError } from '../errors.js';
import { PhiloxSequence } from '../random/philox.js';
import { STREAM } from '../random/streams.js';
import { tokenDecoder } from '../text/decode.js';
import { encodeText } from '../text/encode.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { chooseToken } from './choose-token.js';
import type { LanguageModel } from './language-model.js';
import type { NextScores } from './next-scores.js';

/** How a language model goes on: how long, and how it draws. */
export interface GenerateOptions {
  /** Tokens that are to come. 256 unless given. */
  readonly length?: number | undefined;
  /** Above 1 more daring, below 1 more careful; 0 always takes the most probable token. 1 unless given. */
  readonly temperature?: number | undefined;
  /** One of so many of the most probable tokens is drawn. All unless given. */
  readonly topK?: number | undefined;
  /** An integer in [0, 2^53); 0 unless given. */
  readonly seed?: number | undefined;
  /**
   * A sequence that is longer than the model's context is seen from a later token on: by how many it is moved on at once. 1
   * unless given: the model always sees as much as it can, and computes all of it anew for each token. More is faster.
   */
  readonly slide?: number | undefined;
}

/** What `generate` of a trained model takes. */
export interface TextGenerateOptions extends GenerateOptions {
  /** What the text goes on from. A line's end unless given. */
  readonly prompt?: string | undefined;
}

/** What `generateTokens` of a trained model takes. */
export interface TokenGenerateOptions extends GenerateOptions {
  /** What the sequence goes on from; at least one token. */
  readonly prompt: ArrayLike<number>;
}

export const GENERATE_OPTIONS: OptionNames<TokenGenerateOptions> = {
  ...{ prompt: true, length: true, temperature: true, topK: true, seed: true, slide: true },
};

/**
 * @param scores is asked for when the first token is
 * @throws ConfigError or DataError at once if an option is out of range or the prompt is no tokens; DataError later if a score
 *   is no finite number
 */
export function generateTokens(
  operation: string,
  model: LanguageModel,
  scores: (slide: number) => NextScores,
  options: TokenGenerateOptions,
): Generator<number, void, undefined> {
  checkOptions(operation, options, GENERATE_OPTIONS);
  const { context, vocabulary } = model;
  const { length = 256, temperature = 1, topK = vocabulary, seed = 0, slide = 1 } = options;
  requireInteger(operation, 'length', length, 0);
  requireNumber(operation, 'temperature', temperature, { min: 0 });
  requireInteger(operation, 'topK', topK, 1);
  requireInteger(operation, 'seed', seed, 0);
  requireInteger(operation, 'slide', slide, 1, context);
  const tokens = promptTokens(operation, options.prompt, vocabulary);
  return goOn();

  function* goOn(): Generator<number, void, undefined> {
    const network = scores(slide);
    for (let i = 0; i < length; i++) {
      const place = tokens.length;
      const next = network.after(tokens, firstSeen(place, context, slide));
      const bad = next.findIndex((score) => !Number.isFinite(score));
      if (bad >= 0) {
        throw new DataError(
          `${operation}: behind ${place} tokens the network gives token ${bad} the score ${next[bad]}; its numbers are no longer finite`,
        );
      }
      const drawn = new PhiloxSequence(seed, STREAM.generate, place).nextDouble();
      const token = chooseToken(next, { temperature, topK }, drawn);
      tokens.push(token);
      yield token;
    }
  }
}

/** The same as text, of which each piece is told as soon as its characters are whole. */
export function generateText(
  operation: string,
  model: LanguageModel,
  tokenizer: Tokenizer,
  scores: (slide: number) => NextScores,
  options: TextGenerateOptions,
): Generator<string, void, undefined> {
  checkOptions(operation, options, GENERATE_OPTIONS);
  const { prompt = '\n' } = options;
  if (typeof prompt !== 'string') {
    throw new ConfigError(
      `${operation}: prompt is ${describeValue(prompt)}, expected a text; generateTokens takes tokens`,
    );
  }
  const tokens = encodeText(tokenizer, prompt);
  const generated = generateTokens(operation, model, scores, { ...options, prompt: tokens });
  return decoded();

  function* decoded(): Generator<string, void, undefined> {
    const decoder = tokenDecoder(tokenizer);
    for (const token of generated) {
      const text = decoder.push(token);
      if (text !== '') yield text;
    }
    const rest = decoder.end();
    if (rest !== '') yield rest;
  }
}

/** The first token that is seen of so many: at most `context` are, and the beginning moves on by `slide`. */
export function firstSeen(length: number, context: number, slide: number): number {
  const over = length - context;
  return over <= 0 ? 0 : Math.min(length - 1, Math.ceil(over / slide) * slide);
}

function promptTokens(operation: string, prompt: unknown, vocabulary: number): number[] {
  const isList = typeof prompt === 'object' && prompt !== null && 'length' in prompt;
  const tokens = isList ? Array.from(prompt as ArrayLike<number>) : [];
  if (tokens.length === 0) {
    throw new ConfigError(
      `${operation}: the prompt is ${isList ? 'empty' : describeValue(prompt)}; expected at least one token to go on from`,
    );
  }
  const bad = tokens.findIndex(
    (token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary),
  );
  if (bad < 0) return tokens;
  throw new DataError(
    `${operation}: token ${bad} of the prompt is ${describeValue(tokens[bad])}; expected a whole number from 0 to ${vocabulary - 1}`,
  );
}
