import { ConfigError, DataError, decodeTokens } from '@lockstep/core';
import { expect, test } from 'vitest';
import { textDataset } from './text-dataset.js';

const decoder = new TextDecoder();

test('a sample sees a window, and is to tell at each position what comes next', () => {
  const { data, tokenizer } = textDataset('hello world', { context: 4 });
  expect(tokenizer).toEqual({ kind: 'characters', characters: ' dehlorw' });
  const { train } = data;
  expect(train).toMatchObject({
    ...{ samples: 2, inputShape: [4], targetShape: [4], classes: 9, vocabulary: 9 },
  });
  expect(decodeTokens(tokenizer, train.inputs)).toBe('hello wo');
  expect(decodeTokens(tokenizer, train.targets)).toBe('ello wor');
  const dense = textDataset('hello world', { context: 4, stride: 1 }).data.train;
  expect([dense.samples, decodeTokens(tokenizer, dense.inputs.subarray(4, 8))]).toEqual([
    7,
    'ello',
  ]);
});

test('parts are stretches of the text in order, cut between characters; the training part alone is learnt from', () => {
  const text = 'a'.repeat(79) + 'é'.repeat(10) + 'z'.repeat(21);
  const { data, tokenizer } = textDataset(text, { context: 1, validation: 0.25, test: 0.1 });
  // 120 bytes: training ends at 78, validation at 108.
  expect(tokenizer).toEqual({ kind: 'characters', characters: 'a' });
  expect(data.train.samples).toBe(77);
  expect([...data.validation.inputs.subarray(0, 3)]).toEqual([1, 0, 0]);
  expect([data.validation.samples, data.test.samples]).toEqual([19, 11]);
  const cut = textDataset('éééé', { context: 1, test: 0.4, tokenizer: 'bytes' }).data;
  expect([decoder.decode(cut.train.inputs as Uint8Array), cut.train.samples]).toEqual([
    'é\ufffd',
    3,
  ]);
});

test('another text is cut with the tokenizer that was learnt', () => {
  const { tokenizer } = textDataset('the the the the', { context: 2, tokenizer: { bpe: 300 } });
  const { data } = textDataset('the cat', { context: 2, tokenizer });
  expect(data.train).toMatchObject({ samples: 2, classes: 259, tokenizer });
  expect(decodeTokens(tokenizer, data.train.inputs)).toBe('the ca');
});

test('what is too short or makes no parts is refused', () => {
  expect(() => textDataset('abc', { context: 3 })).toThrow(
    'textDataset: the text has 3 tokens, a sample takes 4 (context 3, and the token behind it); take a longer text, or a smaller context',
  );
  expect(() => textDataset('abcdefgh', { context: 3, test: 0.1 })).toThrow(
    /the test part has 1 token, .* take a longer text, a larger share for this part, or a smaller context/,
  );
  expect(() => textDataset('abcdef', { context: 1, test: 0.5, validation: 0.5 })).toThrow(
    ConfigError,
  );
  expect(() => textDataset('', { context: 1 })).toThrow(DataError);
  expect(() => textDataset(5 as never, { context: 1 })).toThrow('the text is 5; expected');
});
