// What coordinator and worker decide is a function of what they are told: nothing in decide/ reads a clock, opens a socket,
// touches a disk, draws a random number or knows of who carries decisions out. So it can be searched and simulated.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT } from './import-graph.js';

/** What is pure, or only describes: hashing is arithmetic, and of the trainer only types are taken. */
const PURE = [
  'node:crypto',
  '@lockstep/collective',
  '@lockstep/core/internal',
  '@lockstep/errors',
  '@lockstep/kernels',
  '@lockstep/tree',
  '@lockstep/wire',
];
const TYPES_ONLY = ['@lockstep/trainer'];
const IMPURE =
  /\b(?:performance|Date|setTimeout|setInterval|setImmediate|queueMicrotask|process|console)\s*[.(]|\bnew (?:Date|WebSocket|Worker)\b|Math\.random|getRandomValues|globalThis|(?:await|return|=)\s+fetch\(|randomBytes|randomUUID|randomInt/;

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !/\.(test|fixture)\.ts$/.test(name))
    .map((name) => join(folder, name));
}

describe.each(['coordinator', 'worker'])('what the %s decides', (app) => {
  const decide = join(ROOT, 'apps', app, 'src/decide');
  const files = sources(decide);

  it('is found', () => {
    expect(files.length).toBeGreaterThan(5);
  });

  it('imports nothing that carries decisions out', () => {
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const values = importsOf(text.replace(/\b(?:import|export) type [^;]*;/g, ''));
      for (const name of importsOf(text)) {
        const where = `${relative(ROOT, file)} imports ${name}`;
        if (name.startsWith('.')) {
          const target = relative(decide, join(dirname(file), name));
          expect(target.startsWith('..'), where).toBe(false);
        } else
          expect(values.includes(name) ? PURE : [...PURE, ...TYPES_ONLY], where).toContain(name);
      }
    }
  });

  it('reads no clock, draws nothing and prints nothing', () => {
    for (const file of files) {
      const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
      expect(code.match(IMPURE)?.[0], relative(ROOT, file)).toBeUndefined();
    }
  });
});
