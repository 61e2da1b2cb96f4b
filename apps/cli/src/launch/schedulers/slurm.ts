// Slurm: a task that srun started. Rank 0 is on the first node of the step.
// The batch script itself, and the shell of salloc, have variables of the job and are no tasks: they would wait for ranks that nobody starts.
// Source: srun(1), "OUTPUT ENVIRONMENT VARIABLES"; sbatch(1), the same.
import { hostsOf } from './host-list.js';
import type { Scheduler, Sighting, Variables } from './scheduler.js';

const VARIABLES = {
  rank: ['SLURM_PROCID'],
  ranks: ['SLURM_STEP_NUM_TASKS', 'SLURM_NTASKS', 'SLURM_NPROCS'],
  localRank: ['SLURM_LOCALID'],
  localRanks: ['SLURM_STEP_TASKS_PER_NODE', 'SLURM_TASKS_PER_NODE'],
};
const NODES_OF_JOB = ['SLURM_JOB_NODELIST', 'SLURM_NODELIST'] as const;
const NODES = ['SLURM_STEP_NODELIST', ...NODES_OF_JOB] as const;
const NODE_COUNTS = ['SLURM_STEP_NUM_NODES', 'SLURM_JOB_NUM_NODES', 'SLURM_NNODES'] as const;
/** Only srun sets these. */
const OF_A_STEP = ['SLURM_STEP_ID', 'SLURM_STEPID', 'SLURM_STEP_NODELIST'] as const;

/** Ports of jobs that share a machine differ by their numbers; Linux hands out those above on its own. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const STEPS = 16;

export const slurm: Scheduler = {
  name: 'Slurm',
  variables: VARIABLES,
  hostHint: 'SLURM_JOB_NODELIST',
  coresHint: 'srun --cpus-per-task N',
  read: (variables) => {
    const rank = variables.number(...VARIABLES.rank);
    const job = variables.number('SLURM_JOB_ID', 'SLURM_JOBID');
    if (rank === undefined && job === undefined) return undefined;
    const ranks = variables.number(...VARIABLES.ranks) ?? oneOf(variables, rank);
    const hosts = hostsIn(variables, NODES);
    const onThisNode = tasksHere(variables);
    return {
      ...{ rank, ranks },
      localRank: variables.number(...VARIABLES.localRank),
      localRanks: hosts?.length === 1 ? ranks : onThisNode,
      host: firstOf(hosts, variables, NODES),
      port: job === undefined ? undefined : portOf(job, variables.number('SLURM_STEP_ID') ?? 0),
      // mpirun starts its daemons by a step of the nodes besides its own, and ranks of its own node are in none.
      ofJob: {
        host: firstOf(hostsIn(variables, NODES_OF_JOB), variables, NODES_OF_JOB),
        port: job === undefined ? undefined : portOf(job),
      },
      restarts: variables.number('SLURM_RESTART_COUNT'),
      fault: faultOf(variables, { rank, ranks }),
      outranks: 'launchers',
    };
  },
};

/** A job on one node for which nobody asked for tasks has one. */
function oneOf(variables: Variables, rank: number | undefined): number | undefined {
  return rank === 0 && isBatchScript(variables) && variables.number(...NODE_COUNTS) === 1
    ? 1
    : undefined;
}

function isBatchScript(variables: Variables): boolean {
  return variables.text('ENVIRONMENT') === 'BATCH' && variables.nameOf(...OF_A_STEP) === undefined;
}

function faultOf(
  variables: Variables,
  { rank, ranks }: Pick<Sighting, 'rank' | 'ranks'>,
): string | undefined {
  if (rank === undefined) {
    return 'this is a shell of the job, and no task of it (there is no SLURM_PROCID); put srun before the command';
  }
  if (ranks === 1 || !isBatchScript(variables)) return undefined;
  return 'this is the batch script itself, and no task of it; put srun before the command: srun lockstep launch …';
}

function hostsIn(variables: Variables, names: readonly string[]): readonly string[] | undefined {
  const list = variables.text(...names);
  return list === undefined ? undefined : hostsOf(list, variables.nameOf(...names)!);
}

function firstOf(
  hosts: readonly string[] | undefined,
  variables: Variables,
  names: readonly string[],
): Sighting['host'] {
  return hosts && { name: hosts[0]!, from: `the first host of ${variables.nameOf(...names)}` };
}

/** @param step undefined for all ranks of the job */
function portOf(job: number, step?: number): { number: number; from: string } {
  return {
    number: FIRST_PORT + ((job * STEPS + ((step ?? 0) % STEPS)) % PORTS),
    from: step === undefined ? 'from SLURM_JOB_ID' : 'from SLURM_JOB_ID and SLURM_STEP_ID',
  };
}

/**
 * `2(x3),1`: two on each of the first three nodes, and one on the last.
 *
 * @throws UsageError if it is no such list
 */
function tasksHere(variables: Variables): number | undefined {
  const counts = variables.text(...VARIABLES.localRanks);
  const node = variables.number('SLURM_NODEID');
  let first = 0;
  let here: number | undefined;
  for (const part of counts?.split(',') ?? []) {
    const [, tasks, times = '1'] = /^(\d{1,9})(?:\(x(\d{1,9})\))?$/.exec(part.trim()) ?? [];
    if (tasks === undefined) {
      throw variables.fault('tasks by node, such as 2(x3),1', ...VARIABLES.localRanks);
    }
    first += Number(times);
    if (node !== undefined && node < first) here ??= Number(tasks);
  }
  return here;
}
