// Whether datasets can be kept where they are kept.
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { cacheFolder } from '@lockstep/data';
import type { Check, Place } from '../check.js';
import { examineFolder, judgeFolder } from '../folder.js';

const MiB = 2 ** 20;
/** MNIST takes 11 MiB there, CIFAR-10 163. */
const NEED = {
  leastBytes: 16 * MiB,
  enoughBytes: 256 * MiB,
  otherwise: 'keep datasets elsewhere with LOCKSTEP_CACHE=DIR, or give them with --data-dir',
};

export const cache: Check = {
  id: 'cache',
  title: 'Cache',
  look: async ({ env }) => judgeFolder(await examineFolder(cachePlace(env)), NEED),
};

/** Where the cache is, or would be: for a user without a home `cacheFolder` makes a folder, and nothing is to be made here. */
export function cachePlace(env: Place['env']): string {
  const nowhere = join(tmpdir(), randomUUID());
  const place = cacheFolder({ env, temporary: nowhere });
  return place.startsWith(nowhere) ? join(tmpdir(), relative(nowhere, place)) : place;
}
