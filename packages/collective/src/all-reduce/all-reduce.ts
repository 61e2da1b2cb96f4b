// The contract of an all-reduce between machines, on a worker's side. It says what to send and takes what comes; it knows
// nothing of sockets. Invariant: the sum has the bits of the tree over all shards, whoever holds which.
//
// Each way of doing it is a file that exports one `AllReduceMethod`, and a line in methods.ts. All of them keep two places
// for what comes in, by the parity of the step (two-steps.ts). What was sent stays as it is until the other side has
// answered, so sending needs no copy, or is sent from a copy where nothing answers.
import type { Backend, Kernels } from '@lockstep/kernels';
import type { HeldBlock, Range } from '@lockstep/tree';

/** The rank of the coordinator in messages that go through it. */
export const COORDINATOR = 0xffff;

/** How the workers of a generation are linked, as the coordinator names it. */
export type Topology = 'alone' | 'star' | 'mesh';

/** What all of a generation have in common. */
export interface AllReduceGroup {
  /** Each rank's shards: contiguous, in order, from shard 0 to a power of two. */
  readonly ranges: readonly Range[];
  readonly topology: Topology;
  /** Length of the vector. */
  readonly floats: number;
}

/** What the sizes of a side's messages follow from. */
export interface AllReduceShape extends AllReduceGroup {
  /** Or COORDINATOR, where there is a hub and sizes are asked for. */
  readonly rank: number;
}

export interface AllReduceMemory {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Pick<Kernels, 'addInto' | 'placeRows'>;
  /** Byte address of `memoryBytes` bytes, a multiple of 16. */
  readonly address: number;
  /** Where this rank's blocks lie once its shards are computed, in order. */
  readonly own: readonly HeldBlock[];
}

/** `partial`: blocks of the sender. `sum`: of the whole vector, or of what the sender finishes. */
export type MessageKind = 'partial' | 'sum';

/** A message of the all-reduce. */
export interface Outgoing {
  /** A rank, or COORDINATOR. */
  readonly to: number;
  readonly kind: MessageKind;
  readonly step: number;
  /** First float of the vector that it is about. */
  readonly offset: number;
  /** Views of shared memory. */
  readonly payload: readonly Uint8Array[];
}

/** One rank's side, through the steps of a generation. */
export interface AllReduce {
  /** Whether the whole sum of the step that was begun last is there. */
  readonly complete: boolean;
  /** Byte address of that sum; of use when it is complete. */
  readonly root: number;
  /** The sum, once it is complete: a view of it until the step is taken, which may change it. */
  sum(): Uint8Array;
  /**
   * This rank's blocks of a step are computed.
   *
   * @param step the one after that of the call before; the first may be any
   * @param count so many of the blocks, in order, if not all: then this is to be called again with the others
   * @returns what to send
   */
  begin(step: number, count?: number): Outgoing[];
  /**
   * A message came in; it is copied.
   *
   * @param from a rank, or COORDINATOR
   * @param payload pieces of one run of bytes
   * @returns what to send in answer
   * @throws ProtocolError if it is not a message that this or the next step can need, or has another size; then nothing
   * is changed
   */
  accept(
    kind: MessageKind,
    from: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): Outgoing[];
}

/** A part of the sum, from a float of the vector on: a view that stays as it is for a step. */
export interface SummedPart {
  readonly offset: number;
  readonly sum: Uint8Array;
}

/** The coordinator's side, where one is needed: it takes every rank's blocks once a step. */
export interface Hub {
  /** The step whose sum is next. */
  readonly step: number;
  /**
   * @param payload pieces of one run of bytes: a part of the rank's blocks, in order
   * @returns what of the sum can be handed to all now
   * @throws ProtocolError if it is not a message that the step can need, or has another size
   */
  accept(
    rank: number,
    step: number,
    offset: number,
    payload: readonly Uint8Array[],
  ): readonly SummedPart[];
}

/** One way to all-reduce: what it costs, and what does it. */
export interface AllReduceMethod {
  readonly name: string;
  readonly topology: Topology;
  /** Whether it can do this; of several that can, the first in the list does. */
  suits(group: AllReduceGroup): boolean;
  /** Whether blocks that are there before the others are sent before them. */
  readonly sendsEarly: boolean;
  /** Bytes of shared memory that a rank's side takes. */
  memoryBytes(shape: AllReduceShape): number;
  /** Bytes of the largest message that can come. @param from a rank, or COORDINATOR */
  largestMessage(shape: AllReduceShape, from: number): number;
  /** Bytes of payload that this rank sends in a step. @param to a rank, or COORDINATOR */
  sentBytes(shape: AllReduceShape, to: number): number;
  start(shape: AllReduceShape, place: AllReduceMemory): AllReduce;
  /**
   * @param step the first one
   * @param backend adds up the blocks
   */
  hub?(group: AllReduceGroup, step: number, backend: Backend): Hub;
}

/** Of the whole batch. */
export function shardsOf(ranges: readonly Range[]): number {
  return ranges.at(-1)!.end;
}
