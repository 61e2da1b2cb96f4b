// The cases of all kernels.
import type { KernelName } from '../../contract/kernels.js';
import { CASES as activations } from './activations.js';
import { CASES as attention } from './attention.js';
import { CASES as broadcast } from './broadcast.js';
import type { Cases } from './case.js';
import { CASES as compare } from './compare.js';
import { CASES as convolution } from './convolution.js';
import { CASES as data } from './data.js';
import { CASES as elementwise } from './elementwise.js';
import { CASES as embedding } from './embedding.js';
import { CASES as gather } from './gather.js';
import { CASES as loss } from './loss.js';
import { CASES as matmul } from './matmul.js';
import { CASES as norm } from './norm.js';
import { CASES as pool } from './pool.js';
import { CASES as positions } from './positions.js';
import { CASES as random } from './random.js';
import { CASES as recurrence } from './recurrence.js';
import { CASES as reduce } from './reduce.js';
import { CASES as softmax } from './softmax.js';
import { CASES as sparse } from './sparse.js';
import { CASES as update } from './update.js';

export const CASES: Cases<Record<KernelName, unknown>> = {
  ...activations,
  ...attention,
  ...compare,
  ...{ ...broadcast, ...data, ...elementwise, ...loss, ...matmul },
  ...norm,
  ...pool,
  ...convolution,
  ...embedding,
  ...gather,
  ...positions,
  ...{ ...random, ...recurrence, ...reduce, ...softmax, ...sparse, ...update },
};
