// Copies the samples of a shard from the dataset into a thread's arena, in the form that the program reads: inputs become
// float32 and are divided, whatever their type, to the same bits; tokens become int32.
// The dataset lies in a buffer of its own, outside the WebAssembly memory, and is only read.
import type { Kernels } from '@lockstep/kernels';
import { Augmenter } from '../../augment/augmenter.js';
import type { Dataset } from '../../dataset.js';
import type { Program } from '../../plan/program.js';
import { product } from '../../shape.js';
import type { ThreadMap } from '../memory-map.js';
import type { RunConfig } from '../run-plan.js';
import { InputForms } from './input-forms.js';
import { RowCopier } from './rows.js';

export class Gatherer {
  readonly #program: Program;
  readonly #arena: number;
  readonly #inputs: RowCopier;
  readonly #targets: RowCopier;
  readonly #forms: InputForms;
  readonly #ids: Uint32Array;
  /** Where the program reads the first row of each shard; undefined where it does not. */
  readonly #starts: Uint32Array | undefined;
  readonly #augmenter: Augmenter | undefined;

  constructor(
    kernels: Kernels,
    memory: WebAssembly.Memory,
    program: Program,
    dataset: Dataset,
    place: ThreadMap,
    config: Pick<RunConfig, 'augment' | 'seed'> = { seed: 0 },
  ) {
    const { inputs, inputShape, inputDivisor: divisor, vocabulary } = dataset;
    const width = product(inputShape);
    const isTokens = vocabulary !== undefined;
    const kind = { isBytes: inputs instanceof Uint8Array, isTokens, width, divisor };
    this.#program = program;
    this.#arena = place.arena;
    this.#forms = new InputForms(kernels, memory, program, kind, place);
    this.#inputs = new RowCopier(inputs, width, memory.buffer, kernels);
    const targetWidth = product(dataset.targetShape);
    this.#targets = new RowCopier(dataset.targets, targetWidth, memory.buffer, kernels);
    this.#ids = new Uint32Array(
      memory.buffer,
      place.arena + program.sampleIdsOffset,
      program.capacity,
    );
    this.#starts =
      program.shardStartsOffset === undefined
        ? undefined
        : new Uint32Array(
            memory.buffer,
            place.arena + program.shardStartsOffset,
            program.shards + 1,
          );
    const values = kind.isBytes ? new Uint8Array(memory.buffer) : new Float32Array(memory.buffer);
    this.#augmenter =
      config.augment &&
      new Augmenter(config.augment, config.seed, { values, inputShape, inputDivisor: divisor });
  }

  /**
   * Puts samples into the arena, of one shard or several.
   *
   * @param order the dataset index of each position; undefined: positions are indices
   * @param first the first position
   * @param starts the first row of each shard, and how many rows there are
   * @param epoch from 0, by which samples are augmented
   * @returns which of the program's variants is to be run on them
   */
  gather(
    order: Uint32Array | undefined,
    first: number,
    starts: readonly number[],
    epoch = 0,
  ): number {
    const rows = starts.at(-1)!;
    this.#starts?.set(starts);
    const { inputOffset, targetOffset, variants } = this.#program;
    for (let row = 0; row < rows; row++) this.#ids[row] = order ? order[first + row]! : first + row;
    if (inputOffset !== undefined) {
      this.#inputs.copy(order, first, rows, this.#forms.rows);
      this.#augment(rows, epoch);
    }
    if (targetOffset !== undefined) {
      this.#targets.copy(order, first, rows, this.#arena + targetOffset);
    }
    return inputOffset === undefined ? variants.length - 1 : this.#forms.put(rows);
  }

  #augment(rows: number, epoch: number): void {
    if (!this.#augmenter) return;
    const { rowBytes, valueBytes } = this.#inputs;
    for (let row = 0; row < rows; row++) {
      const address = this.#forms.rows + row * rowBytes;
      this.#augmenter.apply(address / valueBytes, this.#ids[row]!, epoch);
    }
  }
}
