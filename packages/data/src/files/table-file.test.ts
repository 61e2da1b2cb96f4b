import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import type { Table } from '../table/table.js';
import { readTable } from './table-file.js';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const cells = (table: Table) => table.names.map((name) => [...table.column(name)!]);
const CELLS = [
  [1, 2],
  ['x', 'ö'],
];

test('CSV, TSV and JSON lines, plain and gzip, by path, URL and stream give one table', async () => {
  const files: readonly [string, string][] = [
    ['t.csv', 'a,b\n1,x\n2,ö\n'],
    ['t.tsv', 'a\tb\n1\tx\n2\tö\n'],
    ['t.jsonl', '\n {"b":"x","a":1}\n{"a":2,"b":"ö"}'],
    ['t.txt', '{"a":1,"b":"x"}\n{"a":2,"b":"ö"}\n'],
  ];
  for (const [name, text] of files) {
    const path = written(name, text);
    const packed = written(`${name}.gz`, gzipSync(text));
    for (const source of [path, packed, pathToFileURL(path), createReadStream(path)]) {
      const table = await readTable(source, { columns: ['a', 'b'] });
      expect(cells(table), `${name} ${source}`).toEqual(CELLS);
    }
  }
});

test('a table is called by its file, and progress is told', async () => {
  const path = written('rows.csv', `a\n${'1\n'.repeat(50_000)}`);
  const told: number[] = [];
  const table = await readTable(path, { onProgress: ({ rows }) => told.push(rows) });
  expect([table.name, table.rows, told.at(-1)]).toEqual([path, 50_000, 50_000]);
  expect((await readTable(path, { name: 'ones' })).name).toBe('ones');
});

test('what cannot be read is refused with the file, the line and the remedy', async () => {
  await expect(readTable(join(folder, 'none.csv'))).rejects.toThrow('ENOENT');
  const bad = written('bad.csv', 'a,b\n1,2\n3\n');
  await expect(readTable(bad)).rejects.toThrow(`read ${bad}: line 3 has 1 field, expected 2`);
  const packed = gzipSync('a,b\n1,2\n');
  await expect(readTable(Readable.from([packed]))).rejects.toThrow('gzip');
  const text = Readable.from(['a,b\n']) as AsyncIterable<never>;
  await expect(readTable(text)).rejects.toThrow('expected pieces of bytes (Uint8Array), got "a,b');
  await expect(readTable(5 as never)).rejects.toThrow('expected pieces of bytes, as a stream');
});
