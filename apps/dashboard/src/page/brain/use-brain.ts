// The run's newest model, in a brain of its own, for as long as a tab is shown: a newer one is taken when it comes, at most
// every two seconds, and only after the one before has been looked at.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DatasetInfo, RunInfo, Source } from '../../contract.js';
import type { BrainClient } from './brain-client.js';
import type { HeldSamples } from './samples.js';
import { startBrain } from './start-brain.js';
import type { ModelView } from './view.js';

/** Milliseconds from one model to the next, at least. */
export const EVERY_MS = 2000;
/** Samples that are held: of large ones fewer. */
const MOST_SAMPLES = 10_000;
const MOST_BYTES = 8_000_000;
/** Samples that are asked for at once. */
const PIECE_SAMPLES = 2000;
const PIECE_BYTES = 1_000_000;

export interface LoadedModel {
  readonly brain: BrainClient;
  readonly step: number;
  readonly view: ModelView;
}

export type ModelState =
  | { readonly is: 'loading' }
  /** There is no model yet. */
  | { readonly is: 'absent' }
  | { readonly is: 'failed'; readonly why: string }
  | { readonly is: 'loaded'; readonly model: LoadedModel };

/**
 * @param newest the step of the newest model that was told of
 * @param look is awaited before a newer model is taken
 */
export function useModel(
  source: Source,
  run: string,
  newest: number | undefined,
  look?: (model: LoadedModel) => Promise<void>,
): ModelState {
  const [state, setState] = useState<ModelState>({ is: 'loading' });
  const wanted = useRef({ newest, look });
  wanted.current = { newest, look };
  const wake = useRef(() => {});
  useEffect(() => {
    const brain = startBrain();
    let isOver = false;
    const goOn = async (): Promise<void> => {
      let held: number | undefined;
      while (!isOver) {
        await isSeen();
        const told = wanted.current.newest;
        const started = performance.now();
        const given = await source.model(run);
        if (isOver) return;
        if (given === undefined) setState({ is: 'absent' });
        else if (given.step !== held) {
          held = given.step;
          const view = await brain.ask('load', given.bytes);
          const model = { brain, step: given.step, view };
          setState({ is: 'loaded', model });
          await wanted.current.look?.(model);
        }
        await passed(started + EVERY_MS - performance.now());
        if (wanted.current.newest === told) {
          await new Promise<void>((resolve) => {
            wake.current = resolve;
          });
        }
      }
    };
    goOn().catch((error: Error) => {
      if (!isOver) setState({ is: 'failed', why: error.message });
    });
    return () => {
      isOver = true;
      wake.current();
      brain.close();
    };
  }, [source, run]);
  useEffect(() => wake.current(), [newest]);
  return state;
}

/** Resolves while somebody can see the page. */
function isSeen(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/**
 * The first samples of a dataset, held in the brain: as many as fit a few megabytes.
 *
 * @returns undefined where the source has none
 */
export async function holdSamples(
  brain: BrainClient,
  source: Source,
  run: string,
  info: DatasetInfo,
): Promise<HeldSamples | undefined> {
  const bytes =
    (info.inputType === 'uint8' ? 1 : 4) * sizeOf(info.inputShape) + 4 * sizeOf(info.targetShape);
  const fitting = (most: number): number => Math.max(1, Math.floor(most / bytes));
  const most = Math.min(info.samples, MOST_SAMPLES, fitting(MOST_BYTES));
  const each = Math.min(PIECE_SAMPLES, fitting(PIECE_BYTES));
  const pieces: Uint8Array[] = [];
  for (let first = 0; first < most; first += each) {
    const piece = await source.samples(run, info.name, first, Math.min(each, most - first));
    if (piece === undefined) break;
    pieces.push(piece);
  }
  return pieces.length === 0 ? undefined : brain.ask('hold', pieces);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** Of a run's datasets the one that models are looked at with: what is not learnt from, if there is such a one. */
export function usualDataset({ datasets }: Pick<RunInfo, 'datasets'>): DatasetInfo | undefined {
  return datasets.find(({ name }) => name !== 'train') ?? datasets[0];
}
