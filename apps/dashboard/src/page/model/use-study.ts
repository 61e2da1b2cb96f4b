// What is known of a run's newest model, piece by piece as it is found: each newer model is looked at in the same order, and
// what is known of the one before stays until then.
import { useMemo, useRef, useState } from 'preact/hooks';
import type { DatasetInfo, RunInfo, Source } from '../../contract.js';
import type { Examination } from '../brain/examine.js';
import type { Activity, FirstLayer, LayerSpread } from '../brain/look-inside.js';
import type { HeldSamples } from '../brain/samples.js';
import { holdSamples, type LoadedModel, type ModelState, useModel } from '../brain/use-brain.js';
import { SpreadHistory } from './spread-history.js';

export interface Study {
  readonly firstLayer?: FirstLayer;
  readonly spreads?: readonly LayerSpread[];
  readonly activity?: Activity;
  readonly examination?: Examination;
  /** Null where the source has none. */
  readonly samples?: HeldSamples | null;
}

/** Milliseconds for what layers give, and for what is right and wrong: while a run goes on a newer model comes soon. */
const LIVE_MS = { activity: 400, examine: 800 };
const STILL_MS = { activity: 2000, examine: 8000 };

/** Of each source, of each run: it goes on when the tab is shown again. */
const HISTORIES = new WeakMap<Source, Map<string, SpreadHistory>>();

function historyOf(source: Source, key: string): SpreadHistory {
  const all = HISTORIES.get(source) ?? new Map<string, SpreadHistory>();
  HISTORIES.set(source, all);
  const known = all.get(key) ?? new SpreadHistory();
  all.set(key, known);
  return known;
}

export function useStudy(
  source: Source,
  run: RunInfo,
  newest: number | undefined,
  dataset: DatasetInfo | undefined,
): { readonly state: ModelState; readonly study: Study; readonly history: SpreadHistory } {
  const [study, setStudy] = useState<Study>({});
  const samples = useRef<HeldSamples | null>(null);
  const isHeld = useRef(false);
  // Only the process that trains knows them, and not each does: who has none is not asked again.
  const hasGradients = useRef(run.isLive);
  const history = useMemo(
    () => historyOf(source, `${run.id} ${dataset?.name}`),
    [source, run.id, dataset?.name],
  );
  const look = async ({ brain, step }: LoadedModel): Promise<void> => {
    const learn = (more: Study): void => setStudy((known) => ({ ...known, ...more }));
    const forMs = run.isLive ? LIVE_MS : STILL_MS;
    const firstLayer = await brain.ask('firstLayer');
    const gradients = hasGradients.current ? await source.gradients(run.id) : undefined;
    hasGradients.current = gradients !== undefined;
    const spreads = await brain.ask('spreads', gradients?.bytes);
    for (const { layer, weights, gradients: own } of spreads) {
      history.push(`${layer} weights`, step, weights);
      if (own) history.push(`${layer} gradients`, step, own);
    }
    learn({ firstLayer, spreads });
    if (!isHeld.current) {
      isHeld.current = true;
      if (dataset) samples.current = (await holdSamples(brain, source, run.id, dataset)) ?? null;
      learn({ samples: samples.current });
    }
    if (!samples.current) return;
    const activity = await brain.ask('activity', forMs.activity);
    for (const { layer, activations } of activity.layers) {
      history.push(`${layer} activations`, step, activations);
    }
    learn({ activity });
    learn({ examination: await brain.ask('examine', forMs.examine) });
  };
  const state = useModel(source, run.id, newest, look);
  return { state, study, history };
}
