// Who takes part: the entries that cases choose from, for this machine's threads and what is installed on it, and the
// comparisons between them. Ours take part once with each kind of kernels; PyTorch with every version, form and number of
// threads there is, and the peer is the best of them.
import { fileURLToPath } from 'node:url';
import type { Kernels, MeasuredKernels } from './kernels.js';
import { type AdamForm, type Torch, type TorchForm, torchLaunch } from './peers/torch.js';
import type { Comparison, Entry } from './training-case.js';

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** What a ratio is promised to come to, by kernels. */
export type Goals = Readonly<Partial<Record<Kernels, number>>>;

type Program = 'lockstep' | 'lockstep-cluster' | 'lockstep-mpi';

export interface Installed {
  readonly cores: number;
  readonly torches: readonly Torch[];
  /** Where torch_peer.py is. */
  readonly scripts: string;
  readonly kernels: MeasuredKernels;
  /** Why there is no MPI; undefined where there is. */
  readonly mpiLacks?: string | undefined;
}

const SIDE = fileURLToPath(new URL('./side.js', import.meta.url));

function nodeSide(name: string, threads = 1): Entry {
  return { name, threads, launch: { command: process.execPath, arguments: [SIDE, name] } };
}

/** 1, 2, 4, … and all. */
export function threadCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let threads = 1; threads < cores; threads *= 2) counts.push(threads);
  return [...counts, cores];
}

export class Contenders {
  readonly cores: number;
  readonly kernels: readonly Kernels[];
  readonly #installed: Installed;

  constructor(installed: Installed) {
    this.cores = installed.cores;
    this.kernels = installed.kernels.kinds;
    this.#installed = installed;
  }

  /** What is not installed here, and so in no case. */
  get leftOut(): LeftOut[] {
    const { torches, kernels, mpiLacks } = this.#installed;
    const all: LeftOut[] = [];
    if (mpiLacks !== undefined) all.push({ name: 'MPI', reason: mpiLacks });
    if (kernels.reason !== undefined) all.push({ name: 'native kernels', reason: kernels.reason });
    if (torches.length === 0) {
      const reason = 'neither python3 nor /usr/bin/python3 can import torch';
      all.push({ name: 'PyTorch', reason });
    } else if (!torches.some(({ hasTorchvision }) => hasTorchvision)) {
      all.push({ name: 'PyTorch as the tutorial is written', reason: 'there is no torchvision' });
    }
    return all;
  }

  /** On so many threads, with each kind of kernels. */
  lockstep(threads: number): Entry[] {
    return this.kernels.map((kernels) => oursOn('lockstep', kernels, threads));
  }

  /** With the quickest kernels alone. */
  lockstepAtBest(threads: number): Entry {
    return this.lockstep(threads).at(-1)!;
  }

  /** A trained model of ours, which answers on one thread. */
  lockstepAnswers(): Entry {
    return nodeSide('lockstep-answer');
  }

  /** On one thread and on all. */
  lockstepBoth(): Entry[] {
    return [...new Set([1, this.cores])].flatMap((threads) => this.lockstep(threads));
  }

  /** A worker process of one thread for each core, over loopback. */
  cluster(): Entry[] {
    return this.kernels.map((kernels) => oursOn('lockstep-cluster', kernels, this.cores));
  }

