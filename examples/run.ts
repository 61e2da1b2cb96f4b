// Runs an example by its name: `pnpm example xor`. Without a name it lists them, each by its first line.
// The example sees its own arguments only, as if Node had been given its file. Not an example itself.
import { readdirSync, readFileSync } from 'node:fs';
import { oldNode } from '@lockstep/errors/node-version';

const compiled = new URL('./', import.meta.url);
const sources = new URL('../', compiled);
const names = readdirSync(sources)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

const name = process.argv[2];
const tooOld = oldNode();
if (tooOld !== undefined) {
  console.error(tooOld);
  process.exitCode = 2;
} else if (name !== undefined && names.includes(name)) {
  process.argv.splice(2, 1);
  await import(new URL(`${name}.js`, compiled).href);
} else {
  if (name !== undefined) {
    console.error(`example: there is no "${name}"; expected one of those below`);
    process.exitCode = 2;
  }
  const print = name === undefined ? console.log : console.error;
  for (const known of names) {
    const [first = ''] = readFileSync(new URL(`${known}.ts`, sources), 'utf8').split(/\r?\n/);
    print(`pnpm example ${known.padEnd(17)}${first.replace(/^\/\/ /, '')}`);
  }
}
