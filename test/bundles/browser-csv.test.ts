// Tables in a browser: `@lockstep/data/csv` is bundled for one and run where there is nothing of Node.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const PROGRAM = `
import { parseCsv } from '@lockstep/data/csv';
const { inputs, classNames } = parseCsv('a;b;y\\n1;2;k\\n3;4;ö\\n', { target: 'y', task: 'classification' });
result = JSON.stringify([[...inputs], classNames]);
`;

test('a table is read in a browser, where only TextDecoder and TextEncoder are there', async () => {
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
  expect(context.result).toBe('[[1,2,3,4],["k","ö"]]');
});
