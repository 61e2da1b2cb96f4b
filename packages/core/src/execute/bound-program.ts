// A program bound to addresses and a number of rows: a flat list of kernel calls with all arguments known.
// Running it allocates nothing and reads nothing but the epoch, which is filled in when it changes.
import { LockstepError } from '@lockstep/errors';
import { type Kernels, type Sequence, sequenceOf } from '@lockstep/kernels';
import type { KernelArgument } from '../ops/operator.js';
import {
  countFor,
  isCount,
  type Place,
  type Program,
  type Region,
  type Variant,
} from '../plan/program.js';
import { seedWords } from '../random/philox.js';
import { type CallOfRows, callsOf } from './calls-of-shards.js';

export interface Binding {
  /** Byte address of each region. */
  readonly bases: Readonly<Record<Region, number>>;
  readonly rows: number;
  /** The first row of each shard that they are of, and `rows`. Left out: one shard. */
  readonly starts?: readonly number[];
  readonly seed: number;
  /** Whether its bases will move. */
  readonly moves?: boolean;
  /** Address of another partial, to which variants add what they can of this one. */
  readonly accumulator?: number | undefined;
}

/** Where an argument stands. */
interface At {
  readonly sequence: Sequence;
  readonly call: number;
  readonly position: number;
}

export class BoundProgram {
  readonly #prepare: Sequence;
  /** As the program's. */
  readonly #variants: readonly Sequence[];
  /** Where addresses stand among the arguments, if bases will move. */
  readonly #addresses: (At & { place: Place })[] = [];
  /** Where the epoch stands among the arguments. */
  readonly #epochs: At[] = [];

  constructor(program: Program, kernels: Kernels, binding: Binding) {
    if (binding.rows > program.capacity) {
      throw new LockstepError(
        'internal',
        `program: ${binding.rows} rows, planned for ${program.capacity}`,
      );
    }
    const { rows, starts = [0, rows] } = binding;
    const shards = starts.length - 1;
    if (shards > program.shards) {
      throw new LockstepError(
        'internal',
        `program: ${shards} shards, planned for ${program.shards}`,
      );
    }
    const bind = (variant: Pick<Variant, 'calls' | 'callsOfShard'>): Sequence =>
      this.#bind(callsOf(variant, starts), program, kernels, binding);
    this.#prepare = bind({ calls: program.prepare, callsOfShard: [] });
    this.#variants = program.variants.map(bind);
  }

  /** Other bases from now on; for programs that were bound to move, without accumulator and samples. */
  move(bases: Readonly<Record<Region, number>>): void {
    for (const { sequence, call, position, place } of this.#addresses) {
      sequence.set(call, position, bases[place.region] + place.byteOffset);
    }
  }

  /** What depends on the parameters alone; once for a state. */
  prepare(): void {
    this.#prepare.run();
  }

  /**
   * The rows that lie in the arena.
   *
   * @param variant the number of one whose condition holds of them
   * @param epoch what random numbers are drawn for
   */
  compute(variant: number, epoch: number): void {
    for (const { sequence, call, position } of this.#epochs) sequence.set(call, position, epoch);
    this.#variants[variant]!.run();
  }

  #bind(
    calls: readonly CallOfRows[],
    program: Program,
    kernels: Kernels,
    binding: Binding,
  ): Sequence {
    const [low, high] = seedWords(binding.seed);
    const value = (argument: KernelArgument, rows: number): number => {
      if (typeof argument === 'number') return argument;
      if (isCount(argument)) return countFor(argument, rows);
      if ('node' in argument) {
        const place = program.places.get(argument.node)!;
        const { skipped = 0 } = argument;
        const floats = typeof skipped === 'number' ? skipped : countFor(skipped, rows);
        return binding.bases[place.region] + place.byteOffset + 4 * floats;
      }
      if ('accumulator' in argument) {
        const place = program.places.get(argument.accumulator)!;
        return (binding.accumulator ?? binding.bases[place.region]) + place.byteOffset;
      }
      const runtime = {
        sampleIds: binding.bases.arena + program.sampleIdsOffset,
        shardStarts: binding.bases.arena + (program.shardStartsOffset ?? 0),
        shards: binding.starts ? binding.starts.length - 1 : 1,
        seedLow: low,
        seedHigh: high,
        epoch: 0,
      };
      return runtime[argument.runtime];
    };
    const sequence = sequenceOf(
      kernels,
      calls.map(({ call: { kernel, arguments: given }, rows }) => ({
        kernel,
        arguments: given.map((argument) => value(argument, rows)),
      })),
    );
    for (const [call, { call: given }] of calls.entries()) {
      for (const [position, argument] of given.arguments.entries()) {
        if (typeof argument === 'number') continue;
        const at = { sequence, call, position };
        if ('runtime' in argument && argument.runtime === 'epoch') this.#epochs.push(at);
        if (binding.moves && 'node' in argument) {
          this.#addresses.push({ ...at, place: program.places.get(argument.node)! });
        }
      }
    }
    return sequence;
  }
}
