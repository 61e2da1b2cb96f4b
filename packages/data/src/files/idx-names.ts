// What the four files of an IDX dataset may be called: MNIST's names, and those that other datasets and tools give them
// (EMNIST's `emnist-letters-train-images-idx3-ubyte`, `train-images.idx4-float`, `test-images-idx3-ubyte.gz`).
// Invariant: MNIST's own names win, and of several other files that may be meant none is chosen.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@lockstep/core';
import { IDX_FILES, IDX_PARTS, type IdxPart } from './sources.js';

/** @returns MNIST's names of a part, in the order in which they are tried */
function officialNames(part: IdxPart): string[] {
  const name = IDX_FILES[part];
  const dotted = name.replace(/-(idx\d)/, '.$1');
  return [name, `${name}.gz`, dotted, `${dotted}.gz`];
}

const OTHER_NAMES: Readonly<Record<IdxPart, RegExp>> = {
  trainImages: otherName('train', 'images'),
  trainLabels: otherName('train', 'labels'),
  testImages: otherName('t10k|test', 'images'),
  testLabels: otherName('t10k|test', 'labels'),
};

/** Its archive, and the first of its files. */
const CIFAR10 = /(^|[/\\])(data_batch_1\.bin|cifar-?10[^/\\]*)$/i;

function otherName(set: string, kind: string): RegExp {
  return new RegExp(
    `^(.+[-_.])?(${set})[-_.]${kind}([-_.]idx\\d?([-_.][a-z0-9]+)?)?(\\.gz)?$`,
    'i',
  );
}

/** @returns the path of a part under one of MNIST's names, or undefined */
export async function findIdxFile(folder: string, part: IdxPart): Promise<string | undefined> {
  for (const name of officialNames(part)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}

/** @throws DataError if a part is missing, or several files may be meant */
export async function findIdxFiles(dir: string): Promise<Readonly<Record<IdxPart, string>>> {
  const there = await stat(dir).catch(() => undefined);
  if (!there?.isDirectory()) {
    throw new DataError(
      `read ${dir}: ${there ? 'it is no folder' : 'no such folder'}; expected one with ${IDX_FILES.trainImages} and the three files that go with it (plain or .gz)${ofCifar([dir])}`,
    );
  }
  const entries = await readdir(dir, { withFileTypes: true });
  const hint = ofCifar(entries.map(({ name }) => name));
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const paths: Partial<Record<IdxPart, string>> = {};
  for (const part of IDX_PARTS) {
    paths[part] = (await findIdxFile(dir, part)) ?? join(dir, otherFile(dir, part, files, hint));
  }
  return paths as Record<IdxPart, string>;
}

const SHOWN = 6;

/** What to do about files of another dataset that is known, for the end of an error. */
function ofCifar(files: readonly string[]): string {
  return files.some((name) => CIFAR10.test(name))
    ? '. For CIFAR-10 there is loadCifar10 (--dataset cifar10)'
    : '';
}

function otherFile(dir: string, part: IdxPart, files: readonly string[], hint: string): string {
  const found = files.filter((name) => OTHER_NAMES[part].test(name));
  // The same file twice, plain and compressed.
  const isOne = new Set(found.map((name) => name.replace(/\.gz$/i, ''))).size === 1;
  if (isOne) return found[0]!;
  if (found.length > 0) {
    throw new DataError(
      `read ${dir}: several files may be meant by ${IDX_FILES[part]}: ${found.join(', ')}; put the four that belong together into a folder of their own`,
    );
  }
  const shown = files.slice(0, SHOWN).join(', ') || 'nothing';
  throw new DataError(
    `read ${dir}: no ${IDX_FILES[part]}; expected one of ${officialNames(part).join(', ')}. The folder has ${shown}${files.length > SHOWN ? ' and more' : ''}${hint}`,
  );
}
