// Every code an error of Lockstep can have, and what it means. docs/errors.md shows this list; a test compares them.
// Invariant: a code that was published keeps its meaning.

/** Code → when an error has it. */
export const ERROR_CODES = {
  address: 'an address to listen on is taken, or cannot be listened on',
  audit: 'a worker computed an audited step otherwise than most others, and was let go',
  checkpoint: 'a checkpoint cannot be written, read or trusted',
  config: 'an option or setting is unknown, missing or out of its range',
  data: 'a dataset is not what it should be: a damaged file, a label out of range, a missing value',
  disk: 'a cluster cannot write or read its checkpoint; its workers keep what they hold',
  divergence: 'two workers hold different states of one step',
  download: 'a dataset could not be downloaded',
  engine: 'the kernels, or the machine under them, cannot do what the run needs',
  format: 'bytes are not a valid file of their format, or a value cannot be written in it',
  graph: 'a graph is not valid: an unknown operator, a cycle, a dangling input, an absurd size',
  etcd: 'no member of an etcd answers, or one answers what cannot be used',
  fenced: 'a coordinator leads its run no longer: another one does, or may',
  'in-use': 'another process works in the run’s folder',
  insecure: 'a listener would be open to strangers without TLS',
  internal: 'a defect of Lockstep: something happened that should be impossible',
  interrupted: 'a person or the system asked the command to stop',
  journal: 'a journal of a cluster cannot be written, read or trusted',
  'kernel-memory': 'the machine does not give the memory that the kernels need',
  mesh: 'workers of a run that must be a mesh cannot reach each other; the newest step is saved',
  mpi: 'a call of MPI fails, or not all ranks of its job begin with it',
  native: 'the compiled kernels were asked for, and this machine has none',
  'non-finite': 'a loss, gradient or parameter became NaN or infinite; the last good state is kept',
  output: 'results cannot be written: nobody reads them any longer, or the disk is full',
  protocol: 'a peer sent what the protocol does not allow, or does not speak it',
  refused: 'the other side of a connection answered, and does not want this one',
  'run-failed': 'a worker ended because its run did, for the reason that the message gives',
  shape: 'shapes do not fit together',
  store: 'an object store cannot be read or written, or holds what was not written there',
  'thread-lost': 'compute threads died again and again, or could not be started',
  timeout: 'the other side of a connection said nothing in time',
  unreachable: 'nobody answers at an address, or who answers is too busy',
  stopped: 'a run was told to stop',
  usage: 'a flag or an argument of the command line is wrong',
  worker: 'a worker ended without its run having ended',
  wire: 'bytes or values at the network’s edge are not what the protocol allows',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** A code from outside, as of another version's peer; `internal` stands for one that is not in the list. */
export function toErrorCode(code: string): ErrorCode {
  return Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'internal';
}
