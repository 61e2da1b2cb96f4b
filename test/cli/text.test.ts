// `--text FILE` with the networks that read texts, from training to generation, as a user goes through it with a small text.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { loadModel } from '@lockstep/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { lastEvent, workplace } from './lockstep.js';

const { lockstep, says, path } = workplace();
const SIZES: Readonly<Record<string, readonly string[]>> = {
  gpt: ['--width', '8', '--heads', '2', '--depth', '1', '--tied'],
  lstm: ['--width', '8', '--depth', '2', '--dropout', '0.1'],
};
const TINY = ['--text', 'book.txt', '--context', '8', '--epochs', '1', '--threads', '1'];
const ends: Record<string, { weightsHash: string; testLoss: number }> = {};

beforeAll(async () => {
  const words = Array.from({ length: 300 }, (_, i) => ['a', 'sun'][(i * i) % 3]);
  writeFileSync(path('book.txt'), words.join(' '));
  for (const [model, sizes] of Object.entries(SIZES)) {
    const flags = [...TINY, '--model', model, ...sizes, '--out', model, '--json'];
    const { status, stdout, stderr } = await lockstep('train', ...flags);
    expect(status, stderr).toBe(0);
    ends[model] = lastEvent(stdout) as unknown as (typeof ends)[string];
  }
});

describe.each(Object.keys(SIZES))('%s', (model) => {
  test('is evaluated as it was at the end of its training, with perplexity', async () => {
    const { stdout } = await says(['evaluate', model, '--json', '--threads', '1']);
    const { loss, metrics } = lastEvent(stdout) as unknown as {
      loss: number;
      metrics: { perplexity: number };
    };
    expect(loss).toBe(ends[model]!.testLoss);
    // Of values that are rounded to float32.
    expect(metrics.perplexity / Math.exp(loss)).toBeCloseTo(1, 6);
  });

  test('goes on from a prompt, with the same text for the same seed', async () => {
    const asked = ['generate', model, '--prompt', 'a sun', '--length', '30'];
    const [once, again, other, greedy] = await Promise.all(
      [[], [], ['--seed', '1'], ['--temperature', '0']].map((flags) => says([...asked, ...flags])),
    );
    expect(once!.status, once!.stderr).toBe(0);
    expect(once!.stdout).toMatch(/^a sun[\s\S]{30}\n$/u);
    expect(again!.stdout).toBe(once!.stdout);
    expect(new Set([once, other, greedy].map((said) => said!.stdout)).size).toBe(3);
    const json = await says([...asked, '--temperature', '0', '--seed', '9', '--json']);
    const { prompt, text } = lastEvent(json.stdout) as unknown as { prompt: string; text: string };
    expect(`${prompt}${text}\n`).toBe(greedy!.stdout);
  });

  test('says the same from its file, in a program', async () => {
    const { stdout } = await says(['generate', model, '--prompt', 'sun', '--length', '12']);
    const trained = await loadModel(path(model, 'weights.safetensors'));
    const pieces = [...trained.generate({ prompt: 'sun', length: 12 })];
    expect(`sun${pieces.join('')}\n`).toBe(stdout);
  });

  test('its weights without anything else are a network again with the flags that no tensor says', async () => {
    await says(['export', model, '--to', 'npz', '--out', `${model}.npz`]);
    const heads = model === 'gpt' ? ['--heads', '2'] : [];
    const data = ['--text', 'book.txt', '--context', '8', '--threads', '1', '--json'];
    const bare = await says(['evaluate', `${model}.npz`, '--model', model, ...heads, ...data]);
    const own = await says(['evaluate', `${model}/weights.safetensors`, ...data]);
    const { loss, samples } = lastEvent(own.stdout);
    expect(lastEvent(bare.stdout)).toMatchObject({ loss, samples });
  });
});

