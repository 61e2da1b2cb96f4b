// What the server needs of a run, whether it goes on in this process or lies in a folder.
import type { Action, Message, RunInfo } from '../contract.js';
import type { History } from './history.js';

/** Bytes of something, and the step that it is of. */
export interface AtStep {
  readonly step: number;
  readonly bytes: Uint8Array;
}

/** Who wants to know what comes. */
export interface Listener {
  hear(message: Message): void;
  /** What the run is called, or can, has changed: whoever lists runs lists them anew. */
  onInfo(): void;
}

export interface Feed {
  readonly info: RunInfo;
  readonly history: Pick<History, 'events' | 'samples'>;
  /** The newest; undefined while there is none. */
  model(): Promise<AtStep | undefined>;
  /** Undefined where nobody knows them. */
  gradients(): Promise<AtStep | undefined>;
  /** Safetensors; undefined where there is no such dataset, or it cannot be had. @throws ConfigError for samples that it has not */
  samples(dataset: string, first: number, count: number): Promise<Uint8Array | undefined>;
  /** @throws Error if it is refused */
  act(action: Action): Promise<void>;
  /** @returns what ends it */
  listen(listener: Listener): () => void;
}
