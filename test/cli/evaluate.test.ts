// `lockstep evaluate`, on runs and on weights files.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { decodeSafetensors, encodeSafetensors } from '@lockstep/formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallRun } from './little-mnist.js';
import { events, type JsonEvent, lastEvent, workplace } from './lockstep.js';

const SMALL = smallRun();

const { path, lockstep } = workplace();

let end: JsonEvent;
beforeAll(async () => {
  const args = ['train', ...SMALL, '--activation', 'tanh', '--out', 'run', '--json'];
  end = lastEvent((await lockstep(...args)).stdout);
});

async function evaluation(...args: readonly string[]): Promise<JsonEvent> {
  const { status, stdout, stderr } = await lockstep('evaluate', '--json', ...args);
  expect(status, stderr).toBe(0);
  expect(events(stdout)).toHaveLength(1);
  return lastEvent(stdout);
}

describe('evaluate', () => {
  test('a run gives the very numbers that its training ended with, on any number of threads', async () => {
    const expected = { event: 'evaluation', loss: end.testLoss, accuracy: end.testAccuracy };
    expect(await evaluation('run')).toMatchObject({ ...expected, samples: 500 });
    expect(await evaluation('run', '--threads', '1')).toMatchObject(expected);
  });

  test("a run's weights and its checkpoints say their network; what flags say goes first", async () => {
    const expected = { loss: end.testLoss, accuracy: end.testAccuracy };
    const weights = ['run/weights.safetensors', '--limit-test', '500'];
    expect(await evaluation(...weights)).toMatchObject(expected);
    expect((await evaluation(...weights, '--activation', 'relu')).loss).not.toBe(end.testLoss);
    const [last] = (await readdir(path('run', 'checkpoints'))).sort().reverse();
    const checkpoint = [`run/checkpoints/${last}`, '--limit-test', '500'];
    expect(await evaluation(...checkpoint)).toMatchObject(expected);
  });

  test('weights from elsewhere need flags for what they do not say; the hidden sizes they say', async () => {
    const { tensors } = decodeSafetensors(await readFile(path('run', 'weights.safetensors')));
    await writeFile(path('torch.safetensors'), Buffer.concat(encodeSafetensors(tensors)));
    const weights = ['torch.safetensors', '--limit-test', '500'];
    expect(await evaluation(...weights, '--activation', 'tanh')).toMatchObject({
      loss: end.testLoss,
      accuracy: end.testAccuracy,
    });
  });

  test('is on the whole test set unless a limit says otherwise', async () => {
    expect((await evaluation('run/weights.safetensors')).samples).toBe(10_000);
    expect((await evaluation('run', '--limit-test', '100')).samples).toBe(100);
  });

  test('tells metrics by name, as training does', async () => {
    const { metrics } = await evaluation('run', '--metrics', 'recall-per-class,confusion-matrix');
    const told = metrics as Record<string, number[][]>;
    const matrix = told['confusion-matrix']!;
    expect(matrix.flat().reduce((a, b) => a + b)).toBe(500);
    const right = matrix.reduce((count, row, i) => count + row[i]!, 0);
    expect(told).toMatchObject({ loss: end.testLoss, accuracy: right / 500 });
    const { stdout } = await lockstep('evaluate', 'run', '--metrics', 'f1');
    expect(stdout).toMatch(/^f1 {8}0\.\d{4}$/m);
    const { status, stderr } = await lockstep('evaluate', 'run', '--metrics', 'f1,mse');
    expect([status, stderr]).toEqual([2, expect.stringContaining('There is no "mse". Expected')]);
  });

  test('for people prints accuracy, loss and samples on stdout', async () => {
    const { stdout } = await lockstep('evaluate', 'run');
    expect(stdout).toMatch(/^accuracy {2}\d+\.\d\d%\nloss {6}\d\.\d{4}\nsamples {3}500\n$/);
  });

  test.each<[string, string[], RegExp]>([
    ['nothing', [], /missing required argument/],
    ['what is not there', ['none'], /there is no file or folder none/],
    ['a folder without a run', ['.'], /holds no run/],
    ['a file of another format', ['run/run.json'], /safetensors/],
    [
      'a network of other sizes',
      ['run/weights.safetensors', '--hidden', '9'],
      /layers\.0\.weight|layers\.4\.weight/,
    ],
    ['a run, with a model', ['run', '--model', 'mlp'], /--model goes with a weights file/],
  ])('%s is refused with status 2', async (_, args, message) => {
    const { status, stdout, stderr } = await lockstep('evaluate', ...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });
});
