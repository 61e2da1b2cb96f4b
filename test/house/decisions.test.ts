// What coordinator and worker decide is a function of what they are told: nothing in decide/ reads a clock, opens a socket,
// touches a disk, draws a random number or knows of who carries decisions out. So it can be searched and simulated.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Hashing is arithmetic. */
const NODE = ['node:crypto'];
const CARRIERS = ['@lockstep/transport', '@lockstep/data'];
const IMPURE =
  /\b(?:performance|Date|setTimeout|setInterval|setImmediate|process|console)\s*[.(]|\bnew Date\b|Math\.random|randomBytes|randomUUID/;

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
      for (const [, name] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)) {
        const where = `${relative(ROOT, file)} imports ${name}`;
        if (name!.startsWith('node:')) expect(NODE, where).toContain(name);
        else if (name!.startsWith('.')) {
          const target = relative(decide, join(dirname(file), name!));
          expect(target.startsWith('..'), where).toBe(false);
        } else expect(CARRIERS, where).not.toContain(name);
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
