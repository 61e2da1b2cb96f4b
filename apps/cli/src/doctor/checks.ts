// All checks, in the order in which they are told. A new one is its file and a line here.
import type { Check } from './check.js';
import { cache } from './checks/cache.js';
import { clock } from './checks/clock.js';
import { cores } from './checks/cores.js';
import { datasets } from './checks/datasets.js';
import { disk } from './checks/disk.js';
import { environment } from './checks/environment.js';
import { kernels } from './checks/kernels.js';
import { limits } from './checks/limits.js';
import { memory } from './checks/memory.js';
import { node } from './checks/node.js';
import { packages } from './checks/packages.js';
import { ports } from './checks/ports.js';
import { sharedMemory } from './checks/shared-memory.js';
import { simd } from './checks/simd.js';
import { threads } from './checks/threads.js';

export const CHECKS: readonly Check[] = [
  ...[node, packages, environment, clock],
  ...[cores, simd, kernels, threads],
  ...[memory, sharedMemory, limits],
  ...[disk, cache, datasets, ports],
];
