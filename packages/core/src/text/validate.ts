// A tokenizer from outside: a file's metadata, run.json, a page's storage.
// Invariant: what comes out is complete and consistent, and holds nothing else; no token of it is longer than a piece of text.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { isRecord } from '../record.js';
import { MAX_PIECE } from './pieces.js';
import { BYTES, pairKey, type Tokenizer, UNKNOWN } from './tokenizer.js';

/** Tokens that a vocabulary may have. */
export const MAX_VOCABULARY = 1 << 16;

/**
 * @param value JSON, from a file that may be anything
 * @param operation for errors
 * @throws ConfigError that names the field that is not what a tokenizer has
 */
export function validateTokenizer(value: unknown, operation = 'tokenizer'): Tokenizer {
  if (!isRecord(value)) {
    throw new ConfigError(
      `${operation}: expected an object with a kind, got ${describeValue(value)}`,
    );
  }
  const { kind } = value;
  const field = kind === 'characters' ? 'characters' : kind === 'bpe' ? 'merges' : undefined;
  if (field === undefined && kind !== 'bytes') throw refusal(operation, 'kind', kind);
  const stray = Object.keys(value).find((key) => key !== 'kind' && key !== field);
  if (stray !== undefined) throw new ConfigError(`${operation}: unknown field "${stray}"`);
  if (kind === 'characters') {
    return { kind, characters: charactersIn(value.characters, operation) };
  }
  if (kind === 'bpe') return { kind, merges: mergesIn(value.merges, operation) };
  return { kind: 'bytes' };
}

/** Whether two tokenizers give every text the same tokens. */
export function sameTokenizer(a: Tokenizer, b: Tokenizer): boolean {
  return a === b || JSON.stringify(validateTokenizer(a)) === JSON.stringify(validateTokenizer(b));
}

function charactersIn(value: unknown, operation: string): string {
  if (typeof value !== 'string') throw refusal(operation, 'characters', value);
  const points = Array.from(value, (one) => one.codePointAt(0)!);
  const isList =
    points.length < MAX_VOCABULARY &&
    points.every((point, i) => i === 0 || point > points[i - 1]!) &&
    !points.some(
      (point) => (point >= 0xd800 && point <= 0xdfff) || point === UNKNOWN.codePointAt(0),
    );
  if (isList) return value;
  throw new ConfigError(
    `${operation}: characters are not different ones in the order of their code points; was the file edited?`,
  );
}

function mergesIn(value: unknown, operation: string): (readonly [number, number])[] {
  if (!Array.isArray(value) || value.length > MAX_VOCABULARY - BYTES) {
    throw refusal(operation, 'merges', value);
  }
  const lengths: number[] = new Array(BYTES).fill(1);
  const known = new Set<number>();
  return value.map((pair: unknown, i): readonly [number, number] => {
    const [left, right] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    const isToken = (token: unknown): boolean =>
      Number.isInteger(token) && (token as number) >= 0 && (token as number) < BYTES + i;
    if (!isToken(left) || !isToken(right)) throw refusal(operation, `merges[${i}]`, pair);
    const length = lengths[left]! + lengths[right]!;
    const key = pairKey(left, right);
    if (length > MAX_PIECE || known.has(key)) throw refusal(operation, `merges[${i}]`, pair);
    lengths.push(length);
    known.add(key);
    return [left + 0, right + 0];
  });
}

function refusal(operation: string, name: string, value: unknown): ConfigError {
  return new ConfigError(
    `${operation}: ${name} is ${Array.isArray(value) ? JSON.stringify(value).slice(0, 60) : describeValue(value)}, which no tokenizer has; was the file edited?`,
  );
}
