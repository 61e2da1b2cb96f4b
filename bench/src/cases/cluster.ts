// The tutorials' network on a cluster of worker processes that talk over loopback, or by MPI,
// against DistributedDataParallel.
import type { Contenders } from '../contenders.js';
import type { TrainingCase } from '../training-case.js';
import { tutorial } from '../work.js';
import { SAMPLES } from './tutorial.js';

export function clusterCases(who: Contenders): TrainingCase[] {
  const { cores } = who;
  return [
    { batchSize: 64, learnSteps: 100, atLeast: { wasm: 5, native: 7 }, byMpi: { native: 2 } },
    { batchSize: 1024, learnSteps: 20, atLeast: { wasm: 1.5, native: 2 }, byMpi: {} },
  ].map(({ batchSize, learnSteps, atLeast, byMpi }) => ({
    name: `cluster-${batchSize}`,
    title: `784-128-64-10 on MNIST, Adam, batch ${batchSize}, a process a core`,
    work: tutorial(batchSize),
    data: 'mnist' as const,
    samples: SAMPLES,
    learnSteps,
    entries: [...who.cluster(), ...who.clusterByMpi(), ...who.lockstep(cores), ...who.torchDdp()],
    comparisons: [...who.clusterAgainstDdp(atLeast), ...who.mpiAgainstCluster(byMpi)],
  }));
}
