// `lockstep predict` and `lockstep serve`: runs are asked about pictures, tables and IDX files, by the command.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { adam, crossEntropy, embedding, fit, flatten, linear, sequential } from '@lockstep/core';
import { fromArrays } from '@lockstep/data';
import { loadModel, saveModel, train } from '@lockstep/trainer';
import { beforeAll, describe, expect, test } from 'vitest';
import { idx } from './idx.js';
import { workplace } from './lockstep.js';

const { path, says, lockstep, start } = workplace();

/** A PNG of the golden pictures, and what Pillow has of it. */
const golden = JSON.parse(
  readFileSync(new URL('../golden/pictures.json', import.meta.url), 'utf8'),
) as { files: Record<string, { file: string }> };
const picture = (name: string): Buffer => Buffer.from(golden.files[name]!.file, 'base64');

beforeAll(async () => {
  for (const part of ['train', 'test']) {
    for (const [name, of] of [
      ['plain', 'colours 8 bits'],
      ['stripes', 'palette 4 bits'],
    ] as const) {
      mkdirSync(path('pictures', part, name), { recursive: true });
      for (let i = 0; i < 4; i++)
        writeFileSync(path('pictures', part, name, `${i}.png`), picture(of));
    }
  }
  const inputs = Array.from({ length: 40 }, (_, i) => [i % 5, i % 7, i % 3]);
  const labels = inputs.map(([a, b]) => (a! > b! ? 1 : 0));
  const data = fromArrays({ inputs, labels, classNames: ['low', 'high'] });
  const model = sequential(flatten(), linear(3, 2));
  const named = { ...data, inputNames: ['a', 'b', 'c'] };
  await train({
    ...{
      model,
      data: { train: named },
      loss: crossEntropy(),
      optimizer: adam({ learningRate: 0.1 }),
    },
    ...{ epochs: 10, batchSize: 8, out: path('numbers') },
  }).result();
  writeFileSync(path('rows.csv'), 'c,b,a\n0,1,4\n1,6,0\n');
  writeFileSync(path('plain.csv'), '4,1,0\n0,6,1\n');
});

test('a model of labels by position tells the class at each', async () => {
  const inputs = [
    [0, 1, 2],
    [2, 2, 1],
  ];
  const labels = inputs.map((tokens) => tokens.map((token) => (token === 2 ? 1 : 0)));
  const { trained } = fit({
    data: fromArrays({ inputs, vocabulary: 3, labels, classNames: ['word', 'end'] }),
    model: sequential(embedding(3, 4), linear(4, 2)),
    loss: crossEntropy(),
    optimizer: adam({ learningRate: 0.1 }),
    ...{ epochs: 20, batchSize: 2 },
  });
  await saveModel(path('tagger.safetensors'), trained);
  writeFileSync(path('tokens.csv'), '2,0,1\n');
  const asked = ['predict', 'tagger.safetensors', 'tokens.csv', '--format'];
  const [json, csv, table] = await Promise.all(
    ['json', 'csv', 'table'].map((format) => says([...asked, format])),
  );
  expect(JSON.parse(json!.stdout)).toEqual({
    input: 'tokens.csv:1',
    positions: trained.classifyPositions([2, 0, 1]),
  });
  expect(csv!.stdout).toBe('input,label 0,label 1,label 2\ntokens.csv:1,end,word,word\n');
  expect(table!.stdout).toBe('tokens.csv:1  end  word  word\n');
});

