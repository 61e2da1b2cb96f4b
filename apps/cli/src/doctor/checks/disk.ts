// Whether runs can be written where they are written unless it is told otherwise: runs/ in the working folder.
import { join } from 'node:path';
import type { Check } from '../check.js';
import { examineFolder, judgeFolder } from '../folder.js';

const MiB = 2 ** 20;
/** Of a small run: two checkpoints and the weights. */
const NEED = {
  leastBytes: 64 * MiB,
  enoughBytes: 1024 * MiB,
  otherwise: 'write runs elsewhere with --out DIR',
};

export const disk: Check = {
  id: 'disk',
  title: 'Disk',
  look: async ({ cwd }) => judgeFolder(await examineFolder(join(cwd, 'runs')), NEED),
};
