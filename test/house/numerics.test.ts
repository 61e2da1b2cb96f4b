// What engines round differently may not reach a weight or a metric: no such function in shipped source.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const FORBIDDEN =
  /Math\.(?:exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|random|hypot|cbrt)\b|[\w)\]]\s*\*\*\s*[\w(]/;
/** Powers of two in constants are exact in every engine. */
const EXACT = /\b2 \*\* -?\d+\b/g;

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      return ['node_modules', 'dist', 'testing'].includes(name) ? [] : sources(path);
    }
    return /\.ts$/.test(name) && !/\.(test|fixture)\.ts$/.test(name) ? [path] : [];
  });
}

function violations(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
    .filter((line) => FORBIDDEN.test(line.replace(EXACT, '')));
}

describe('shipped source', () => {
  it('uses no function that engines round differently', () => {
    const found = sources(join(ROOT, 'packages')).flatMap((file) =>
      violations(readFileSync(file, 'utf8')).map(
        (line) => `${relative(ROOT, file)}: ${line.trim()}`,
      ),
    );
    expect(found).toEqual([]);
  });

  it('would be caught if it did', () => {
    expect(violations('const y = Math.exp(x);\nconst z = a ** b;\n// Math.log')).toHaveLength(2);
    expect(violations('const limit = 2 ** -24;')).toEqual([]);
  });
});
