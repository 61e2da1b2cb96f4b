// The random cases of all kernels.
import type { KernelName } from '../../../contract/kernels.js';
import type { RandomCases } from '../random-case.js';
import { CASES as attention } from './attention.js';
import { CASES as convolution } from './convolution.js';
import { CASES as elements } from './elements.js';
import { CASES as lists } from './lists.js';
import { CASES as matmul } from './matmul.js';
import { CASES as norm } from './norm.js';
import { CASES as pool } from './pool.js';
import { CASES as recurrence } from './recurrence.js';
import { CASES as rows } from './rows.js';
import { CASES as samples } from './samples.js';
import { CASES as strided } from './strided.js';
import { CASES as update } from './update.js';

export const CASES: RandomCases<Record<KernelName, unknown>> = {
  ...attention,
  ...convolution,
  ...elements,
  ...lists,
  ...matmul,
  ...norm,
  ...pool,
  ...recurrence,
  ...rows,
  ...samples,
  ...strided,
  ...update,
};
