// The evaluation of a state that no worker has evaluated: of the best epoch, where threads trained it before a coordinator
// went on with the run. One thread, this one: it gives the same bits as all others, and is needed once at most.
import { weightsHash } from '@lockstep/core';
import { EPOCH_LOSS, PARAMETERS, type RunState } from '@lockstep/core/internal';
import { Engine, type Evaluated, InlineCompute, type PreparedRun } from '@lockstep/trainer';

export async function evaluateState(
  { config, backend, data }: Pick<PreparedRun, 'config' | 'backend' | 'data'>,
  step: number,
  state: RunState,
): Promise<Evaluated> {
  const engine = new Engine({
    ...{ config, backend, datasets: data, threads: 1, isAlone: true },
    compute: (setting, place) => new InlineCompute(setting, place),
  });
  engine.writeState(step, state);
  try {
    const sums = await engine.evaluate();
    const hash = await weightsHash(state.tensors.get(PARAMETERS)!);
    return { step, sums, epochLoss: state.sums.get(EPOCH_LOSS)!, weightsHash: hash };
  } finally {
    await engine.close();
  }
}
