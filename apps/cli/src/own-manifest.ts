// Where this package's own package.json is: beside the folder of this file, as it is written and as it is built.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const OWN_MANIFEST = fileURLToPath(new URL('../package.json', import.meta.url));

export function ownVersion(): string {
  return (JSON.parse(readFileSync(OWN_MANIFEST, 'utf8')) as { version: string }).version;
}
