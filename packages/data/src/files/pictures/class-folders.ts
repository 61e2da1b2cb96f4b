// Which pictures a folder holds, and of which class each is: a folder a class, with `train` and `test` around them or not.
// Invariant: the order is that of the names' code units, on every machine and file system. Nothing is opened here.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, permutation, STREAM } from '@lockstep/core';

/** A picture's file and its class. */
export interface PictureFile {
  readonly path: string;
  readonly label: number;
}

export interface ClassFolders {
  readonly classNames: readonly string[];
  readonly files: readonly PictureFile[];
  /** Files that are no pictures by their names. */
  readonly others: readonly string[];
}

const PICTURE = /\.(png|jpe?g)$/i;
/** What systems leave behind. */
const IGNORED = /^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)/;
const MAX_DEPTH = 16;

/** Names that a test folder goes by, the first that is there. */
const TEST_NAMES = ['test', 'val', 'valid', 'validation'];

export interface Parts {
  readonly train: string;
  /** Undefined where nothing is kept for testing. */
  readonly test: string | undefined;
}

/** @throws DataError if there is no such folder */
export async function findParts(folder: string): Promise<Parts> {
  const folders = await foldersIn(folder);
  if (!folders.includes('train')) return { train: folder, test: undefined };
  const test = TEST_NAMES.find((name) => folders.includes(name));
  return { train: join(folder, 'train'), test: test && join(folder, test) };
}

/**
 * @param known the classes of the training data, in their order; found here unless given
 * @throws DataError if it has no classes, one without pictures, or one that is not known
 */
export async function findClasses(
  folder: string,
  known?: readonly string[],
): Promise<ClassFolders> {
  const names = await foldersIn(folder);
  const classNames = known ?? names;
  if (names.length < (known ? 1 : 2)) {
    throw new DataError(
      `read ${folder}: ${names.length === 0 ? 'no folder' : `one folder (${names[0]})`} in it; expected a folder for each class, such as ${join(folder, 'cat')} and ${join(folder, 'dog')}, with pictures in them`,
    );
  }
  const files: PictureFile[] = [];
  const others: string[] = [];
  for (const name of names) {
    const label = classNames.indexOf(name);
    if (label === -1) {
      throw new DataError(
        `read ${folder}: the folder ${name} is no class of the training data: ${classNames.slice(0, 12).join(', ')}${classNames.length > 12 ? ', …' : ''}`,
      );
    }
    const found = await walk(join(folder, name));
    const pictures = found.filter((path) => PICTURE.test(path));
    others.push(...found.filter((path) => !PICTURE.test(path)));
    if (pictures.length === 0 && !known) {
      throw new DataError(
        `read ${folder}: the class ${name} has no pictures; expected .png, .jpg or .jpeg files in ${join(folder, name)}`,
      );
    }
    files.push(...pictures.map((path) => ({ path, label })));
  }
  if (files.length === 0) throw new DataError(`read ${folder}: there are no pictures in it`);
  return { classNames, files, others };
}

/**
 * Keeps a share of each class for testing.
 *
 * @throws DataError if a part would be empty
 */
export function splitFiles(
  files: readonly PictureFile[],
  share: number,
  seed: number,
): { train: PictureFile[]; test: PictureFile[] } {
  const train: PictureFile[] = [];
  const test: PictureFile[] = [];
  const labels = [...new Set(files.map(({ label }) => label))];
  for (const label of labels) {
    const own = files.filter((file) => file.label === label);
    const kept = Math.round(own.length * share);
    const forTest = new Set(permutation(own.length, seed, label, STREAM.split).subarray(0, kept));
    own.forEach((file, i) => {
      (forTest.has(i) ? test : train).push(file);
    });
  }
  if (train.length === 0 || test.length === 0) {
    throw new DataError(
      `readPictures: test ${share} of ${files.length} pictures leaves ${test.length} for testing and ${train.length} for training; expected at least one of each`,
    );
  }
  return { train, test };
}

async function foldersIn(folder: string): Promise<string[]> {
  const names = await namesIn(folder);
  const kinds = await Promise.all(names.map((name) => kindOf(join(folder, name))));
  return names.filter((_, i) => kinds[i] === 'folder');
}

async function walk(folder: string, depth = 0): Promise<string[]> {
  if (depth > MAX_DEPTH) throw new DataError(`read ${folder}: more than ${MAX_DEPTH} folders deep`);
  const paths: string[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const kind = await kindOf(path);
    if (kind === 'folder') paths.push(...(await walk(path, depth + 1)));
    else if (kind === 'file') paths.push(path);
  }
  return paths;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such folder' : cause.message;
    throw new DataError(`read ${folder}: ${why}`, { cause });
  });
  return names.filter((name) => !IGNORED.test(name)).sort();
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'other'> {
  const found = await stat(path);
  return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
}
