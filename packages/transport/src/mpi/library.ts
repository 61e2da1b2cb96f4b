// The few calls of an MPI library that are used, through koffi: Open MPI 4 and 5, whose handles are addresses of its symbols, and
// MPICH and its kin (Intel MPI, MVAPICH), whose handles are numbers. Both packages may be absent; then it says what to install.
// Nothing here waits in the thread that computes: what may wait, the beginning and the end, goes to a thread of koffi's.
import { ConfigError, LockstepError } from '@lockstep/errors';

/** As `mpi.h` has it; 0 in all of them. */
const SUCCESS = 0;
/** RTLD_NOW, RTLD_GLOBAL and RTLD_NODELETE, of Linux. */
const OPEN_FOR_GOOD = 0x1102;
/** Calls come from several threads, one at a time. */
const THREAD_SERIALIZED = 2;
const MAX_ERROR_BYTES = 1024;

/** What an implementation passes for a communicator, a type and so on: numbers that fit a register. */
interface Handles {
  readonly world: number;
  readonly byte: number;
  readonly errorsReturn: number;
  readonly statusIgnore: number;
}

interface Family {
  readonly name: string;
  /** Variables that its launcher gives each rank. */
  readonly signs: readonly string[];
  readonly files: readonly string[];
  readonly install: string;
  handles(addressOf: (symbol: string) => number | undefined): Handles | undefined;
}

const OPEN_MPI: Family = {
  name: 'Open MPI',
  signs: ['OMPI_COMM_WORLD_RANK', 'PMIX_RANK'],
  files: ['libmpi.so.40', 'libmpi.so'],
  install: 'Debian: apt install openmpi-bin',
  handles(addressOf) {
    const world = addressOf('ompi_mpi_comm_world');
    const byte = addressOf('ompi_mpi_byte');
    const errorsReturn = addressOf('ompi_mpi_errors_return');
    if (!world || !byte || !errorsReturn) return undefined;
    return { world, byte, errorsReturn, statusIgnore: 0 };
  },
};

const MPICH: Family = {
  name: 'MPICH',
  signs: ['PMI_RANK'],
  files: ['libmpi.so.12', 'libmpich.so.12', 'libmpi.so'],
  install: 'Debian: apt install mpich',
  // The numbers of the ABI that MPICH and its kin have in common since 2014.
  handles: (addressOf) =>
    addressOf('ompi_mpi_comm_world')
      ? undefined
      : { world: 0x44000000, byte: 0x4c00010d, errorsReturn: 0x54000001, statusIgnore: 1 },
};

type Call = (...values: unknown[]) => number;
type Name = keyof typeof SIGNATURES;
type Calls = Readonly<Record<Name, KoffiFunction>>;

/** A call that is under way. Its memory is MPI's until it is done. */
export interface MpiRequest {
  readonly handle: Uint8Array;
  readonly memory: Uint8Array;
  isDone: boolean;
}

/** What a job does with MPI once it has begun. */
export interface MpiCalls {
  readonly rank: number;
  readonly size: number;
  send(memory: Uint8Array, to: number, tag: number): MpiRequest;
  receive(memory: Uint8Array, from: number, tag: number): MpiRequest;
  /** Whether a message is there to be received. */
  isHere(from: number, tag: number): boolean;
  /** @throws LockstepError if it has failed */
  isDone(request: MpiRequest): boolean;
  /** MPI_Finalize, in another thread: it may wait for all ranks. */
  finalize(): Promise<void>;
  /** Stands still, which costs no core. */
  nap(microseconds: number): void;
  /** Ends the process at once: Node would wait for a call that does not come back. */
  exit(status: number): void;
}

/** An MPI library, loaded and not begun. */
export class MpiLibrary implements MpiCalls {
  readonly #handles: Handles;
  readonly #call: Calls;
  readonly #exit: Call;
  readonly #nap: Call;
  readonly #number = new Int32Array(1);
  /** A field, so that it is not collected while MPI_Init_thread may write to it from another thread. */
  readonly #provided = new Int32Array(1);

  /** @throws ConfigError if this is no rank of a job, or koffi or the library is not there */
  static async load(env: Readonly<Record<string, string | undefined>>): Promise<MpiLibrary> {
    if (process.platform !== 'linux') {
      throw new ConfigError(`MPI: it is used on Linux alone, this is ${process.platform}`);
    }
    const family = [OPEN_MPI, MPICH].find(({ signs }) => signs.some((name) => env[name]));
    if (!family) {
      const signs = [...OPEN_MPI.signs, ...MPICH.signs].join(', ');
      throw new ConfigError(
        `MPI: this process is no rank of an MPI job: none of ${signs} is set; start it with mpirun, or without MPI`,
      );
    }
    const koffi = await import('koffi').catch((cause: Error) => {
      const words = `koffi cannot be loaded (${cause.message.split('\n')[0]})`;
      throw new ConfigError(`MPI: ${words}; install it beside lockstep: npm install koffi`, {
        cause,
      });
    });
    return new MpiLibrary((koffi.default ?? koffi) as unknown as Koffi, family);
  }

