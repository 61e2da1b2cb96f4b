// Nobody knows an operator by its name but its own file: what others want to know of it, it says of itself. So a new
// operator is its file and a line in the list. Adding a node by name is no knowledge of it.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { packages, ROOT } from './import-graph.js';

/** `node.op === 'x'`, in either order, and a list of names that is searched for one. */
const KNOWS_BY_NAME =
  /(?<!typeof (?:\w+\.)*)\bop\s*[!=]==?\s*['"\w]|['"]\s*[!=]==?\s*(?:\w+\.)*op\b|\.(?:has|includes|indexOf)\((?:\w+\.)*op\)|\bswitch \((?:\w+\.)*op\)|\bop\.(?:startsWith|endsWith|match)\(|\.test\((?:\w+\.)*op\)|\{[^{}\n]*\bop: \w+[^{}\n]*\}(?: = |: [A-Z])/;

it('outside of operators, their names are compared with nothing', () => {
  const files = packages().flatMap(({ files }) => files);
  const others = files.filter(
    (file) => !relative(ROOT, file).startsWith(join('packages', 'core', 'src', 'ops')),
  );
  expect(others.length).toBeGreaterThan(100);
  const knowing = others.filter((file) => KNOWS_BY_NAME.test(readFileSync(file, 'utf8')));
  expect(knowing.map((file) => relative(ROOT, file))).toEqual([]);
});

it('the check sees what it looks for', () => {
  for (const source of [
    "node.op === 'dropout'",
    "'dropout' !== op",
    'NAMES.has(node.op)',
    'op == DROPOUT',
    'switch (node.op) {',
    'const { op: name } = node;',
    'function f({ op: name }: GraphNode) {',
    "op.endsWith('Grad')",
    '/Grad$/.test(node.op)',
  ]) {
    expect(KNOWS_BY_NAME.test(source), source).toBe(true);
  }
  expect(KNOWS_BY_NAME.test("builder.add('mul', [x])")).toBe(false);
});
