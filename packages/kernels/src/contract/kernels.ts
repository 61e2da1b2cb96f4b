// What a kernel is, to whoever calls one: the signature and meaning of each stand in the files beside, by the subjects
// of assembly/, which holds the code of the WebAssembly module. The build tells the module's own signatures, and
// the compiler compares the two here: a parameter that is missing, renamed or swapped in either does not compile.
//
// Pointers (out, a, dy, ...) are byte addresses in the memory, aligned to 4, up to 4 GiB. Counts and
// strides are in elements and may be 0; a kernel with nothing to do touches nothing. Tensors are
// float32, row-major. Arithmetic is IEEE float32, each operation rounded by itself. An element's bits
// depend on its inputs and on the length of the reduction it comes from; never on its position, on n,
// on alignment or on the loop that computed it. Nothing is written outside the outputs, nothing traps.
// `out` may be an input of elementwise, softmax and optimizer kernels; overlap is not allowed otherwise.
import type { ModuleFunctions, ModuleSignatures, scalarNames } from '../kernels.generated.js';
import type { ActivationKernels } from './activations.js';
import type { AttentionKernels } from './attention.js';
import type { BroadcastKernels } from './broadcast.js';
import type { CompareKernels } from './compare.js';
import type { ConvolutionKernels } from './convolution.js';
import type { DataKernels } from './data.js';
import type { ElementwiseKernels } from './elementwise.js';
import type { EmbeddingKernels } from './embedding.js';
import type { GatherKernels } from './gather.js';
import type { LossKernels } from './loss.js';
import type { MatmulKernels } from './matmul.js';
import type { NormKernels } from './norm.js';
import type { PoolKernels } from './pool.js';
import type { PositionKernels } from './positions.js';
import type { RandomKernels } from './random.js';
import type { RecurrenceKernels } from './recurrence.js';
import type { ReduceKernels } from './reduce.js';
import type { Agreed, Disagreement } from './signature.js';
import type { SoftmaxKernels } from './softmax.js';
import type { SparseKernels } from './sparse.js';
import type { UpdateKernels } from './update.js';

/** Every kernel's parameters by name and type, in order. */
export interface KernelSignatures
  extends AttentionKernels,
    ActivationKernels,
    BroadcastKernels,
    CompareKernels,
    ConvolutionKernels,
    DataKernels,
    ElementwiseKernels,
    EmbeddingKernels,
    GatherKernels,
    LossKernels,
    PositionKernels,
    MatmulKernels,
    NormKernels,
    PoolKernels,
    UpdateKernels,
    RandomKernels,
    RecurrenceKernels,
    ReduceKernels,
    SoftmaxKernels,
    SparseKernels {}

/** The kernels that there are. */
export type KernelName = keyof KernelSignatures;

type Contract = Agreed<KernelSignatures, Disagreement<KernelSignatures, ModuleSignatures>>;

/** A call whose arguments are known. */
export interface KnownCall {
  readonly kernel: KernelName;
  readonly arguments: readonly number[];
}

/** Known calls, to be made in order, again and again: what a bound program is. */
export interface Sequence {
  /**
   * All calls, in order.
   *
   * @returns false if one that returns an i32 returned 0, as kernels do that found something not finite
   */
  run(): boolean;
  /** Another argument from now on. */
  set(call: number, position: number, value: number): void;
}

/** Rows that lie one behind the other, outside the memory. */
export type RowSource = Uint8Array | Int32Array | Float32Array;

/**
 * Copies `count` rows to a byte address in the memory, one behind the other.
 *
 * @param numbers of the rows, at each position; undefined: positions are numbers
 * @param first the first position
 */
export type CopyRows = (
  numbers: Uint32Array | undefined,
  first: number,
  count: number,
  address: number,
) => void;

/** Every kernel as a function of numbers, over the memory that it was made for. */
export type Kernels = { readonly [Name in keyof Contract]: ModuleFunctions[Name] } & {
  /** Left out by a backend whose calls cost little, and by one that wraps another's kernels. */
  readonly sequence?: (calls: readonly KnownCall[]) => Sequence;
  /** Left out by a backend that cannot reach beyond its memory. */
  readonly rowCopier?: (from: RowSource, rowBytes: number) => CopyRows;
};

/** The kernels that are an optimizer's update; all are called alike. */
export type UpdateKernel = keyof typeof scalarNames;

/** The scalars of an update, in the order in which they lie in memory as float32. */
export type ScalarsOf<Name extends UpdateKernel> = (typeof scalarNames)[Name][number];
