// `--model NAME` of a network of pictures, with --augment and --normalize: what is told, kept, repeated and resumed.
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { writeTinyDataset } from './idx.js';
import { lastEvent, workplace } from './lockstep.js';

const { lockstep, path } = workplace();
const TINY = ['--data-dir', 'sides', '--epochs', '1', '--batch-size', '8', '--threads', '1'];
const RESNET = ['--model', 'resnet', '--width', '2', '--augment', 'shift=1,flip', '--normalize'];
let end: object;

beforeAll(async () => {
  writeTinyDataset(path('sides'), { train: 16, test: 8 }, { shape: [8, 8] });
  const { status, stdout, stderr } = await lockstep(
    ...['train', ...TINY, ...RESNET, '--learning-rate', '0.01', '--out', 'run', '--json'],
  );
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('resnet is trained with --optimizer sgd --momentum 0.9 --nesterov');
  expect(stderr).not.toContain('--learning-rate 0.05');
  end = lastEvent(stdout);
});

test('the run keeps the network, what is done to samples, and how it was trained by default', () => {
  const { config, origin } = JSON.parse(readFileSync(path('run', 'run.json'), 'utf8'));
  expect(config.augment.map(({ kind }: { kind: string }) => kind)).toEqual(['shift', 'flip']);
  expect(config.optimizer).toMatchObject({ kind: 'sgd', momentum: 0.9, learningRate: 0.01 });
  expect(origin).toMatchObject({ model: 'resnet', hidden: null, network: { width: 2, depth: 1 } });
});

test('it is evaluated, and its file of flags repeats it to the byte', async () => {
  const { testLoss, weightsHash } = end as { testLoss: number; weightsHash: string };
  const evaluated = await lockstep('evaluate', 'run', '--json', '--threads', '1');
  expect(lastEvent(evaluated.stdout)).toMatchObject({ loss: testLoss });
  const again = ['train', '--config', 'run/run.json', '--threads', '1', '--out', 'b', '--json'];
  const { status, stdout, stderr } = await lockstep(...again);
  expect(status, stderr).toBe(0);
  expect(lastEvent(stdout)).toMatchObject({ weightsHash });
});

test.each<[string, string[], RegExp]>([
  ['another width', ['--width', '3'], /--width 3 contradicts the run, which has 2/],
  [
    'another augmentation',
    ['--augment', 'flip'],
    /--augment flip contradicts the run, which has shift=1,flip/,
  ],
])('a run that goes on with %s is refused', async (_, flags, message) => {
  const { status, stderr } = await lockstep('train', '--resume', 'run', ...flags);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});

test.each<[string, string[], RegExp]>([
  [
    'a size of another network',
    ['--model', 'lenet', '--width', '3'],
    /--width goes with --model resnet or mlp-mixer or lstm or gpt, not with lenet/,
  ],
  [
    'pictures that are too small',
    ['--model', 'lenet'],
    /lenet: pictures are 8 × 8, expected at least 12 × 12/,
  ],
  ['no augmentation', ['--augment', 'zoom'], /kind must be one of shift/],
])('%s is refused', async (_, flags, message) => {
  const { status, stderr } = await lockstep('train', ...TINY, ...flags);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
});
