// Every scheduler there is, the innermost first: torchrun runs in tasks of Slurm and mpirun in jobs of it, Slurm in pods, and never
// the other way round. A new one is its file and a line.
import { kubernetes } from './kubernetes.js';
import { openMpi } from './open-mpi.js';
import { own } from './own.js';
import { pmi } from './pmi.js';
import type { Scheduler } from './scheduler.js';
import { slurm } from './slurm.js';
import { torchrun } from './torchrun.js';

export const SCHEDULERS: readonly Scheduler[] = [own, torchrun, openMpi, pmi, slurm, kubernetes];
