// What the dashboard's server tells a page, and what a page asks of it: types alone, for both sides. A page hears of runs in
// a stream of messages, a JSON object a line (NDJSON), and asks for what is large (weights, samples) by itself. A report is
// the same page with a source that lies in its file.
//
//   GET  api/stream                                          NDJSON of `Message`; at first `runs`, then a `history` a run
//   GET  api/runs/ID/model                                   the newest trained model, as `encodeModel` writes it; its step
//                                                            in the header `x-step`; 204 while there is none
//   GET  api/runs/ID/gradients                               safetensors: the last step's mean gradient of each parameter, by
//                                                            the parameter's name; `x-step`; 204 where nobody knows them
//   GET  api/runs/ID/samples?dataset=test&first=0&count=100  safetensors: `inputs` [count, ...inputShape] as the dataset has
//                                                            them (U8, I32, F32) and `targets`; `DatasetInfo` says the rest
//   POST api/runs/ID/stop, .../checkpoint                    as Ctrl-C; a checkpoint now
//   POST api/runs/ID/drop-worker?name=NAME                   that worker is told to go
//
// Every request under api/ carries `Authorization: Bearer TOKEN`; the page finds the token in its URL's fragment (#token=...),
// which browsers send to nobody. Errors are JSON, { code, message }.
import type { ClusterEvent } from '@lockstep/trainer';

/** Milliseconds of wall-clock time that a thread, or a worker as a whole, spent on each thing. */
export interface Spent {
  /** Forward, backward, adding up, the optimizer. */
  readonly computing: number;
  /** Handing gradients over to other machines. */
  readonly sending: number;
  /** For other threads or workers. */
  readonly waiting: number;
  /** Steps that had been computed before, and were lost with a generation. */
  readonly redoing: number;
  /** A thread that would not make steps shorter. */
  readonly resting: number;
  readonly evaluating: number;
}

export interface LaneSample {
  /** Its name; of a run on this machine's threads `this machine`. */
  readonly worker: string;
  /** From 0; null for a worker as a whole. */
  readonly thread: number | null;
  /** Within the sample's `ms`. */
  readonly spent: Spent;
}

/** A worker of a cluster, as its coordinator sees it. */
export interface WorkerSample {
  readonly name: string;
  readonly threads: number;
  /** [first, end) of the run's shards; null while it has none. */
  readonly shards: { readonly first: number; readonly end: number } | null;
  /** Mean milliseconds a step; null before it reported. */
  readonly computeMs: number | null;
  readonly sendMs: number | null;
  readonly waitMs: number | null;
  /** Of a ping to it; null where nobody measured. */
  readonly roundTripMs: number | null;
  /** Between it and the coordinator since it joined, both ways; null where nobody counts. */
  readonly bytes: number | null;
}

/** Where a run stood, and what happened since the sample before. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The time that it covers, up to `at`. */
  readonly ms: number;
  /** Committed. */
  readonly step: number;
  /** Of the whole run. */
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  /** Mean of the last step's samples; null before the first. */
  readonly loss: number | null;
  readonly learningRate: number;
  /** L2 norms of the mean gradient and of the parameters; null where nobody looked. */
  readonly gradientNorm: number | null;
  readonly weightNorm: number | null;
  readonly samplesPerSecond: number;
  /** Training time left; null while nobody knows. */
  readonly secondsLeft: number | null;
  /** What the run waits for, in words, while nobody computes; null or left out while somebody does. */
  readonly waitsFor?: string | null;
  readonly lanes: readonly LaneSample[];
  /** Of a cluster; empty otherwise. */
  readonly workers: readonly WorkerSample[];
}

export interface DatasetInfo {
  /** What the run calls it: `train`, `test`, ... */
  readonly name: string;
  readonly samples: number;
  readonly inputShape: readonly number[];
  /** null where nobody has looked at them yet: the samples say it. */
  readonly inputType: 'uint8' | 'int32' | 'float32' | null;
  /** Inputs are divided by this before a model sees them. */
  readonly inputDivisor: number;
  readonly targetShape: readonly number[];
  /** null for what are no classes. */
  readonly classes: number | null;
  readonly classNames: readonly string[] | null;
  /** Of token sequences. */
  readonly vocabulary: number | null;
}

/** A run as a page knows it. */
export interface RunInfo {
  /** In URLs: letters, digits and dashes. */
  readonly id: string;
  /** For people; of runs with one name also what of their folders tells them apart. */
  readonly name: string;
  /** The run's folder, from the root; null without one. */
  readonly folder: string | null;
  readonly command: 'train' | 'coordinator';
  /** Whether it goes on now: in the process that serves the page, or in another one, which can be told nothing from here. */
  readonly isLive: boolean;
  /** The command that goes on with a run that was stopped, or killed; null or left out of others. Its events say where it stands. */
  readonly again?: string | null;
  readonly can: {
    readonly stop: boolean;
    readonly checkpoint: boolean;
    readonly dropWorker: boolean;
  };
  /** What the run is, flat, for a table and for comparing: `optimizer.learningRate` → 0.001. Bytes of weights are not here. */
  readonly config: Readonly<Record<string, string | number | boolean | null>>;
  /** Whose samples can be asked for. */
  readonly datasets: readonly DatasetInfo[];
}

export type Message =
  /** All runs; again when one of them begins or ends. */
  | { readonly type: 'runs'; readonly runs: readonly RunInfo[] }
  /** What was before this page came: all events, and samples, thinned. */
  | {
      readonly type: 'history';
      readonly run: string;
      readonly events: readonly ClusterEvent[];
      readonly samples: readonly Sample[];
    }
  | { readonly type: 'event'; readonly run: string; readonly event: ClusterEvent }
  /** Ten a second at most; a page that cannot follow gets fewer, each of which covers more time. */
  | { readonly type: 'sample'; readonly run: string; readonly sample: Sample }
  /** A newer model can be asked for. */
  | { readonly type: 'model'; readonly run: string; readonly step: number }
  /** The last one: the server ends, and nobody answers at its address any more. */
  | { readonly type: 'bye' };

/** Where a page has it all from: a server, or the report that it is in. */
export interface Source {
  /** Whether there is somebody to ask for new things. */
  readonly isLive: boolean;
  /** @returns what ends it */
  listen(hear: (message: Message) => void, onState: (state: SourceState) => void): () => void;
  /** Undefined while there is none. */
  model(run: string): Promise<{ step: number; bytes: Uint8Array } | undefined>;
  gradients(run: string): Promise<{ step: number; bytes: Uint8Array } | undefined>;
  /** Safetensors; undefined where the source has no such samples. */
  samples(
    run: string,
    dataset: string,
    first: number,
    count: number,
  ): Promise<Uint8Array | undefined>;
  /** @throws Error in words if it is refused */
  act(run: string, action: Action): Promise<void>;
}

/** `gone`: the server has said that it ends; `refused`: it, or another one in its place, does not take the token. */
export type SourceState = 'connecting' | 'connected' | 'lost' | 'gone' | 'refused';

export type Action =
  | { readonly do: 'stop' | 'checkpoint' }
  | { readonly do: 'drop-worker'; readonly name: string };
