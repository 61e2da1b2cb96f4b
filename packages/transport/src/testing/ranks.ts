// Ranks of a job that is this process, for tests without MPI: calls as MPI has them, over memory. A short message is taken at once,
// a long one when it is received, as by the implementations that there are.
import { MpiJob } from '../mpi/job.js';
import type { MpiCalls, MpiRequest } from '../mpi/library.js';

const EAGER_BYTES = 4096;

interface Sent {
  readonly request: MpiRequest;
  readonly memory: Uint8Array;
}

/** @returns a job for each rank */
export function jobsOfRanks(size: number): MpiJob[] {
  const boxes = new Map<string, Sent[]>();
  const box = (from: number, to: number, tag: number): Sent[] => {
    const key = `${from} ${to} ${tag}`;
    if (!boxes.has(key)) boxes.set(key, []);
    return boxes.get(key)!;
  };
  const begun = (memory: Uint8Array): MpiRequest => ({
    handle: new Uint8Array(8),
    memory,
    isDone: false,
  });
  return Array.from({ length: size }, (_, rank) => {
    const waiting = new Map<MpiRequest, Sent[]>();
    const calls: MpiCalls = {
      rank,
      size,
      send(memory, to, tag) {
        const request = begun(memory);
        const isEager = memory.length <= EAGER_BYTES;
        box(rank, to, tag).push({ request, memory: isEager ? memory.slice() : memory });
        request.isDone = isEager;
        return request;
      },
      receive(memory, from, tag) {
        const request = begun(memory);
        waiting.set(request, box(from, rank, tag));
        return request;
      },
      isHere: (from, tag) => box(from, rank, tag).length > 0,
      isDone(request) {
        const first = waiting.get(request)?.shift();
        if (first) {
          request.memory.set(first.memory);
          first.request.isDone = request.isDone = true;
          waiting.delete(request);
        }
        return request.isDone;
      },
      async finalize() {},
      nap() {},
      exit() {},
    };
    return new MpiJob(calls, '5e'.repeat(16));
  });
}