describe('tables', () => {
  test('columns by name, and without names in order: as JSON, one line a row', async () => {
    const trained = await loadModel(path('numbers'));
    const expected = trained.classify([
      [4, 1, 0],
      [0, 6, 1],
    ]);
    const { status, stdout } = await says([
      'predict',
      'numbers',
      'rows.csv',
      'plain.csv',
      '--json',
    ]);
    expect(status).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual(
      ['rows.csv', 'plain.csv'].flatMap((file) =>
        expected.map((answer, i) => ({ input: `${file}:${i + 1}`, ...answer })),
      ),
    );
  });

  test('as CSV, from standard input', async () => {
    const running = start(['predict', 'numbers', '-', '--format', 'csv']);
    running.child.stdin!.end('{"a": 4, "b": 1, "c": 0}\n{"a": 0, "b": 6, "c": 1}\n');
    const { status, stdout } = await running.finished;
    const [head, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    expect([status, head]).toEqual([0, ['input', 'label', 'index', 'p(low)', 'p(high)']]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ['-:1', 'high', '1'],
      ['-:2', 'low', '0'],
    ]);
  });

  test('a fault is told with its row, counted from 1, after the answers before it', async () => {
    writeFileSync(path('gap.csv'), 'c,b,a\n0,1,4\n1,,0\n');
    writeFileSync(path('huge.csv'), '4,1,0\n3e38,-3e38,3e38\n');
    for (const format of ['table', 'csv', 'json']) {
      const gap = await says(['predict', 'numbers', 'rows.csv', 'gap.csv', '--format', format]);
      expect([gap.status, gap.stderr]).toEqual([2, expect.stringContaining('gap.csv: row 2, "b"')]);
      expect(gap.stdout).toContain('rows.csv:2');
      const huge = await says(['predict', 'numbers', 'huge.csv', '--format', format]);
      expect([huge.status, huge.stderr]).toEqual([2, expect.stringContaining('huge.csv:2: ')]);
      expect(huge.stdout).toContain('huge.csv:1');
    }
  });

  test.each([
    ['numbers', 'missing.csv', 'there is no file missing.csv'],
    ['numbers', 'pictures', 'pictures is a folder; name files in it'],
    ['numbers', 'short.csv', 'short.csv: 2 columns, the model takes 3 numbers a row (a, b, c)'],
    ['numbers', 'gap.csv', 'gap.csv: row 2, "b": the value is missing'],
    ['numbers', 'binary.dat', 'binary.dat: it is none of PNG, JPEG, IDX, CSV and JSON lines'],
    ['numbers', 'a.png', 'the network takes samples of [3], and no pictures'],
    ['nothing', 'rows.csv', 'there is no file or folder nothing'],
  ])('%s %s: %s', async (model, input, message) => {
    writeFileSync(path('short.csv'), '1,2\n');
    writeFileSync(path('gap.csv'), 'a,b,c\n4,1,0\n0,,1\n');
    writeFileSync(path('binary.dat'), Buffer.from([7, 0, 0, 9]));
    writeFileSync(path('a.png'), picture('colours 8 bits'));
    const { status, stderr } = await says(['predict', model, input]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

test('a folder of pictures is learnt, told apart, evaluated and served', async () => {
  const flags = ['--images', 'pictures', '--image-size', '8x6', '--rgb', '--image-fit', 'stretch'];
  const options = [
    '--hidden',
    'none',
    '--epochs',
    '20',
    '--learning-rate',
    '0.01',
    '--out',
    'seen',
  ];
  const trained = await lockstep('train', ...flags, ...options, '--threads', '1');
  expect([trained.status, trained.stdout]).toEqual([0, expect.stringContaining('accuracy')]);
  const model = await loadModel(path('seen'));
  expect(model.traits).toMatchObject({
    inputShape: [3, 6, 8],
    classNames: ['plain', 'stripes'],
    pictures: { way: 'stretch', background: [255, 255, 255] },
  });

  writeFileSync(path('one.png'), picture('colours 8 bits interlaced'));
  writeFileSync(path('other.png'), picture('palette 4 bits interlaced'));
  const asked = await says(['predict', 'seen', 'one.png', 'other.png', '--json']);
  const answers = asked.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(answers.map(({ input, label }) => [input, label])).toEqual([
    ['one.png', 'plain'],
    ['other.png', 'stripes'],
  ]);

  const evaluated = await says([
    'evaluate',
    'seen',
    '--images',
    'pictures/test',
    '--json',
    '--threads',
    '1',
  ]);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ accuracy: 1, samples: 8 });

  const server = start(['serve', 'seen', '--port', '0', '--json']);
  await server.holds('listening');
  const { url } = JSON.parse(server.text);
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    body: new Uint8Array(picture('colours 8 bits interlaced')),
  });
  const { input: _, ...first } = answers[0];
  expect(await response.json()).toEqual({ predictions: [first] });
  server.child.kill('SIGTERM');
  expect((await server.finished).status).toBe(0);
});

test.each([
  [['serve', 'numbers', '--host', '0.0.0.0'], 'give a token'],
  [['train', '--images', 'pictures', '--grey', '--rgb'], '--grey and --rgb exclude each other'],
  [['train', '--images', 'pictures', '--csv', 'rows.csv'], 'are two sources of data'],
  [['train', '--image-size', '8'], '--image-size goes with --images'],
  [['train', '--images', 'pictures', '--image-size', '0x3'], 'Expected a side as 32'],
  [['predict', 'numbers', '-', '-'], '- is given twice'],
])('%j is refused', async (args, message) => {
  const { status, stderr } = await says(args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test('an IDX file of images', async () => {
  const model = sequential(flatten(), linear(4, 2));
  const inputs = [
    [9, 1, 1, 9],
    [1, 9, 9, 1],
  ];
  const data = {
    ...fromArrays({
      inputs: inputs.map((row) => Uint8Array.from(row)),
      labels: [0, 1],
      inputDivisor: 255,
    }),
    inputShape: [1, 2, 2],
  };
  await train({
    ...{
      model,
      data: { train: data },
      loss: crossEntropy(),
      optimizer: adam({ learningRate: 0.5 }),
    },
    ...{ epochs: 60, batchSize: 2, out: path('squares') },
  }).result();
  writeFileSync(path('images.idx'), idx([2, 2, 2], inputs.reverse().flat()));
  const { stdout, stderr } = await says(['predict', 'squares', 'images.idx', '--format', 'csv']);
  expect(stderr).toBe('');
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1]),
  ).toEqual(['1', '0']);
});
