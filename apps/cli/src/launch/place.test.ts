// What every scheduler says, alone and within others, comes to one place, or to an error that names what to settle.
import { describe, expect, test } from 'vitest';
import { findPlace, type PlaceFlags } from './place.js';
import type { Environment } from './schedulers/scheduler.js';

const TORCHRUN = {
  ...{ RANK: '1', WORLD_SIZE: '2', LOCAL_RANK: '0', LOCAL_WORLD_SIZE: '1' },
  ...{ MASTER_ADDR: 'node1', MASTER_PORT: '29500', TORCHELASTIC_RUN_ID: 'none' },
};
const ON_ONE = { LOCAL_WORLD_SIZE: '2', LOCAL_RANK: '1' };
const SRUN = {
  ...{ SLURM_PROCID: '2', SLURM_NTASKS: '4', SLURM_LOCALID: '0', SLURM_JOB_ID: '123' },
  ...{ SLURM_JOB_NODELIST: 'gpu[008-010],x', SLURM_NODEID: '1', SLURM_STEP_ID: '0' },
  ...{ SLURM_TASKS_PER_NODE: '2,1(x2)' },
};
const MPIRUN = {
  ...{ OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2' },
  ...{ OMPI_COMM_WORLD_LOCAL_RANK: '1', OMPI_COMM_WORLD_LOCAL_SIZE: '2' },
};
const HYDRA = { PMI_RANK: '0', PMI_SIZE: '2', MPI_LOCALRANKID: '0', MPI_LOCALNRANKS: '2' };
/** As mpirun starts its daemons on the nodes of a job besides its own: a step, whose variables its ranks inherit. */
const DAEMON = {
  ...{ SLURM_JOB_ID: '9', SLURM_STEP_ID: '3', SLURM_JOB_NODELIST: 'n[1-3]', SLURM_NODEID: '1' },
  ...{ SLURM_PROCID: '1', SLURM_LOCALID: '0', SLURM_NTASKS: '2', SLURM_STEP_NUM_TASKS: '2' },
  ...{ SLURM_STEP_NODELIST: 'n[2-3]', SLURM_STEP_TASKS_PER_NODE: '1(x2)' },
};
/** The same job's script, on the node where mpirun is typed. */
const SCRIPT = {
  ...{ ENVIRONMENT: 'BATCH', SLURM_JOB_ID: '9', SLURM_JOB_NODELIST: 'n[1-3]', SLURM_NODEID: '0' },
  ...{ SLURM_PROCID: '0', SLURM_LOCALID: '0', SLURM_NTASKS: '6', SLURM_TASKS_PER_NODE: '2(x3)' },
};
const POD = {
  ...{ JOB_COMPLETION_INDEX: '3', LOCKSTEP_RANKS: '4', HOSTNAME: 'my-train-3' },
  LOCKSTEP_SERVICE: 'workers',
};

function placeOf(env: Environment, flags: PlaceFlags = {}) {
  const { scheduler, rank, ranks, localRank, localRanks, meeting } = findPlace(env, flags);
  const { host, port } = meeting;
  return { scheduler, rank, ranks, localRank, localRanks, at: `${host}:${port}` };
}

describe('each scheduler', () => {
  test.each<[string, Environment, object]>([
    [
      'torchrun',
      TORCHRUN,
      { scheduler: 'torchrun', rank: 1, ranks: 2, localRank: 0, localRanks: 1, at: 'node1:29500' },
    ],
    [
      'torchrun whose own store listens at its port',
      { ...TORCHRUN, TORCHELASTIC_USE_AGENT_STORE: 'True' },
      { at: 'node1:29501' },
    ],
    [
      'torchrun at the last port',
      { ...TORCHRUN, TORCHELASTIC_USE_AGENT_STORE: 'True', MASTER_PORT: '65535' },
      { at: 'node1:65534' },
    ],
    ['torchrun on one machine', { ...TORCHRUN, ...ON_ONE }, { at: '127.0.0.1:29500' }],
    [
      'the same variables by hand',
      { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: '10.0.0.1' },
      { scheduler: 'torchrun', rank: 0, ranks: 2, at: '10.0.0.1:7070' },
    ],
    [
      'an address of IPv6',
      { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: 'fd00::1' },
      { at: 'fd00::1:7070' },
    ],
    [
      'Slurm',
      SRUN,
      // 123 × 16 steps of a job.
      { scheduler: 'Slurm', rank: 2, ranks: 4, localRank: 0, localRanks: 1, at: 'gpu008:21968' },
    ],
    ['Slurm, its first node', { ...SRUN, SLURM_NODEID: '0' }, { localRanks: 2 }],
    [
      'Slurm, a step of fewer nodes and tasks than the job',
      { ...SRUN, SLURM_STEP_NODELIST: 'gpu010,x', SLURM_STEP_NUM_TASKS: '3' },
      { ranks: 3, at: 'gpu010:21968' },
    ],
    [
      'Slurm, another step of the job, at another port',
      { ...SRUN, SLURM_STEP_ID: '5' },
      { at: 'gpu008:21973' },
    ],
    [
      'Slurm, on one node',
      { ...SRUN, SLURM_JOB_NODELIST: 'gpu[008]' },
      { localRanks: 4, at: '127.0.0.1:21968' },
    ],
    ['Slurm with MASTER_ADDR', { ...SRUN, MASTER_ADDR: 'gpu008-ib' }, { at: 'gpu008-ib:21968' }],
    [
      'Slurm, a batch script of one task without srun',
      {
        ...{ ENVIRONMENT: 'BATCH', SLURM_JOB_ID: '7', SLURM_PROCID: '0' },
        ...{ SLURM_JOB_NUM_NODES: '1', SLURM_JOB_NODELIST: 'n1' },
      },
      { rank: 0, ranks: 1, at: '127.0.0.1:20112' },
    ],
    [
      'Open MPI',
      MPIRUN,
      {
        scheduler: 'Open MPI',
        rank: 1,
        ranks: 2,
        localRank: 1,
        localRanks: 2,
        at: '127.0.0.1:7070',
      },
    ],
    [
      'Open MPI on several machines, told where rank 0 is',
      {
        ...MPIRUN,
        OMPI_COMM_WORLD_LOCAL_RANK: '0',
        OMPI_COMM_WORLD_LOCAL_SIZE: '1',
        MASTER_ADDR: 'a',
      },
      { at: 'a:7070' },
    ],
    ['MPICH', HYDRA, { scheduler: 'MPICH (PMI)', rank: 0, ranks: 2, at: '127.0.0.1:7070' }],
    [
      'MPICH of Cray',
      { PMI_RANK: '1', PMI_SIZE: '2', PMI_LOCAL_RANK: '1', PMI_LOCAL_SIZE: '2' },
      { localRank: 1, localRanks: 2, at: '127.0.0.1:7070' },
    ],
    [
      'Kubernetes',
      POD,
      { scheduler: 'Kubernetes', rank: 3, ranks: 4, at: 'my-train-0.workers:7070' },
    ],
    [
      'our own',
      { LOCKSTEP_RANK: '1', LOCKSTEP_RANKS: '3', LOCKSTEP_COORDINATOR: 'n1:9000' },
      { scheduler: 'variables of its own', rank: 1, ranks: 3, at: 'n1:9000' },
    ],
    ['one rank alone', { RANK: '0', WORLD_SIZE: '1' }, { ranks: 1, at: '127.0.0.1:7070' }],
  ])('%s', (_, env, expected) => {
    expect(placeOf(env)).toMatchObject(expected);
  });

  test('says which variables it was recognised by, and how often it was started again', () => {
    const { variables, restarts } = findPlace({ ...SRUN, SLURM_RESTART_COUNT: '2' }, {});
    expect(variables).toEqual(expect.arrayContaining(['SLURM_PROCID=2', 'SLURM_NTASKS=4']));
    expect(variables.join(' ')).not.toContain('SLURM_STEP_NUM_TASKS');
    expect(restarts).toBe(2);
  });
});

describe('launchers within others: the innermost counts', () => {
  test.each<[string, Environment, object]>([
    [
      'torchrun in a task of Slurm',
      { ...SRUN, ...TORCHRUN, RANK: '5', WORLD_SIZE: '8' },
      { scheduler: 'torchrun', rank: 5, ranks: 8, at: 'node1:29500' },
    ],
    [
      'mpirun in a job of Slurm has its host',
      { ...SRUN, ...MPIRUN, OMPI_COMM_WORLD_LOCAL_RANK: '0', OMPI_COMM_WORLD_LOCAL_SIZE: '1' },
      { scheduler: 'Open MPI', rank: 1, ranks: 2, at: 'gpu008:21968' },
    ],
    [
      'mpirun in a batch script',
      { ENVIRONMENT: 'BATCH', SLURM_JOB_ID: '1', SLURM_PROCID: '0', SLURM_NTASKS: '4', ...MPIRUN },
      { scheduler: 'Open MPI', rank: 1, ranks: 2 },
    ],
    [
      'mpirun whose daemons srun has started',
      {
        ...DAEMON,
        ...{ OMPI_COMM_WORLD_RANK: '5', OMPI_COMM_WORLD_SIZE: '8' },
        ...{ OMPI_COMM_WORLD_LOCAL_RANK: '1', OMPI_COMM_WORLD_LOCAL_SIZE: '4' },
      },
      { scheduler: 'Open MPI', rank: 5, ranks: 8, localRank: 1, localRanks: 4, at: 'n1:20144' },
    ],
    [
      'its rank on the node of the script meets there, too',
      {
        ...SCRIPT,
        ...{ OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '8' },
        ...{ OMPI_COMM_WORLD_LOCAL_RANK: '0', OMPI_COMM_WORLD_LOCAL_SIZE: '4' },
      },
      { scheduler: 'Open MPI', rank: 0, ranks: 8, at: 'n1:20144' },
    ],
    [
      'mpirun whose daemons srun --mpi=pmi2 has started',
      {
        ...{ ...DAEMON, PMI_RANK: '1', PMI_SIZE: '2', PMI_FD: '8' },
        ...{ OMPI_COMM_WORLD_RANK: '5', OMPI_COMM_WORLD_SIZE: '8' },
      },
      { scheduler: 'Open MPI', rank: 5, ranks: 8 },
    ],
    [
      'mpirun whose daemons PALS has started',
      {
        ...{ ...MPIRUN, PMI_RANK: '0', PMI_SIZE: '1', PALS_RANKID: '0' },
      },
      { scheduler: 'Open MPI', rank: 1, ranks: 2 },
    ],
    [
      'mpiexec of MPICH in a job of Slurm',
      { ...DAEMON, PMI_RANK: '3', PMI_SIZE: '6', MPI_LOCALRANKID: '0', MPI_LOCALNRANKS: '3' },
      { scheduler: 'MPICH (PMI)', rank: 3, ranks: 6, at: 'n1:20144' },
    ],
    [
      'the same on the node of the script, where its numbers are by chance those of Slurm',
      { ...SCRIPT, PMI_RANK: '0', PMI_SIZE: '6', MPI_LOCALRANKID: '0', MPI_LOCALNRANKS: '2' },
      { scheduler: 'MPICH (PMI)', rank: 0, ranks: 6, at: 'n1:20144' },
    ],
    [
      'the same, known by its pipe alone',
      { ...SRUN, PMI_RANK: '3', PMI_SIZE: '6', PMI_FD: '9' },
      { scheduler: 'MPICH (PMI)', rank: 3, ranks: 6, at: 'gpu008:21968' },
    ],
    [
      'Slurm in a pod',
      { ...POD, ...SRUN, LOCKSTEP_RANKS: '' },
      { scheduler: 'Slurm', rank: 2, ranks: 4, at: 'gpu008:21968' },
    ],
    [
      'srun --mpi=pmi2 is Slurm',
      { ...SRUN, PMI_RANK: '2', PMI_SIZE: '4' },
      { scheduler: 'Slurm', rank: 2, ranks: 4, at: 'gpu008:21968' },
    ],
    [
      'torchrun in a pod',
      { ...POD, ...TORCHRUN, LOCKSTEP_RANKS: '' },
      { scheduler: 'torchrun', rank: 1, ranks: 2 },
    ],
    [
      'half of what torchrun says, if it agrees',
      { ...SRUN, WORLD_SIZE: '4', MASTER_ADDR: 'gpu008', MASTER_PORT: '12345' },
      { scheduler: 'Slurm', rank: 2, ranks: 4, at: 'gpu008:12345' },
    ],
    [
      'the same by hand and by Slurm',
      { ...SRUN, RANK: '2', WORLD_SIZE: '4' },
      { rank: 2, ranks: 4, at: 'gpu008:21968' },
    ],
    [
      'our own over everybody',
      { ...SRUN, LOCKSTEP_RANK: '0', LOCKSTEP_RANKS: '2' },
      { rank: 0, ranks: 2, at: 'gpu008:21968' },
    ],
  ])('%s', (_, env, expected) => {
    expect(placeOf(env)).toMatchObject(expected);
  });
});

describe('flags win', () => {
  test.each<[string, Environment, PlaceFlags, object]>([
    [
      'over everything',
      SRUN,
      { rank: 1, ranks: 2, coordinator: { host: 'h', port: 9 } },
      { rank: 1, ranks: 2, at: 'h:9' },
    ],
    ['over a part', SRUN, { ranks: 8 }, { rank: 2, ranks: 8, at: 'gpu008:21968' }],
    [
      'alone',
      {},
      { rank: 0, ranks: 2, coordinator: { host: 'h', port: undefined } },
      { scheduler: 'flags', rank: 0, ranks: 2, at: 'h:7070' },
    ],
    [
      'for what a pod does not know',
      { JOB_COMPLETION_INDEX: '0', HOSTNAME: 't-0', LOCKSTEP_SERVICE: 's' },
      { ranks: 2 },
      { rank: 0, ranks: 2, at: 't-0.s:7070' },
    ],
    [
      'over values that cannot be meant',
      { RANK: 'x', SLURM_PROCID: '-' },
      { rank: 0, ranks: 1 },
      { rank: 0 },
    ],
    ['over the port', TORCHRUN, { port: 1234 }, { at: 'node1:1234' }],
    [
      'over a place that cannot be meant',
      { ...POD, LOCKSTEP_COORDINATOR: 'ws://a', LOCKSTEP_SERVICE: 'a:1' },
      { coordinator: { host: 'h', port: undefined } },
      { rank: 3, at: 'h:7070' },
    ],
    [
      'over a machine that has fewer ranks than its own number',
      { ...TORCHRUN, LOCAL_RANK: '7' },
      { rank: 1, ranks: 2 },
      { localRank: undefined, localRanks: undefined, at: 'node1:29500' },
    ],
    [
      'and what they say otherwise is spread nobody knows how',
      MPIRUN,
      { rank: 2, ranks: 4, coordinator: { host: 'a', port: undefined } },
      { localRanks: undefined, at: 'a:7070' },
    ],
  ])('%s', (_, env, flags, expected) => {
    expect(placeOf(env, flags)).toMatchObject(expected);
  });
});

describe('what is missing, cannot be meant or contradicts is an error that names it', () => {
  test.each<[string, Environment, PlaceFlags, RegExp]>([
    [
      'nothing',
      {},
      {},
      /nobody says which rank.*RANK and WORLD_SIZE \(torchrun\).*--rank 0 --ranks 1/,
    ],
    [
      'a rank alone',
      { RANK: '1' },
      {},
      /RANK=1 is there, and WORLD_SIZE is not \(torchrun\).*--ranks/,
    ],
    ['ranks alone', { WORLD_SIZE: '4' }, {}, /WORLD_SIZE=4 is there, and RANK is not.*--rank/],
    [
      'half of Open MPI',
      { OMPI_COMM_WORLD_RANK: '0' },
      {},
      /OMPI_COMM_WORLD_SIZE is not \(Open MPI\)/,
    ],
    ['half of PMI', { PMI_SIZE: '2' }, {}, /PMI_RANK is not/],
    [
      'a pod that knows no number',
      { JOB_COMPLETION_INDEX: '1' },
      {},
      /LOCKSTEP_RANKS is not \(Kub/,
    ],
    ['half of our own', { LOCKSTEP_RANK: '1' }, {}, /LOCKSTEP_RANKS is not/],
    ['a flag alone', {}, { rank: 1 }, /--rank is given, and nothing says --ranks/],
    ['no number', { RANK: 'one', WORLD_SIZE: '2' }, {}, /RANK=one: expected a whole number from 0/],
    [
      'a negative number',
      { SLURM_PROCID: '-1', SLURM_NTASKS: '2' },
      {},
      /SLURM_PROCID=-1: expected/,
    ],
    [
      'a rank too high',
      { RANK: '2', WORLD_SIZE: '2' },
      {},
      /^launch: RANK=2: expected 0 to 1, by WORLD_SIZE=2$/,
    ],
    [
      'a rank of this machine too high',
      { ...TORCHRUN, LOCAL_RANK: '1' },
      {},
      /LOCAL_RANK=1: expected 0 to 0, by LOCAL_WORLD_SIZE=1; unset it, or give --rank/,
    ],
    [
      'the same, where nobody says how many there are',
      { RANK: '0', WORLD_SIZE: '2', LOCAL_RANK: '2', MASTER_ADDR: 'a' },
      {},
      /LOCAL_RANK=2: expected 0 to 1, by WORLD_SIZE=2/,
    ],
    [
      'the same of Slurm',
      { ...SRUN, SLURM_LOCALID: '1' },
      {},
      /SLURM_LOCALID=1: expected 0 to 0, by SLURM_TASKS_PER_NODE=2,1\(x2\)/,
    ],
    [
      'the same of Open MPI',
      { ...MPIRUN, OMPI_COMM_WORLD_LOCAL_RANK: '2' },
      {},
      /LOCAL_RANK=2: expected 0 to 1, by OMPI_COMM_WORLD_LOCAL_SIZE=2/,
    ],
    [
      'the same of MPICH',
      { ...HYDRA, MPI_LOCALRANKID: '2' },
      {},
      /MPI_LOCALRANKID=2: expected 0 to 1, by MPI_LOCALNRANKS=2/,
    ],
    [
      'more ranks on this machine than there are',
      { ...TORCHRUN, LOCAL_WORLD_SIZE: '3' },
      {},
      /LOCAL_WORLD_SIZE=3: expected 1 to 2 ranks on this machine, by WORLD_SIZE=2/,
    ],
    [
      'none on this machine',
      { ...TORCHRUN, LOCAL_WORLD_SIZE: '0' },
      {},
      /LOCAL_WORLD_SIZE=0: expected 1 to 2/,
    ],
    ['a flag too high', TORCHRUN, { rank: 2 }, /--rank 2: expected 0 to 1, by WORLD_SIZE=2/],
    ['a part of a number', { ...TORCHRUN, LOCAL_RANK: '0.5' }, {}, /LOCAL_RANK=0.5: expected a wh/],
    [
      'no number of starts',
      { ...TORCHRUN, TORCHELASTIC_RESTART_COUNT: '-1' },
      {},
      /TORCHELASTIC_RESTART_COUNT=-1: expected a whole number/,
    ],
    ['no ranks', { RANK: '0', WORLD_SIZE: '0' }, {}, /WORLD_SIZE=0: expected 1 to 256 ranks/],
    ['too many', { RANK: '0', WORLD_SIZE: '257' }, {}, /WORLD_SIZE=257: expected 1 to 256/],
    [
      'a rank by hand that is not of Slurm',
      { ...SRUN, RANK: '0', WORLD_SIZE: '4' },
      {},
      /contradict each other: by RANK=0 \(torchrun\) the rank is 0, by SLURM_PROCID=2 \(Slurm\) 2; unset/,
    ],
    [
      'a rank of PMI by hand that is not of Slurm',
      { ...SRUN, PMI_RANK: '0', PMI_SIZE: '4' },
      {},
      /by PMI_RANK=0 \(MPICH \(PMI\)\) the rank is 0, by SLURM_PROCID=2 \(Slurm\) 2/,
    ],
    [
      'ranks of PMI by hand that are not of Slurm',
      { ...SRUN, PMI_RANK: '2', PMI_SIZE: '8' },
      {},
      /by PMI_SIZE=8 .* the ranks are 8, by SLURM_NTASKS=4 /,
    ],
    [
      'ranks of PMI by hand that are not of Open MPI',
      { ...MPIRUN, PMI_RANK: '1', PMI_SIZE: '3' },
      {},
      /by OMPI_COMM_WORLD_SIZE=2 \(Open MPI\) the ranks are 2, by PMI_SIZE=3 /,
    ],
    [
      'ranks of PMI by hand that are not of torchrun',
      { ...TORCHRUN, PMI_RANK: '0', PMI_SIZE: '2' },
      {},
      /by RANK=1 \(torchrun\) the rank is 1, by PMI_RANK=0/,
    ],
    [
      'half of torchrun that is not of Slurm',
      { ...SRUN, WORLD_SIZE: '8' },
      {},
      /by SLURM_NTASKS=4 \(Slurm\) the ranks are 4, by WORLD_SIZE=8 \(torchrun\) 8/,
    ],
    [
      'a batch script',
      { ENVIRONMENT: 'BATCH', SLURM_JOB_ID: '1', SLURM_PROCID: '0', SLURM_NTASKS: '4' },
      {},
      /Slurm: this is the batch script itself.*put srun before/,
    ],
    [
      'a batch script on several nodes for which nobody asked for tasks',
      { ENVIRONMENT: 'BATCH', SLURM_JOB_ID: '1', SLURM_PROCID: '0', SLURM_JOB_NUM_NODES: '2' },
      {},
      /this is the batch script itself/,
    ],
    [
      'a shell of salloc',
      { SLURM_JOB_ID: '1', SLURM_NTASKS: '4' },
      {},
      /a shell of the job.*put srun/,
    ],
    [
      'Open MPI on several machines',
      { ...MPIRUN, OMPI_COMM_WORLD_LOCAL_RANK: '0', OMPI_COMM_WORLD_LOCAL_SIZE: '1' },
      {},
      /nobody says on which machine rank 0 is \(not by Open MPI\); give --coordinator HOST.*mpirun -x MASTER_ADDR=HOST/,
    ],
    [
      'a pod without a service',
      { ...POD, LOCKSTEP_SERVICE: '' },
      {},
      /--coordinator HOST.*LOCKSTEP_SERVICE/,
    ],
    [
      'a service that is no host name',
      { ...POD, LOCKSTEP_SERVICE: 'workers:7070' },
      {},
      /Kubernetes: LOCKSTEP_SERVICE=workers:7070: expected the name of the headless Service.*--coordinator/,
    ],
    [
      'a pod of another name than an indexed Job gives',
      { ...POD, HOSTNAME: 'my-train-2' },
      {},
      /Kubernetes: HOSTNAME=my-train-2: expected the Job's name and -3, by JOB_COMPLETION_INDEX=3/,
    ],
    [
      'a pod without a name',
      { ...POD, HOSTNAME: '' },
      {},
      /Kubernetes: HOSTNAME is not there: expected the Job's name/,
    ],
    [
      'flags without a place',
      {},
      { rank: 0, ranks: 2 },
      /nobody says on which machine rank 0 is; give --coord/,
    ],
    [
      'a host with a port',
      { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: 'a:1' },
      {},
      /MASTER_ADDR=a:1: expected a host/,
    ],
    [
      'an address that is none',
      { RANK: '0', WORLD_SIZE: '2', MASTER_ADDR: '10.0.0' },
      {},
      /MASTER_ADDR=10.0.0: expected a host/,
    ],
    [
      'no port',
      { ...TORCHRUN, MASTER_PORT: 'x' },
      {},
      /MASTER_PORT=x: expected a whole number from 0; unset it, or give --port/,
    ],
    [
      'a port that is none',
      { ...TORCHRUN, MASTER_PORT: '70000' },
      {},
      /MASTER_PORT=70000: expected a port/,
    ],
    [
      'a URL',
      { ...TORCHRUN, LOCKSTEP_COORDINATOR: 'ws://a' },
      {},
      /LOCKSTEP_COORDINATOR=ws:\/\/a: expected HOST/,
    ],
    [
      'two ports',
      TORCHRUN,
      { coordinator: { host: 'a', port: 1 }, port: 2 },
      /--coordinator has port 1, and --port is 2/,
    ],
    [
      'a list of hosts that is none',
      { ...SRUN, SLURM_JOB_NODELIST: 'n[1-' },
      {},
      /SLURM_JOB_NODELIST=n\[1-/,
    ],
    [
      'counts that are none',
      { ...SRUN, SLURM_TASKS_PER_NODE: '2*3' },
      {},
      /SLURM_TASKS_PER_NODE=2\*3: expected tasks/,
    ],
    [
      'counts that are none behind those of this node',
      { ...SRUN, SLURM_STEP_TASKS_PER_NODE: '2(x3),many' },
      {},
      /SLURM_STEP_TASKS_PER_NODE=2\(x3\),many: expected tasks by node/,
    ],
    [
      'counts that are none of a step on one node',
      { ...SRUN, SLURM_STEP_NODELIST: 'x', SLURM_STEP_TASKS_PER_NODE: '-4' },
      {},
      /SLURM_STEP_TASKS_PER_NODE=-4: expected tasks by node/,
    ],
  ])('%s', (_, env, flags, message) => {
    expect(() => findPlace(env, flags)).toThrow(message);
    expect(() => findPlace(env, flags)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
