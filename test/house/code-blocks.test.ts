// The code of the documents is code: each block in TypeScript compiles, and each in JavaScript is run, or compiles.
// A block that is a part of a program has the rest in a comment before it, `<!-- given: … -->`, which pages do not show.
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile } from '../package/compiling.js';
import { PAGES } from './documents.js';
import { ROOT } from './import-graph.js';

interface Block {
  readonly kind: string;
  readonly code: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** The fenced blocks of a page, each after what is given for it; one in a list is indented. */
function blocksOf(page: string): Block[] {
  const pattern =
    /(?:^ *<!-- given:\n(?<given>(?:(?!-->).)*?)-->\n+)?^(?<indent> *)```(?<kind>\w+)\n(?<code>.*?)^ *```$/gms;
  return [...page.replaceAll('\r\n', '\n').matchAll(pattern)].map(({ index, groups, input }) => {
    const { given = '', indent = '', kind = '', code = '' } = groups!;
    const lines = code.split('\n').map((line) => line.replace(indent, ''));
    return {
      kind,
      code: `${given}${lines.join('\n')}\nexport {};\n`,
      line: input.slice(0, index).split('\n').length,
    };
  });
}

const BLOCKS = PAGES.flatMap((page) =>
  blocksOf(readFileSync(join(ROOT, page), 'utf8')).map((block) => ({ ...block, page })),
);

/** Pages whose programs the tests run, and hold what they print against the page. */
const RUN = readdirSync(join(ROOT, 'test/examples')).flatMap((name) => {
  const text = readFileSync(join(ROOT, 'test/examples', name), 'utf8');
  return [...text.matchAll(/sectionsOf\('(docs\/[\w/-]+\.md)'\)/g)].map(([, page]) => page!);
});

/** Packages that a page names, and the workspace does without. */
const ELSEWHERE = "declare module '@opentelemetry/exporter-trace-otlp-http';\n";

const folder = mkdtempSync(join(tmpdir(), 'lockstep-blocks-'));
symlinkSync(join(ROOT, 'test/node_modules'), join(folder, 'node_modules'), 'junction');
afterAll(() => rmSync(folder, { recursive: true }));

function compiled(blocks: typeof BLOCKS, ending: string, options: object): Promise<string> {
  const files = blocks.map(({ page, line, code }) => [
    `${page.replaceAll(/[^\w]/g, '-')}-${line}${ending}`,
    code,
  ]);
  const types = { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] };
  return compile(
    folder,
    { ...Object.fromEntries(files), 'elsewhere.d.ts': ELSEWHERE },
    {
      ...{ module: 'nodenext', skipLibCheck: true, ...types },
      ...options,
    },
  );
}

it('each block in TypeScript compiles', async () => {
  const blocks = BLOCKS.filter(({ kind }) => kind === 'ts');
  expect(blocks.length).toBeGreaterThan(10);
  expect(await compiled(blocks, '.mts', {})).toBe('');
});

it('each block in JavaScript is run, or compiles', async () => {
  expect(RUN).toContain('docs/course.md');
  const blocks = BLOCKS.filter(({ kind, page }) => kind === 'js' && !RUN.includes(page));
  const options = { allowJs: true, checkJs: true, noImplicitAny: false };
  expect(await compiled(blocks, '.mjs', options)).toBe('');
});

it('the check sees what it looks for', async () => {
  const page =
    'a\n<!-- given:\nconst x = 1;\n-->\n\n```ts\nx + y;\n```\n\n   ```js\n   f();\n   ```\n';
  const [first, second] = blocksOf(page);
  expect(first).toEqual({ kind: 'ts', code: 'const x = 1;\nx + y;\n\nexport {};\n', line: 2 });
  expect(second).toMatchObject({ kind: 'js', code: 'f();\n\nexport {};\n', line: 10 });
  expect(await compiled([{ ...first!, page: 'page' }], '.mts', {})).toMatch(
    /page-2\.mts.*Cannot find name 'y'/,
  );
});
