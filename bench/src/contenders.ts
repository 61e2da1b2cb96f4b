// Who takes part: the entries that cases choose from, for this machine's threads and what is installed on it.
import { fileURLToPath } from 'node:url';
import type { Torch, TorchForm } from './peers/torch.js';
import { torchLaunch } from './peers/torch.js';
import type { Comparison, Entry } from './training-case.js';

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

const SIDE = fileURLToPath(new URL('./side.js', import.meta.url));

function nodeSide(side: string, name: string, threads = 1): Entry {
  return { name, threads, launch: { command: process.execPath, arguments: [SIDE, side] } };
}

/** 1, 2, 4, … and all. */
export function threadCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let threads = 1; threads < cores; threads *= 2) counts.push(threads);
  return [...counts, cores];
}

export class Contenders {
  readonly cores: number;
  readonly torch: Torch | undefined;

  constructor(cores: number, torch: Torch | undefined) {
    this.cores = cores;
    this.torch = torch;
  }

  /** What is not installed here, and so in no case. */
  get leftOut(): LeftOut[] {
    if (!this.torch) {
      return [{ name: 'PyTorch', reason: 'neither python3 nor /usr/bin/python3 can import torch' }];
    }
    if (this.torch.hasTorchvision) return [];
    return [{ name: 'PyTorch as the tutorial is written', reason: 'there is no torchvision' }];
  }

  lockstep(threads: number): Entry {
    return nodeSide('lockstep', lockstepName(threads), threads);
  }

  /** A trained model of ours, which answers on one thread. */
  lockstepAnswers(): Entry {
    return nodeSide('lockstep-answer', 'lockstep');
  }

  /** On one thread and on all. */
  lockstepBoth(): Entry[] {
    return this.cores > 1 ? [this.lockstep(1), this.lockstep(this.cores)] : [this.lockstep(1)];
  }

  /** A worker process of one thread for each core, over loopback. */
  cluster(): Entry {
    return nodeSide('lockstep-cluster', clusterName(this.cores), this.cores);
  }

  /** A cluster of ours against DistributedDataParallel, with as many processes. */
  clusterAgainstDdp(atLeast: number): Comparison {
    return {
      ours: clusterName(this.cores),
      theirs: [torchName('ddp', this.cores)],
      label: `PyTorch DDP, ${this.cores} processes`,
      atLeast,
    };
  }

  tensorflow(backend: 'wasm' | 'cpu'): Entry {
    return nodeSide(`tfjs-${backend}`, `tfjs-${backend}`);
  }

  jax(): Entry {
    return nodeSide('jax-js', 'jax-js');
  }

  brain(): Entry {
    return nodeSide('brain', 'brain.js');
  }

  /** None where PyTorch, or what the form needs, is missing. */
  torchForm(form: TorchForm, threads: number): Entry[] {
    const { torch } = this;
    if (!torch || (form === 'tutorial' && !torch.hasTorchvision)) return [];
    if (form === 'avx2' && torch.blas !== 'OpenBLAS') return [];
    return [{ name: torchName(form, threads), threads, launch: torchLaunch(torch, form, threads) }];
  }

  /** A form with each number of threads; the comparison takes the best. */
  torchThreads(form: ThreadedForm): Entry[] {
    return threadCounts(this.cores).flatMap((threads) => this.torchForm(form, threads));
  }

  /** Ours on all threads against the best of a form. */
  againstBest(form: ThreadedForm, atLeast?: number): Comparison {
    return {
      ours: lockstepName(this.cores),
      theirs: threadCounts(this.cores).map((threads) => torchName(form, threads)),
      label: `PyTorch ${FORMS[form]}, its best`,
      ...(atLeast !== undefined && { atLeast }),
    };
  }

  /** Both on one thread. */
  againstOne(form: ThreadedForm, atLeast?: number): Comparison {
    return {
      ours: lockstepName(1),
      theirs: [torchName(form, 1)],
      label: `PyTorch ${FORMS[form]}, 1 thread`,
      ...(atLeast !== undefined && { atLeast }),
    };
  }

  /** Ours on all threads against one other. */
  against(name: string, label: string, atLeast?: number): Comparison {
    return {
      ours: lockstepName(this.cores),
      theirs: [name],
      label,
      ...(atLeast !== undefined && { atLeast }),
    };
  }

  /** All threads against one, ours; the promise is for two. */
  scaling(atLeastOnTwo?: number): Comparison[] {
    if (this.cores === 1) return [];
    const atLeast = this.cores === 2 ? atLeastOnTwo : undefined;
    return [this.against(lockstepName(1), 'Lockstep, 1 thread', atLeast)];
  }
}

const FORMS = {
  preloaded: 'preloaded',
  avx2: 'preloaded, held to AVX2',
  foreach: 'preloaded, foreach Adam',
} as const;

/** The forms that take any number of threads. */
type ThreadedForm = keyof typeof FORMS;

export function lockstepName(threads: number): string {
  return `lockstep@${threads}`;
}

function clusterName(workers: number): string {
  return `lockstep-cluster@${workers}`;
}

export function torchName(form: TorchForm, threads: number): string {
  return `torch-${form}@${threads}`;
}
