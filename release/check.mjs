// What is wrong with a package as it would be published: by publint, and by Are the types wrong?, which resolves its types in every way
// that there is.
import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/**
 * Ways of resolving that the packages do not serve: they are modules (which `require` loads, from Node 20.19 on), and say by `exports`
 * alone what they have, which TypeScript's oldest way does not read.
 */
const NOT_SERVED = new Set(['node10']);
const NOT_FAULTS = new Set(['CJSResolvesToESM']);

/** @returns a line for each fault of the tarball */
export async function checkTarball(file) {
  const bytes = readFileSync(file);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const { messages, pkg } = await publint({ pack: { tarball }, level: 'warning', strict: true });
  const linted = messages.map((message) => `publint: ${formatMessage(message, pkg)}`);
  return [...linted, ...(await typeFaults(new Uint8Array(bytes)))];
}

async function typeFaults(bytes) {
  const tarball = createPackageFromTarballData(bytes);
  const manifest = tarball.readFile(`/node_modules/${tarball.packageName}/package.json`);
  // Nobody imports the command.
  if (JSON.parse(manifest).exports === undefined) return [];
  const { types, problems } = await checkPackage(tarball);
  if (types === false) return ['types: none'];
  return problems
    .filter(({ kind, resolutionKind }) => !NOT_FAULTS.has(kind) && !NOT_SERVED.has(resolutionKind))
    .map(
      ({ kind, entrypoint, resolutionKind }) =>
        `types: ${kind} ${entrypoint ?? ''} ${resolutionKind ?? ''}`,
    );
}