  private constructor(koffi: Koffi, family: Family) {
    const { library, handles } = open(koffi, family);
    this.#handles = handles;
    this.#call = Object.fromEntries(
      Object.entries(SIGNATURES).map(([name, types]) => [
        name,
        library.func(`int MPI_${name}(${types})`),
      ]),
    ) as Calls;
    const system = koffi.load(null);
    this.#exit = system.func('void _exit(int status)');
    this.#nap = system.func('int usleep(uint32_t us)');
  }

  /** MPI_Init_thread, in another thread: it waits for all ranks. */
  init(): Promise<void> {
    return this.#apart('Init_thread', 0, 0, THREAD_SERIALIZED, this.#provided);
  }

  finalize(): Promise<void> {
    return this.#apart('Finalize');
  }

  /** From now on calls that fail say so, rather than ending the process. */
  returnErrors(): void {
    this.#check('Comm_set_errhandler', this.#handles.world, this.#handles.errorsReturn);
  }

  get rank(): number {
    this.#check('Comm_rank', this.#handles.world, this.#number);
    return this.#number[0]!;
  }

  get size(): number {
    this.#check('Comm_size', this.#handles.world, this.#number);
    return this.#number[0]!;
  }

  send(memory: Uint8Array, to: number, tag: number): MpiRequest {
    return this.#begin('Isend', memory, to, tag);
  }

  receive(memory: Uint8Array, from: number, tag: number): MpiRequest {
    return this.#begin('Irecv', memory, from, tag);
  }

  /** The same bytes for all ranks: those that `root` has. */
  broadcast(memory: Uint8Array, root: number): MpiRequest {
    const request = { handle: new Uint8Array(8), memory, isDone: false };
    const { world, byte } = this.#handles;
    this.#check('Ibcast', memory, memory.length, byte, root, world, request.handle);
    return request;
  }

  isHere(from: number, tag: number): boolean {
    const { world, statusIgnore } = this.#handles;
    this.#check('Iprobe', from, tag, world, this.#number, statusIgnore);
    return this.#number[0] !== 0;
  }

  isDone(request: MpiRequest): boolean {
    if (request.isDone) return true;
    this.#check('Test', request.handle, this.#number, this.#handles.statusIgnore);
    request.isDone = this.#number[0] !== 0;
    return request.isDone;
  }

  nap(microseconds: number): void {
    this.#nap(microseconds);
  }

  exit(status: number): void {
    this.#exit(status);
  }

  #begin(name: 'Isend' | 'Irecv', memory: Uint8Array, rank: number, tag: number): MpiRequest {
    const request = { handle: new Uint8Array(8), memory, isDone: false };
    const { world, byte } = this.#handles;
    this.#check(name, memory, memory.length, byte, rank, tag, world, request.handle);
    return request;
  }

  #check(name: Name, ...values: unknown[]): void {
    const code = this.#call[name](...values);
    if (code !== SUCCESS) throw this.#failure(name, code);
  }

  #apart(name: Name, ...values: unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#call[name].async(...values, (error: Error | null, code: number) => {
        if (error) reject(error);
        else if (code !== SUCCESS) reject(this.#failure(name, code));
        else resolve();
      });
    });
  }

  #failure(name: string, code: number): LockstepError {
    const text = new Uint8Array(MAX_ERROR_BYTES);
    const hasText = this.#call.Error_string(code, text, this.#number) === SUCCESS;
    const words = hasText ? new TextDecoder().decode(text.subarray(0, this.#number[0])) : code;
    return new LockstepError('mpi', `MPI_${name}: ${words}`);
  }
}

/** Handles are passed as numbers of a register's size, whatever their type is. */
const SIGNATURES = {
  Init_thread: 'size_t argc, size_t argv, int required, void *provided',
  Finalize: '',
  Error_string: 'int code, void *text, void *length',
  Comm_set_errhandler: 'size_t comm, size_t handler',
  Comm_rank: 'size_t comm, void *rank',
  Comm_size: 'size_t comm, void *size',
  Ibcast: 'void *memory, int count, size_t type, int root, size_t comm, void *request',
  Isend: 'void *memory, int count, size_t type, int rank, int tag, size_t comm, void *request',
  Irecv: 'void *memory, int count, size_t type, int rank, int tag, size_t comm, void *request',
  Iprobe: 'int rank, int tag, size_t comm, void *flag, size_t status',
  Test: 'void *request, void *flag, size_t status',
} as const;

interface KoffiFunction extends Call {
  async(...values: unknown[]): void;
}

interface KoffiLibrary {
  func(definition: string): KoffiFunction;
  symbol(name: string, type: string): unknown;
}

/** What is used of koffi. */
interface Koffi {
  load(path: string | null): KoffiLibrary;
  address(value: unknown): bigint;
}

function open(koffi: Koffi, family: Family): { library: KoffiLibrary; handles: Handles } {
  const problems: string[] = [];
  for (const file of family.files) {
    try {
      // What it loads itself looks for its symbols among those of the process; and threads that have called it clean up by its
      // code when they end, after koffi has let go of it.
      koffi.load(null).func('size_t dlopen(str file, int flags)')(file, OPEN_FOR_GOOD);
      const library = koffi.load(file);
      const handles = family.handles((symbol) => addressIn(koffi, library, symbol));
      if (handles) return { library, handles };
      problems.push(`${file} is not ${family.name}'s`);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new ConfigError(
    `MPI: this rank was started by ${family.name}, and its library cannot be loaded (${problems.join('; ')}); install it (${family.install}), or say where it is by LD_LIBRARY_PATH`,
  );
}

function addressIn(koffi: Koffi, library: KoffiLibrary, symbol: string): number | undefined {
  try {
    return Number(koffi.address(library.symbol(symbol, 'int')));
  } catch {
    return undefined;
  }
}
