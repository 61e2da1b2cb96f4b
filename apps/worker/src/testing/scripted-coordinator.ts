// A coordinator of one worker, over links in memory: it describes a tiny run, hands out pieces and states, and leads
// the worker from stop to stop. Enough to see the shell work; the real one is tested with real workers elsewhere.
import { createHash } from 'node:crypto';
import {
  crossEntropy,
  type Dataset,
  type FitOptions,
  flatten,
  linear,
  sequential,
  sgd,
} from '@lockstep/core';
import {
  encodeFlatState,
  initialState,
  planRun,
  type RunConfig,
  type RunPlan,
  runConfig,
} from '@lockstep/core/internal';
import { type Link, memoryPair } from '@lockstep/transport';
import type {
  CoordinatorMessage,
  DatasetDescription,
  RunMessage,
  WorkerMessage,
} from '@lockstep/wire';

export const DATA: Dataset = {
  name: 'tiny',
  samples: 40,
  inputShape: [3],
  inputDivisor: 1,
  inputs: Float32Array.from({ length: 120 }, (_, i) => ((i * 7) % 11) / 11),
  targetShape: [],
  targets: Int32Array.from({ length: 40 }, (_, i) => i % 2),
  classes: 2,
};

export const TRAINING: FitOptions & { readonly data: Dataset } = {
  model: sequential(flatten(), linear(3, 2)),
  data: DATA,
  loss: crossEntropy(),
  optimizer: sgd({ learningRate: 0.1 }),
  epochs: 4,
  batchSize: 8,
  shards: 4,
};

export const CONFIG: RunConfig = runConfig(TRAINING);
const RUN_ID = 'c'.repeat(32);
const ALL = { first: 0, end: CONFIG.shards };

export class ScriptedCoordinator {
  readonly said: WorkerMessage[] = [];
  readonly closings: string[] = [];
  link: Link | undefined;
  /** Called before a message is answered; true if the test has answered it. */
  intercept: (message: WorkerMessage, link: Link) => boolean = () => false;
  config = JSON.stringify(CONFIG);
  /** If not, it says what the test says, and what the worker says stays in the worker. */
  reads = true;
  readonly #plan: RunPlan = planRun(CONFIG, { train: DATA }, [ALL]);
  readonly #arrays = new Map<string, Uint8Array>();
  #generation = 0;
  #step = 0;
  #digest = '';
  /** What those who hold none begin with. */
  #state = new Uint8Array(0);

  /** What a worker opens its link with. */
  readonly connect = async (): Promise<Link> => {
    const [mine, theirs] = memoryPair({ run: RUN_ID, incarnation: 1 });
    this.link = mine;
    if (this.reads) {
      mine.start({
        control: (message) => this.#take(message as WorkerMessage, mine),
        frame: () => {},
        closed: ({ code }) => this.closings.push(code),
      });
    }
    mine.sendControl(this.#run());
    return theirs;
  };

  says(type: WorkerMessage['type']): WorkerMessage[] {
    return this.said.filter((message) => message.type === type);
  }

  /** Begins the next generation. */
  pause(link: Link): void {
    link.sendControl({ type: 'pause', generation: ++this.#generation });
  }

  #run(): RunMessage {
    return {
      type: 'run',
      run: RUN_ID,
      name: 'tiny',
      config: this.config,
      datasets: [this.#describe(DATA)],
      digestEvery: 5,
      heartbeatTimeoutMs: 5000,
      audit: null,
    };
  }

  #describe(data: Dataset): DatasetDescription {
    const { name, samples, inputShape, inputDivisor, targetShape, classes = null } = data;
    const put = (array: Dataset['inputs'] | Dataset['targets']) => {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      const sha256 = hash(bytes);
      this.#arrays.set(sha256, bytes);
      return { sha256, bytes: bytes.length };
    };
    const shapes = { as: 'train', name, samples, inputShape, inputDivisor, targetShape, classes };
    const vocabulary = null;
    return {
      ...{ ...shapes, vocabulary },
      inputs: { ...put(data.inputs), type: 'float32' },
      targets: { ...put(data.targets), type: 'int32' },
    };
  }

  #take(message: WorkerMessage, link: Link): void {
    this.said.push(message);
    if (this.intercept(message, link)) return;
    const send = (answer: CoordinatorMessage): void => link.sendControl(answer);
    switch (message.type) {
      case 'fetch': {
        const { sha256, offset, length } = message;
        const payload = [this.#arrays.get(sha256)!.subarray(offset, offset + length)];
        const header = { kind: 'dataset', generation: 0, step: 0, rank: 0xffff } as const;
        link.sendFrame({ ...header, offset, bytes: length }, payload);
        return;
      }
      case 'fetch-state': {
        const { generation, step, offset, length } = message;
        const header = { kind: 'state', generation, step, rank: 0xffff } as const;
        const payload = [this.#state.subarray(offset, offset + length)];
        link.sendFrame({ ...header, offset, bytes: length }, payload);
        return;
      }
      case 'join':
        this.pause(link);
        return;
      case 'paused':
        this.#form(message.held, link);
        return;
      case 'prepared':
        send({ ...this.#orders(), until: Math.min(this.#plan.steps, this.#step + 7) });
        return;
      case 'reached': {
        this.#step = message.step;
        const { steps } = this.#plan;
        const { step, weightsHash } = message;
        if (step === steps) send({ type: 'finish', step, weightsHash });
        else send({ ...this.#orders(), until: Math.min(steps, step + 7) });
        return;
      }
    }
  }

  #orders() {
    const generation = this.#generation;
    return { type: 'advance', generation, firstChunk: 0, endChunk: 0 } as const;
  }

  #form(held: { step: number; digest: string } | null, link: Link): void {
    const generation = this.#generation;
    if (held) {
      this.#step = held.step;
      this.#digest = held.digest;
    } else {
      this.#step = 0;
      const state = initialState(CONFIG.graph, CONFIG.seed);
      this.#state = encodeFlatState(this.#plan.state, 0, state);
      const bytes = this.#state.length;
      this.#digest = hash(this.#state);
      link.sendControl({ type: 'take-state', generation, step: 0, digest: this.#digest, bytes });
    }
    link.sendControl({
      type: 'generation',
      generation,
      step: this.#step,
      digest: this.#digest,
      rank: 0,
      topology: 'alone',
      members: [{ name: 'w', url: null, ...ALL }],
      behind: [],
      key: new Uint8Array(32),
    });
  }
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
