// What engines round differently may not reach a weight or a metric: no such function in shipped source.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const FORBIDDEN =
  /(?:Math|Mathf|NativeMath|NativeMathf|JSMath)\.(?:exp|expm1|log|log1p|log2|log10|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|random|hypot|cbrt)\b|\*\*|\}\s*=\s*Math\b/;
/** Files whose numbers are no weights and no metrics. */
const OTHERWISE = [
  'apps/worker/src/carry/coordinator-link.ts',
  'apps/cli/src/mirror/uploads.ts',
  // What is drawn over a curve.
  'apps/dashboard/src/page/chart/smooth.ts',
  // What is told of one sample.
  'apps/dashboard/src/page/brain/surprise.ts',
];
/** Powers of two in constants are exact in every engine. */
const EXACT = /\b2 \*\* -?\d+\b/g;

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      return ['node_modules', 'dist', 'testing'].includes(name) ? [] : sources(path);
    }
    return /\.tsx?$/.test(name) && !/\.(test|fixture)\.tsx?$/.test(name) ? [path] : [];
  });
}

function violations(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\*|\/\*)/.test(line))
    .map((line) => line.replace(/\/\*.*?\*\//g, ''))
    .filter((line) => FORBIDDEN.test(line.replace(EXACT, '')));
}

describe('shipped source', () => {
  it('uses no function that engines round differently', () => {
    const files = ['packages', 'apps']
      .flatMap((group) => sources(join(ROOT, group)))
      .filter((file) => !OTHERWISE.includes(relative(ROOT, file)));
    const found = files.flatMap((file) =>
      violations(readFileSync(file, 'utf8')).map(
        (line) => `${relative(ROOT, file)}: ${line.trim()}`,
      ),
    );
    expect(found).toEqual([]);
  });

  it('would be caught if it did', () => {
    for (const line of [
      'const y = Math.exp(x);',
      'const y = NativeMathf.tanh(x);',
      'const { exp, log } = Math;',
      'const z = a ** b;',
      'const z = f(a) **',
      'a **= 2;',
      'const z = 2 ** x;',
    ]) {
      expect(violations(line), line).toHaveLength(1);
    }
    expect(violations('// Math.log')).toEqual([]);
    expect(violations('const limit = 2 ** -24;')).toEqual([]);
  });
});