  /** The same as ranks of an MPI job, where there is one to be had. */
  clusterByMpi(): Entry[] {
    if (this.#installed.mpiLacks !== undefined) return [];
    return this.kernels.map((kernels) => oursOn('lockstep-mpi', kernels, this.cores));
  }

  tensorflow(backend: 'wasm' | 'cpu'): Entry {
    return nodeSide(`tfjs-${backend}`);
  }

  jax(): Entry {
    return nodeSide('jax-js');
  }

  brain(): Entry {
    return nodeSide('brain.js');
  }

  /** Every version with every form of Adam that it has, on each of these numbers of threads. */
  torch(counts = threadCounts(this.cores)): Entry[] {
    return this.#torchEntries('preloaded', counts);
  }

  /** Every version as it comes. */
  torchPlain(threads: number): Entry[] {
    return this.#torchEntries('preloaded', [threads], ['plain']);
  }

  /** As tutorials are written, where torchvision is. */
  torchTutorial(): Entry[] {
    return this.#torchEntries('tutorial', [1], ['plain']);
  }

  /** DistributedDataParallel with a process a core. */
  torchDdp(): Entry[] {
    return this.#torchEntries('ddp', [this.cores]);
  }

  /** Ours on all threads against the best of PyTorch on any number. */
  againstTorch(atLeast: Goals = {}): Comparison[] {
    const theirs = names(this.torch());
    return this.#compare('lockstep', this.cores, theirs, 'the best of PyTorch', atLeast);
  }

  /** Both on one thread. */
  againstTorchOnOne(atLeast: Goals = {}): Comparison[] {
    const theirs = names(this.torch([1]));
    return this.#compare('lockstep', 1, theirs, 'the best of PyTorch on 1 thread', atLeast);
  }

  againstTutorial(atLeast: Goals = {}): Comparison[] {
    const theirs = names(this.torchTutorial());
    const label = 'PyTorch as the tutorial is written';
    return this.#compare('lockstep', this.cores, theirs, label, atLeast);
  }

  /** Ours in one process against as many processes of theirs as there are cores. */
  againstDdp(atLeast: Goals = {}): Comparison[] {
    return this.#againstDdp('lockstep', atLeast);
  }

  clusterAgainstDdp(atLeast: Goals): Comparison[] {
    return this.#againstDdp('lockstep-cluster', atLeast);
  }

  /** Sums that go by MPI against sums that go by WebSockets. */
  mpiAgainstCluster(atLeast: Goals): Comparison[] {
    return this.clusterByMpi().map(({ name, kernels, threads }) => ({
      ...{ ours: name, kernels: kernels!, threads, label: 'the cluster over WebSockets' },
      theirs: [oursName('lockstep-cluster', kernels!, threads)],
      ...(atLeast[kernels!] !== undefined && { atLeast: atLeast[kernels!] }),
    }));
  }

  /** Ours on so many threads against one other. */
  against(
    name: string,
    label: string,
    { atLeast = {}, threads = this.cores }: { atLeast?: Goals; threads?: number } = {},
  ): Comparison[] {
    return this.#compare('lockstep', threads, [name], label, atLeast);
  }

  /** All threads against one, ours; the promise is for two. */
  scaling(onTwo: Goals = {}): Comparison[] {
    if (this.cores === 1) return [];
    return this.kernels.map((kernels) => ({
      ...{ kernels, threads: this.cores, label: 'Lockstep, 1 thread' },
      ours: oursName('lockstep', kernels, this.cores),
      theirs: [oursName('lockstep', kernels, 1)],
      ...(this.cores === 2 && onTwo[kernels] !== undefined && { atLeast: onTwo[kernels] }),
    }));
  }

  #againstDdp(program: Program, atLeast: Goals): Comparison[] {
    const label = `the best of PyTorch DDP, ${this.cores} processes`;
    return this.#compare(program, this.cores, names(this.torchDdp()), label, atLeast);
  }

  #compare(
    program: Program,
    threads: number,
    theirs: readonly string[],
    label: string,
    atLeast: Goals,
  ): Comparison[] {
    return this.kernels.map((kernels) => ({
      ...{ ours: oursName(program, kernels, threads), kernels, threads, theirs, label },
      ...(atLeast[kernels] !== undefined && { atLeast: atLeast[kernels] }),
    }));
  }

  #torchEntries(form: TorchForm, counts: readonly number[], only?: readonly AdamForm[]): Entry[] {
    const { torches, scripts } = this.#installed;
    return torches
      .filter(({ hasTorchvision }) => form !== 'tutorial' || hasTorchvision)
      .flatMap((torch) =>
        torch.adams
          .filter((adam) => only?.includes(adam) ?? true)
          .flatMap((adam) =>
            counts.map((threads) => ({
              name: torchName(torch, form, adam, threads),
              threads,
              launch: torchLaunch(torch, { scripts, form, adam }, threads),
            })),
          ),
      );
  }
}

function names(entries: readonly Entry[]): string[] {
  return entries.map(({ name }) => name);
}

function oursName(program: Program, kernels: Kernels, threads: number): string {
  return `${program}-${kernels}@${threads}`;
}

function oursOn(program: Program, kernels: Kernels, threads: number): Entry {
  const { launch } = nodeSide(program);
  return {
    ...{ name: oursName(program, kernels, threads), threads, kernels },
    launch: { ...launch, arguments: [...launch.arguments, kernels] },
  };
}

/** `torch-2.6@1`, `torch-2.6-fused@2`, `torch-1.13-ddp-foreach@2`. */
function torchName({ label }: Torch, form: TorchForm, adam: AdamForm, threads: number): string {
  const parts = [form === 'preloaded' ? [] : form, adam === 'plain' ? [] : adam].flat();
  return `${['torch', label, ...parts].join('-')}@${threads}`;
}
