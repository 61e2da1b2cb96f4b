// What workers hand in of an evaluation: sums, a chunk of the test data each, which are added up here and told. A mean is
// taken of them by whoever reports it.
import { type SumLayout, sumOffset } from '@lockstep/core/internal';
import { partition } from '@lockstep/tree';
import { workingRanks } from '../holding/catch-up.js';
import type { EvaluatedStep } from '../state/durable.js';
import type { Effect } from '../state/effect.js';
import type { MemberId } from '../state/member.js';
import type { Phase } from '../state/phase.js';
import type { State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { isEpochEnd } from './stop-points.js';

type Running = Extract<Phase, { name: 'running' }>;

/** Bytes of chunk sums that a member has to hand in at the stop point; undefined for one who is behind. */
export function expectedSumBytes(state: State, phase: Running, id: MemberId): number | undefined {
  const ranks = workingRanks(state, phase.team);
  const chunks = partition(phase.evaluate ? state.config.chunks : 0, ranks.length);
  const own = chunks[ranks.findIndex((rank) => rank.id === id)];
  return own && 4 * state.config.sums.floats * (own.end - own.first);
}

/** Means are taken of these sums; float64 in the order of the chunks, as on one machine. */
export function addChunks(
  chunks: readonly Uint8Array[],
  layout: SumLayout,
): NonNullable<EvaluatedStep['test']> {
  const total = (name: string): number => {
    let sum = 0;
    for (const bytes of chunks) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const first = 4 * sumOffset(layout, name);
      for (let at = first; at < bytes.length; at += 4 * layout.floats) {
        sum += view.getFloat32(at, true);
      }
    }
    return sum;
  };
  const counts = layout.sections.some(({ name }) => name === 'correct');
  return { loss: total('loss'), correct: counts ? total('correct') : 0 };
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
  return { state: { ...state, evaluated: evaluation, loss: null }, effects };
}
