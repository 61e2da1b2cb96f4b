import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachLoss, crossEntropy, type Dataset, models, traceModel } from '@lockstep/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findModel } from './model-source.js';
import type { ModelFlags } from './options.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-model-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const data: Dataset = {
  name: 'two',
  samples: 2,
  inputShape: [3],
  inputs: new Float32Array(6),
  inputDivisor: 1,
  targetShape: [],
  targets: new Int32Array(2),
  classes: 2,
};
const graph = traceModel(models.mlp({ hidden: [4], activation: 'tanh', outputs: 2 }), [3]);
const flags: ModelFlags = { model: 'mlp', hidden: [4], activation: 'tanh', loss: 'cross-entropy' };

function find(model: string, given: readonly string[] = []) {
  return findModel({
    flags: { ...flags, model },
    isGiven: (flag) => given.includes(flag),
    again: () => [],
  });
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a model', () => {
  test('mlp has as many outputs as the data has classes, or values', async () => {
    const source = await find('mlp');
    expect(source(data)).toEqual(graph);
    const values = { ...data, classes: undefined, targetShape: [5], targets: new Float32Array(10) };
    expect(source(values).parameters.at(-1)!.shape).toEqual([5]);
  });

  test('a JSON graph comes back as it was written', async () => {
    const path = file('net.json', JSON.stringify(graph));
    expect((await find(path))(data)).toEqual(graph);
  });

  test('a module is imported and traced', async () => {
    const path = file('net.mjs', 'export default (x) => x;');
    expect((await find(path))(data).nodes.map(({ op }) => op)).toEqual(['input']);
  });
});

describe('what is no model is refused for what it is', () => {
  test.each<[string, () => string, RegExp]>([
    ['a name', () => 'renset', /there is no model "renset"; expected mlp, lenet, .*, or a file/],
    ['no file', () => join(folder, 'none.json'), /there is no such file/],
    ['a folder', () => folder, /there is no model/],
    ['no JSON', () => file('a.json', '{'), /not a graph/],
    [
      'another JSON',
      () => file('b.json', '{"format":"x"}'),
      /--model .*b\.json: .*"parameters" is missing/,
    ],
    [
      'a module that throws',
      () => file('a.mjs', 'throw new Error("no")'),
      /cannot be imported: no/,
    ],
    ['no default', () => file('b.mjs', 'export const a = 1'), /the default export is missing/],
    ['no function', () => file('c.mjs', 'export default 1'), /the default export is a number/],
  ])('%s', async (_, path, message) => {
    await expect(find(path())).rejects.toThrow(message);
  });

  test('a graph with a loss in it', async () => {
    const path = file('net.json', JSON.stringify(attachLoss(graph, crossEntropy(), data)));
    await expect(find(path)).rejects.toThrow('the graph has a loss in it');
  });

  test('a graph larger than 64 MiB is not even read', async () => {
    const path = file('big.json', '');
    truncateSync(path, 64 * 1024 * 1024 + 1);
    await expect(find(path)).rejects.toThrow('67108865 bytes, at most 67108864 are read');
  });

  test('a model that throws when it is traced is named', async () => {
    const path = file('d.mjs', 'export default () => { throw new TypeError("bad net"); };');
    const source = await find(path);
    expect(() => source(data)).toThrow(/d\.mjs: the model threw: bad net/);
  });

  test('a model that does not fit the data is named', async () => {
    const core = import.meta.resolve('@lockstep/core');
    const path = file('e.mjs', `import { linear } from '${core}'; export default linear(99, 3);`);
    const source = await find(path);
    expect(() => source(data)).toThrow(/--model .*e\.mjs: linear: .*99/);
  });

  test("mlp's flags with another model", async () => {
    const path = file('net.json', JSON.stringify(graph));
    await expect(find(path, ['hidden'])).rejects.toThrow('--hidden goes with --model mlp');
  });
});
