// Data in a browser: `@lockstep/data` is bundled for one, which is its pure half, and run where there is nothing of Node.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const PROGRAM = `
import { fromArrays, parseCsv, trainTestSplit } from '@lockstep/data';
import { parseCsv as alone } from '@lockstep/data/csv';
const table = 'a;b;y\\n1;2;k\\n3;4;ö\\n';
const options = { target: 'y', task: 'classification' };
const { inputs, classNames } = parseCsv(table, options);
const dataset = fromArrays({ inputs: [[1], [2], [3]], targets: [4, 5, 6] });
const { train, test } = trainTestSplit(dataset, { testFraction: 0.3, seed: 0 });
result = JSON.stringify([[...inputs], classNames, alone(table, options).samples, train.samples, test.samples]);
`;

test('data is read and cut in a browser, where only TextDecoder and TextEncoder are there', async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: dirname(fileURLToPath(import.meta.url)) },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    write: false,
    logLevel: 'silent',
  });
  const context = createContext({ TextDecoder, TextEncoder, result: undefined });
  runInContext(outputFiles[0]!.text, context);
  expect(context.result).toBe('[[1,2,3,4],["k","ö"],2,2,1]');
});
