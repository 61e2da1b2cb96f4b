// What workers hand in of an evaluation: sums, one list a chunk, which are added up here and told. A mean is
// taken of them by whoever reports it.
import { addChunkSums } from '@lockstep/core/internal';
import { partition } from '@lockstep/tree';
import { workingRanks } from '../holding/catch-up.js';
import type { EvaluatedStep } from '../state/durable.js';
import type { Effect } from '../state/effect.js';
import type { MemberId } from '../state/member.js';
import type { Running } from '../state/phase.js';
import type { Config, State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { isEpochEnd } from './stop-points.js';

/** Chunks of all that is evaluated. */
export function chunksOf({ evaluated }: Config): number {
  return evaluated.at(-1)?.endChunk ?? 0;
}

/** Bytes of chunk sums that a member has to hand in at the stop point; undefined for one who is behind. */
export function expectedSumBytes(state: State, phase: Running, id: MemberId): number | undefined {
  const ranks = workingRanks(state, phase.team);
  const chunks = partition(phase.evaluate ? chunksOf(state.config) : 0, ranks.length);
  const own = chunks[ranks.findIndex((rank) => rank.id === id)];
  return own && 4 * state.config.sums.floats * (own.end - own.first);
}

/** The sums of each dataset; float64 in the order of the chunks, as on one machine. */
export function addChunks(
  lists: readonly Uint8Array[],
  { evaluated, sums }: Config,
): EvaluatedStep['sums'] {
  const floats = lists.flatMap((bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  });
  return addChunkSums(sums, evaluated, floats);
}

export function tellEvaluation(state: State, evaluation: EvaluatedStep, now: number): Transition {
  const { config, trainingMs, loss } = state;
  const { step } = evaluation;
  const effects: Effect[] = [{ type: 'journal', record: { type: 'evaluated', ...evaluation } }];
  // An evaluation that a loss cut short: it has recovered without another step.
  if (loss) {
    effects.push({
      type: 'emit',
      notice: { event: 'recovered', step, ms: now - loss.noticed },
    });
  }
  if (isEpochEnd(config, step)) {
    const epoch = step / config.stepsPerEpoch;
    effects.push({ type: 'emit', notice: { event: 'epoch-end', epoch, evaluation, trainingMs } });
  }
  const judgement = config.judge?.(state.judgement, evaluation) ?? state.judgement;
  const best = judgement.best?.step === step ? evaluation : state.best;
  return { state: { ...state, evaluated: evaluation, judgement, best, loss: null }, effects };
}
