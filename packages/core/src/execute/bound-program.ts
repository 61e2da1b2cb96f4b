// A program bound to addresses and a number of rows: a flat list of kernel calls with all arguments known.
// Running it allocates nothing and reads nothing but the epoch, which is filled in when it changes.
import { LockstepError } from '@lockstep/errors';
import type { Kernels } from '@lockstep/kernels';
import type { KernelArgument, KernelCall } from '../ops/operator.js';
import { countFor, isCount, type Place, type Program, type Region } from '../plan/program.js';
import { seedWords } from '../random/philox.js';

export interface Binding {
  /** Byte address of each region. */
  readonly bases: Readonly<Record<Region, number>>;
  readonly rows: number;
  readonly seed: number;
  /** Whether its bases will move. */
  readonly moves?: boolean;
  /** Address of another partial, to which variants add what they can of this one. */
  readonly accumulator?: number | undefined;
}

type Kernel = (...args: readonly number[]) => unknown;

interface BoundCall {
  readonly kernel: Kernel;
  readonly arguments: number[];
}

export class BoundProgram {
  readonly #prepare: readonly BoundCall[];
  /** As the program's. */
  readonly #variants: readonly (readonly BoundCall[])[];
  /** Where addresses stand among the arguments, if bases will move. */
  readonly #addresses: { arguments: number[]; position: number; place: Place }[] = [];
  /** Where the epoch stands among the arguments. */
  readonly #epochs: { arguments: number[]; position: number }[] = [];

  constructor(program: Program, kernels: Kernels, binding: Binding) {
    if (binding.rows > program.capacity) {
      throw new LockstepError(
        'internal',
        `program: ${binding.rows} rows, planned for ${program.capacity}`,
      );
    }
    const bind = (call: KernelCall): BoundCall => this.#bind(call, program, kernels, binding);
    this.#prepare = program.prepare.map(bind);
    this.#variants = program.variants.map(({ calls }) => calls.map(bind));
  }

  /** Other bases from now on; for programs that were bound to move, without accumulator and samples. */
  move(bases: Readonly<Record<Region, number>>): void {
    for (const { arguments: args, position, place } of this.#addresses) {
      args[position] = bases[place.region] + place.byteOffset;
    }
  }

  /** What depends on the parameters alone; once for a state. */
  prepare(): void {
    for (const call of this.#prepare) call.kernel(...call.arguments);
  }

  /**
   * The rows that lie in the arena.
   *
   * @param variant the number of one whose condition holds of them
   * @param epoch what random numbers are drawn for
   */
  compute(variant: number, epoch: number): void {
    for (const { arguments: args, position } of this.#epochs) args[position] = epoch;
    for (const call of this.#variants[variant]!) call.kernel(...call.arguments);
  }

  #bind(call: KernelCall, program: Program, kernels: Kernels, binding: Binding): BoundCall {
    const [low, high] = seedWords(binding.seed);
    const value = (argument: KernelArgument): number => {
      if (typeof argument === 'number') return argument;
      if (isCount(argument)) return countFor(argument, binding.rows);
      if ('node' in argument) {
        const place = program.places.get(argument.node)!;
        const { skipped = 0 } = argument;
        const floats = typeof skipped === 'number' ? skipped : countFor(skipped, binding.rows);
        return binding.bases[place.region] + place.byteOffset + 4 * floats;
      }
      if ('accumulator' in argument) {
        const place = program.places.get(argument.accumulator)!;
        return (binding.accumulator ?? binding.bases[place.region]) + place.byteOffset;
      }
      const runtime = {
        sampleIds: binding.bases.arena + program.sampleIdsOffset,
        seedLow: low,
        seedHigh: high,
        epoch: 0,
      };
      return runtime[argument.runtime];
    };
    const bound = {
      kernel: kernels[call.kernel] as Kernel,
      arguments: call.arguments.map(value),
    };
    for (const [position, argument] of call.arguments.entries()) {
      if (typeof argument === 'object' && 'runtime' in argument && argument.runtime === 'epoch') {
        this.#epochs.push({ arguments: bound.arguments, position });
      }
      if (binding.moves && typeof argument === 'object' && 'node' in argument) {
        const place = program.places.get(argument.node)!;
        this.#addresses.push({ arguments: bound.arguments, position, place });
      }
    }
    return bound;
  }
}
