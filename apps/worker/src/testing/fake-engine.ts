// An engine that trains nothing: its state is a vector to which each step adds the sum over all shards of small whole
// numbers, which any order of adding gives the same. The exchange is the real one, over real WebAssembly memory.
import { createHash } from 'node:crypto';
import { type AllReduce, allReduceFor } from '@lockstep/collective';
import { heapBase, wasm } from '@lockstep/kernels';
import type { Assignment } from '@lockstep/trainer';
import { alignedBlocks, type Block, type Range } from '@lockstep/tree';
import type { EngineView, Operation } from '../decide/border.js';

export const SHARDS = 8;
/** Not a multiple of an exchange's chunks. */
export const FLOATS = 200;
export const STEPS = 12;
export const CHUNKS = 5;

export class FakeEngine implements EngineView {
  readonly shards = SHARDS;
  readonly stateBytes = 4 * FLOATS;
  readonly steps = STEPS;
  readonly chunks = CHUNKS;
  step: number | undefined;
  state = new Float32Array(FLOATS);
  /** The next step that it takes, by `advance` or `replay`, fails so. */
  failure: { code: string; message: string } | undefined;
  /** What it computes of these steps is wrong in one bit. */
  flaws: ReadonlySet<number> = new Set();
  exchange: AllReduce | undefined;
  #floats = new Float32Array(0);
  #own: { first: number; size: number; address: number }[] = [];

  get epochLoss(): number {
    return this.state[0]!;
  }

  digest(): string {
    return createHash('sha256').update(new Uint8Array(this.state.buffer)).digest('hex');
  }

  weightsHash(): string {
    return createHash('sha256').update('weights').update(this.digest()).digest('hex');
  }

  saveState(): Uint8Array {
    return new Uint8Array(this.state.buffer).slice();
  }

  load(step: number, bytes: Uint8Array): void {
    this.step = step;
    this.state = new Float32Array(bytes.slice().buffer);
  }

  assign({ rank, ranges, topology }: Assignment): AllReduce {
    const shape = { ranges, rank, topology, floats: FLOATS };
    const method = allReduceFor(shape);
    let address = Math.ceil(heapBase / 64) * 64;
    const blocks = alignedBlocks(ranges[rank]!);
    this.#own = blocks.map((block) => {
      address += 64 * Math.ceil((4 * FLOATS) / 64);
      return { ...block, address: address - 64 * Math.ceil((4 * FLOATS) / 64) };
    });
    const memory = wasm.createMemory(address + method.memoryBytes(shape));
    this.#floats = new Float32Array(memory.buffer);
    const kernels = wasm.kernels(memory);
    this.exchange = method.start(shape, { memory, kernels, address, own: this.#own });
    return this.exchange;
  }

  compute(): void {
    for (const { address, ...block } of this.#own) {
      this.#floats.set(this.#sumOf(block), address / 4);
    }
  }

  digestOwn(): string {
    return digestOf(
      this.#own.map(({ address }) => this.#floats.slice(address / 4, address / 4 + FLOATS)),
    );
  }

  recompute(range: Range): string {
    return digestOf(alignedBlocks(range).map((block) => this.#sumOf(block)));
  }

  #sumOf({ first, size }: Block): Float32Array {
    const sum = new Float32Array(FLOATS);
    for (let shard = first; shard < first + size; shard++) {
      for (let i = 0; i < FLOATS; i++) sum[i]! += gradient(this.step!, shard, i);
    }
    if (this.flaws.has(this.step!)) new Uint32Array(sum.buffer)[7]! ^= 1;
    return sum;
  }

  replay(sum: Uint8Array): void {
    const floats = new Float32Array(sum.slice().buffer);
    for (let i = 0; i < FLOATS; i++) this.state[i]! += floats[i]!;
    this.step!++;
  }

  advance(compute: boolean): { loss: number } {
    this.replay(this.exchange!.sum());
    if (compute) this.compute();
    return { loss: this.state[0]! };
  }

  /** Carries out what the worker asks for. @returns the event that ends it */
  operate(operation: Operation) {
    const { failure } = this;
    if ((operation.type === 'advance' || operation.type === 'replay') && failure) {
      this.failure = undefined;
      return { type: 'engine-failed', ...failure } as const;
    }
    switch (operation.type) {
      case 'assign': {
        const exchange = this.assign(operation.assignment);
        return { type: 'assigned', generation: operation.generation, exchange } as const;
      }
      case 'compute':
        this.compute();
        return { type: 'computed', generation: operation.generation } as const;
      case 'advance': {
        const { loss } = this.advance(operation.compute);
        const { generation } = operation;
        return { type: 'advanced', generation, step: this.step!, loss, sendMs: 0 } as const;
      }
      case 'evaluate': {
        const sums = new Uint8Array(16 * (operation.endChunk - operation.firstChunk)).fill(7);
        return { type: 'evaluated', generation: operation.generation, sums } as const;
      }
      case 'load-state':
        this.load(operation.step, operation.bytes);
        return { type: 'state-loaded' } as const;
      case 'replay':
        this.replay(operation.sum);
        return {
          type: 'replayed',
          generation: operation.generation,
          step: this.step!,
        } as const;
      case 'recompute': {
        const digest = this.recompute(operation.range);
        return { type: 'recomputed', generation: operation.generation, digest } as const;
      }
    }
  }
}

function digestOf(blocks: readonly Float32Array[]): string {
  const hash = createHash('sha256');
  for (const block of blocks) hash.update(block);
  return hash.digest('hex');
}

function gradient(step: number, shard: number, i: number): number {
  return ((step + 1) * (shard + 3) + i) % 17;
}

/** The state that step `step` starts from. */
export function stateAt(step: number): Uint8Array {
  const state = new Float32Array(FLOATS);
  for (let t = 0; t < step; t++) {
    for (let i = 0; i < FLOATS; i++) {
      for (let shard = 0; shard < SHARDS; shard++) state[i]! += gradient(t, shard, i);
    }
  }
  return new Uint8Array(state.buffer);
}

export function digestAt(step: number): string {
  return createHash('sha256').update(stateAt(step)).digest('hex');
}
