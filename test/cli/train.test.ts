// `lockstep train` from its first line to its folder.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { flatten, gelu, linear, sequential, traceModel } from '@lockstep/core';
import { decodeSafetensors } from '@lockstep/formats';
import { describe, expect, test } from 'vitest';
import { writeTinyDataset } from './idx.js';
import { smallRun } from './little-mnist.js';
import { events, lastEvent, SMALL, workplace } from './lockstep.js';

const { lockstep, path } = workplace();
/** What does not look at the data's name has it without the 55 MB. */
const FEW = smallRun();

async function hashOf(...args: readonly string[]): Promise<unknown> {
  const { status, stdout, stderr } = await lockstep('train', '--json', ...args);
  expect(status, stderr).toBe(0);
  return lastEvent(stdout).weightsHash;
}

describe('a run', () => {
  test('for people: the result on stdout, the course on stderr, no control characters', async () => {
    const { status, stdout, stderr } = await lockstep('train', ...SMALL, '--out', 'people');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^accuracy {2}\d\d\.\d\d% \(test loss \d\.\d{4}\)\ntrained {3}32 steps/);
    expect(stdout).toMatch(
      /\nweights {3}sha256 [0-9a-f]{64}\nfolder {4}people\nevaluate {2}.* people\n$/,
    );
    expect(stderr).toMatch(/\nepoch 1\/1 {2}train loss/);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stdout + stderr).not.toContain('\r');
  });

  test('with --profile: a table on stderr, and a trace in the folder', async () => {
    const { status, stderr } = await lockstep('train', ...FEW, '--out', 'profiled', '--profile');
    expect(status).toBe(0);
    expect(stderr).toMatch(/\nµs a step +thread 0.*\n(.*\n)*total +\d/);
    const { traceEvents } = JSON.parse(readFileSync(path('profiled', 'trace.json'), 'utf8'));
    const names = new Set(traceEvents.map(({ name }: { name: string }) => name));
    for (const name of ['shards', 'wait', 'adam', 'evaluate']) expect(names).toContain(name);
  });

  test('for programs: events alone on stdout, and the same lines in metrics.jsonl', async () => {
    const { status, stdout } = await lockstep('train', ...SMALL, '--out', 'programs', '--json');
    expect(status).toBe(0);
    const all = events(stdout);
    expect(all.map(({ event }) => event)).toEqual([
      'run-start',
      'checkpoint',
      'epoch-end',
      'checkpoint',
      'run-end',
    ]);
    for (const { time } of all) expect(new Date(time).toISOString()).toBe(time);
    expect(all[0]).toMatchObject({ run: 'programs', parameters: 109_386, seed: 0, batchSize: 64 });
    expect(all[0]).toMatchObject({ shards: 4, epochs: 1, step: 0 });
    expect(all[0]!.dataset).toMatchObject({ name: 'mnist', train: 2000, test: 500 });
    expect(readFileSync(path('programs', 'metrics.jsonl'), 'utf8')).toBe(stdout);
  });

  test('leaves run.json, metrics.jsonl, samples.jsonl, checkpoints and weights that PyTorch takes', async () => {
    await hashOf(...FEW, '--out', 'left');
    expect(readdirSync(path('left')).sort()).toEqual([
      'checkpoints',
      'metrics.jsonl',
      'run.json',
      'samples.jsonl',
      'weights.safetensors',
    ]);
    const { tensors } = decodeSafetensors(readFileSync(path('left', 'weights.safetensors')));
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      'layers.0.weight': [128, 784],
      'layers.0.bias': [128],
      'layers.2.weight': [64, 128],
      'layers.2.bias': [64],
      'layers.4.weight': [10, 64],
      'layers.4.bias': [10],
    });
  });

  test('has the same weights on one thread, and on more threads than shards', async () => {
    const one = await hashOf(...FEW, '--out', 'w1', '--threads', '1');
    const { stdout, stderr } = await lockstep(
      ...['train', ...FEW, '--out', 'w6', '--workers', '6', '--json'],
    );
    expect(lastEvent(stdout).weightsHash).toBe(one);
    expect(stderr).toContain('2 of 6 threads wait: 4 shards; use --shards 8');
  });

  test('without --out has a folder under runs/, with the time and the names', async () => {
    await hashOf(...SMALL);
    expect(readdirSync(path('runs'))).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-mnist-mlp$/),
    ]);
  });

  test('of 0 epochs writes the initial weights, and a run from them is the run itself', async () => {
    const initial = await hashOf(...FEW, '--epochs', '0', '--out', 'zero');
    expect(existsSync(path('zero', 'weights.safetensors'))).toBe(true);
    const whole = await hashOf(...FEW, '--out', 'whole');
    expect(whole).not.toBe(initial);
    // Another seed would draw other weights; without a shuffle it changes nothing else.
    const order = ['--no-shuffle', '--out'];
    const drawn = await hashOf(...FEW, ...order, 'drawn');
    const init = ['--init', 'zero/weights.safetensors'];
    expect(await hashOf(...FEW, ...init, '--seed', '9', ...order, 'given')).toBe(drawn);
  });
});

describe('what is trained', () => {
  test('can be any four IDX files', async () => {
    writeTinyDataset(path('tiny'), { train: 64, test: 8 });
    const { status, stdout } = await lockstep(
      ...['train', '--dataset', 'sides', '--data-dir', 'tiny', '--hidden', '4', '--json'],
      ...['--batch-size', '8', '--epochs', '20', '--learning-rate', '0.05', '--out', 'sides'],
    );
    expect(status).toBe(0);
    expect(events(stdout)[0]!.dataset).toMatchObject({ name: 'sides', train: 64, test: 8 });
    expect(lastEvent(stdout).testAccuracy).toBe(1);
  });

  test('can be a module, or the JSON graph that it traces to: the weights are the same', async () => {
    // No package lies beside the file, but one that would be another copy: the command's own is what it gets.
    const decoy = path('node_modules', '@lockstep', 'core');
    mkdirSync(decoy, { recursive: true });
    writeFileSync(join(decoy, 'package.json'), '{"name":"@lockstep/core","main":"index.js"}');
    writeFileSync(join(decoy, 'index.js'), 'throw new Error("another copy");');
    const imports = "import { flatten, gelu, linear, sequential } from '@lockstep/core';";
    const model = 'sequential(flatten(), linear(784, 16), gelu(), linear(16, 10))';
    writeFileSync(path('net.mjs'), `${imports}\nexport default ${model};\n`);
    const byModule = await hashOf(...FEW, '--model', 'net.mjs', '--out', 'module');
    const net = sequential(flatten(), linear(784, 16), gelu(), linear(16, 10));
    writeFileSync(path('net.json'), JSON.stringify(traceModel(net, [1, 28, 28])));
    expect(await hashOf(...FEW, '--model', 'net.json', '--out', 'json')).toBe(byModule);
  });

  test('a module that imports a package that nobody has is refused by that name', async () => {
    for (const name of ['@lockstep/none', 'no-such-package']) {
      writeFileSync(path('lost.mjs'), `import '${name}';\nexport default (x) => x;\n`);
      const { status, stderr } = await lockstep('train', ...FEW, '--model', 'lost.mjs');
      expect(status).toBe(2);
      expect(stderr).toContain(`cannot be imported: Cannot find package '${name}'`);
    }
  });
});
