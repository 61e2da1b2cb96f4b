// Where everything of a run lies in the one WebAssembly memory: a pure function of sizes, so that every
// thread comes to the same map. Two states lie side by side: a step reads one and writes the other.
import { heapBase } from '@lockstep/kernels';
import { ConfigError } from '../errors.js';
import { alignUp } from '../plan/arena.js';

/** Shared words for whoever coordinates threads; one thread alone leaves them unused. */
export const CONTROL_BYTES = 4096;
const MAX_BYTES = 65_535 * 65_536;

export interface MemoryRequest {
  readonly stateBytes: number;
  readonly constantFloats: number;
  readonly partialFloats: number;
  /** Of the sums of one evaluated chunk. */
  readonly chunkFloats: number;
  readonly tiles: number;
  readonly evaluationChunks: number;
  readonly arenaBytes: number;
  /** Room for the raw bytes of a shard's inputs. */
  readonly stagingBytes: number;
  /** Of an optimizer's step. */
  readonly scalarFloats: number;
  /** For each thread, how many partials it holds at once. */
  readonly partialsPerThread: readonly number[];
  /** Further ones, for other deals of the shards. */
  readonly sparePartials: number;
}

export interface ThreadMap {
  readonly arena: number;
  readonly staging: number;
  /** 256 float32: what each input byte becomes. */
  readonly table: number;
  /** Of the optimizer's step, float32. */
  readonly scalars: number;
  readonly partials: readonly number[];
}

/** Byte addresses. */
export interface MemoryMap {
  readonly bytes: number;
  readonly control: number;
  readonly states: readonly [number, number];
  /** The graph's, as every thread's replica writes them before anything reads them. */
  readonly constants: number;
  /** One float64 a tile: the sum of its squared gradients. */
  readonly tileSquares: number;
  /** Each chunk's sums, as the evaluation program's layout says. */
  readonly chunkSums: number;
  readonly threads: readonly ThreadMap[];
  /** Partials that are no thread's. */
  readonly spares: readonly number[];
}

/** @throws ConfigError if WebAssembly cannot address so much */
export function mapMemory(request: MemoryRequest): MemoryMap {
  let end = alignUp(heapBase);
  const take = (bytes: number): number => {
    const address = end;
    end += alignUp(bytes);
    return address;
  };
  const takePartials = (count: number): number[] =>
    Array.from({ length: count }, () => take(4 * request.partialFloats));
  const map = {
    control: take(CONTROL_BYTES),
    states: [take(request.stateBytes), take(request.stateBytes)] as const,
    constants: take(4 * request.constantFloats),
    tileSquares: take(8 * request.tiles),
    chunkSums: take(4 * request.chunkFloats * request.evaluationChunks),
    threads: request.partialsPerThread.map((partials) => ({
      arena: take(request.arenaBytes),
      staging: take(request.stagingBytes),
      table: take(4 * 256),
      scalars: take(4 * request.scalarFloats),
      partials: takePartials(partials),
    })),
    spares: takePartials(request.sparePartials),
  };
  if (end > MAX_BYTES) {
    throw new ConfigError(
      `memory: this run needs ${Math.ceil(end / 2 ** 20)} MiB, WebAssembly can address ${MAX_BYTES / 2 ** 20}. ` +
        'Use more shards, a smaller batch or a smaller network',
    );
  }
  return { ...map, bytes: end };
}
