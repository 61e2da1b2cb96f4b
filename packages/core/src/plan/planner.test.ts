// A program's places, checked without running it: who wrote each word last is followed call by call, and every
// read must find what its node wrote. And the arena's own bookkeeping.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../graph/graph.js';
import type { KernelCall } from '../ops/operator.js';
import { operatorNamed, sourceOf } from '../ops/registry.js';
import { concreteShape, product } from '../shape.js';
import { randomProblem } from '../testing/random-model.js';
import { describeProblem, planProblem } from '../testing/run-program.js';
import { Arena, alignUp, CACHE_LINE } from './arena.js';
import type { Program } from './program.js';

const SAMPLE_IDS = -2;

/** Follows a program over its arena. @throws if a tensor is overwritten before it was read for the last time */
class Follower {
  readonly #owner: Int32Array;
  readonly #graph: Graph;
  readonly #program: Program;

  constructor(graph: Graph, program: Program) {
    this.#graph = graph;
    this.#program = program;
    this.#owner = new Int32Array(program.arenaBytes / 4).fill(-1);
    this.#owner.fill(
      SAMPLE_IDS,
      program.sampleIdsOffset / 4,
      program.sampleIdsOffset / 4 + program.capacity,
    );
    for (const [index, node] of graph.nodes.entries()) {
      if (['samples', 'targets'].includes(sourceOf(node) ?? '')) this.#write(index);
    }
  }

  follow(calls: readonly KernelCall[]): void {
    for (const call of calls) {
      const [output, ...others] = call.arguments.flatMap((argument) =>
        typeof argument === 'object' && 'node' in argument ? [argument.node] : [],
      );
      // What is written may be told by several addresses, as the parts of a record are.
      const inputs = others.filter((node) => node !== output);
      for (const input of inputs) this.read(input, call.kernel);
      this.#write(output!);
      // A kernel's output may not lie over what it reads.
      for (const input of inputs) this.read(input, `${call.kernel}, after its write`);
    }
  }

  read(node: number, reader: string): void {
    const range = this.#range(node);
    if (!range) return;
    const owner = this.#storage(node);
    for (let word = range.first; word < range.end; word++) {
      if (this.#owner[word] !== owner) {
        throw new Error(`${reader}: node ${node} is overwritten by node ${this.#owner[word]}`);
      }
    }
  }

  /** What must outlive a shard: the ids, and what is computed once a step. */
  readKept(): void {
    const { prepare, capacity, sampleIdsOffset } = this.#program;
    for (const call of prepare) {
      const [output] = call.arguments;
      if (typeof output === 'object' && 'node' in output) this.read(output.node, 'the next shard');
    }
    const ids = this.#owner.subarray(sampleIdsOffset / 4, sampleIdsOffset / 4 + capacity);
    expect(ids.every((owner) => owner === SAMPLE_IDS)).toBe(true);
  }

  #write(node: number): void {
    const range = this.#range(node);
    if (range) this.#owner.fill(this.#storage(node), range.first, range.end);
  }

  #storage(node: number): number {
    const { op, inputs } = this.#graph.nodes[node]!;
    return operatorNamed(op).kind === 'view' ? this.#storage(inputs[0]!) : node;
  }

  /** A node's words in the arena; undefined for nodes elsewhere, and the sums and copies beyond the graph. */
  #range(node: number): { first: number; end: number } | undefined {
    const place = this.#program.places.get(node);
    const shape = this.#graph.nodes[node]?.shape;
    if (place?.region !== 'arena' || !shape) return undefined;
    const first = place.byteOffset / 4;
    const end = first + product(concreteShape(shape, this.#program.capacity));
    if (end > this.#owner.length) throw new Error(`node ${node} ends beyond the arena`);
    return { first, end };
  }
}

describe('programs of random models', () => {
  test.each(['training', 'evaluation'] as const)('%s: no live tensor is overwritten', (kind) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0 }),
        fc.integer({ min: 0, max: 25 }),
        fc.integer({ min: 1, max: 40 }),
        (seed, operators, capacity) => {
          const problem = randomProblem({ seed, operators, rows: 1 });
          const { graph, program } = planProblem(problem, { kind, capacity });
          const follower = new Follower(graph, program);
          try {
            const { calls } = program.variants.at(-1)!;
            follower.follow(program.prepare);
            follower.follow(calls);
            follower.readKept();
            // A second shard of the same step.
            follower.follow(calls);
            if (graph.outputs.output !== undefined) follower.read(graph.outputs.output, 'predict');
          } catch (error) {
            throw new Error(`${String(error)}\n${describeProblem(problem)}`);
          }
        },
      ),
      { seed: 8, numRuns: 200 },
    );
  });

  test('tensors share memory: a deep network needs little more than its widest step', () => {
    const problem = randomProblem({ seed: 11, operators: 25, rows: 1 });
    const { graph, program } = planProblem(problem, { capacity: 64 });
    const everything = graph.nodes.reduce(
      (bytes, { shape }) => bytes + 4 * product(concreteShape(shape, 64)),
      0,
    );
    expect(program.arenaBytes).toBeLessThan(everything / 2);
  });
});

describe('the arena', () => {
  test('gives places that are aligned and apart, and takes back what was given', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.nat()), { maxLength: 60 }),
        (moves) => {
          const arena = new Arena();
          const live: { offset: number; bytes: number }[] = [];
          for (const [bytes, choice] of moves) {
            if (choice % 2 === 0 && live.length > 0) {
              const [gone] = live.splice(choice % live.length, 1);
              arena.give(gone!.offset, gone!.bytes);
              continue;
            }
            const offset = arena.take(bytes);
            expect(offset % CACHE_LINE).toBe(0);
            const size = alignUp(Math.max(bytes, 1));
            expect(offset + size).toBeLessThanOrEqual(arena.bytes);
            for (const other of live) {
              const isApart =
                offset + size <= other.offset ||
                other.offset + alignUp(Math.max(other.bytes, 1)) <= offset;
              expect(isApart).toBe(true);
            }
            live.push({ offset, bytes });
          }
          const { bytes } = arena;
          for (const { offset, bytes } of live) arena.give(offset, bytes);
          // Everything is one gap again.
          if (bytes > 0) expect(arena.take(bytes)).toBe(0);
          expect(arena.bytes).toBe(bytes);
        },
      ),
      { seed: 9, numRuns: 300 },
    );
  });
});