test('the run remembers the network and the text, and its file of flags repeats it to the byte', async () => {
  const { origin } = JSON.parse(readFileSync(path('gpt', 'run.json'), 'utf8'));
  expect(origin).toMatchObject({
    ...{
      model: 'gpt',
      network: { width: 8, depth: 1, heads: 2, positions: 'learnt', tied: true, dropout: 0 },
    },
    source: { source: 'text', tokenizer: 'characters', context: 8 },
  });
  const again = ['--config', 'gpt/run.json', '--threads', '1', '--out', 'again', '--json'];
  const { stdout } = await says(['train', ...again]);
  expect(lastEvent(stdout)).toMatchObject({ weightsHash: ends.gpt!.weightsHash });
});

test('a text that is gzip is the same text, and a file evaluates another one as the run does', async () => {
  writeFileSync(path('book.txt.gz'), gzipSync(readFileSync(path('book.txt'))));
  const [gpt, sizes] = ['gpt', SIZES.gpt!];
  const packed = ['--text', 'book.txt.gz', ...TINY.slice(2), '--model', gpt, ...sizes];
  const { stdout } = await says(['train', ...packed, '--out', 'packed', '--json']);
  expect(lastEvent(stdout)).toMatchObject({ weightsHash: ends.gpt!.weightsHash });
  const [run, file] = await Promise.all(
    ['gpt', 'gpt/weights.safetensors'].map((what) =>
      says(['evaluate', what, '--text', 'book.txt.gz', '--threads', '1', '--json']),
    ),
  );
  const { time: _, ...told } = lastEvent(run!.stdout);
  expect(lastEvent(file!.stdout)).toMatchObject(told);
  expect(told.metrics).toMatchObject({ perplexity: expect.any(Number) });
});

test.each<[string, string[], RegExp]>([
  ['another network', ['train', ...TINY], /--text goes with --model lstm or gpt, not with mlp/],
  ['no text', ['train', '--model', 'gpt'], /--model gpt: it needs a text; give --text FILE/],
  [
    'heads that do not divide the width',
    ['train', ...TINY, '--model', 'gpt', '--heads', '3'],
    /128 features cannot be cut into 3 heads/,
  ],
  [
    'normalised tokens',
    ['train', ...TINY, '--model', 'lstm', '--normalize'],
    /--normalize changes numbers, and the samples are tokens/,
  ],
  [
    'other heads in a run that goes on',
    ['train', '--resume', 'gpt', '--heads', '4'],
    /--heads 4 contradicts the run, which has 2/,
  ],
  [
    'a text for a trained network, cut otherwise than its own',
    ['evaluate', 'gpt', '--text', 'book.txt', '--context', '5'],
    /--context 5: texts for this network are cut as its own was, into samples of 8 tokens, 6 characters/,
  ],
  [
    'another tokenizer for weights that learn on',
    ['train', '--init', 'gpt', ...TINY, '--model', 'gpt', '--tokenizer', 'bytes'],
    /--tokenizer bytes: texts for this network are cut as its own was/,
  ],
  [
    'a share of what is evaluated as a whole',
    ['evaluate', 'gpt', '--text', 'book.txt', '--test', '0.5'],
    /--test: all of what --text names is evaluated/,
  ],
  [
    'a file of weights that is asked about no text',
    ['evaluate', 'gpt/weights.safetensors'],
    /weights.safetensors is of a network that reads texts; say on which, with --text FILE/,
  ],
  ['a folder', ['train', '--text', '.', '--model', 'gpt'], /read .*: not a file/],
  ['an empty prompt', ['generate', 'gpt', '--prompt', ''], /--prompt: it is empty/],
  ['none of the most probable', ['generate', 'gpt', '--top-k', '0'], /'--top-k <k>'/],
  ['a temperature below 0', ['generate', 'gpt', '--temperature', '-1'], /'--temperature <x>'/],
  ['a question of one answer', ['predict', 'gpt', 'book.txt'], /predict: it is a language model/],
])('%s is refused', async (_, args, message) => {
  const { status, stderr } = await says(args);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
});
