// The library's entry points: `coordinate` begins a run that workers on other machines compute, `resumeCoordinated`
// goes on with one. Both give a ClusterRun, which opens no port until it is iterated or asked for its result.
import { checkOptions, type OptionNames } from '@lockstep/errors';
import {
  NEW_RUN_OPTIONS,
  type NewRunOptions,
  OLD_RUN_OPTIONS,
  type OldRunOptions,
  prepareResume,
  prepareRun,
  toBegin,
} from '@lockstep/trainer';
import { ClusterRun } from './carry/cluster-run.js';
import { COORDINATOR_OPTIONS, type CoordinatorOptions, networkOptions } from './network-options.js';

const COORDINATE_OPTIONS: OptionNames<NewRunOptions & CoordinatorOptions> = {
  ...NEW_RUN_OPTIONS,
  ...COORDINATOR_OPTIONS,
};
const RESUME_OPTIONS: OptionNames<OldRunOptions & CoordinatorOptions> = {
  ...OLD_RUN_OPTIONS,
  ...COORDINATOR_OPTIONS,
};

/**
 * Begins a run on many machines: the bits of `train` on one thread, whoever joins, leaves or dies.
 *
 * @throws ConfigError, ShapeError, GraphError or DataError at once, if the parts do not fit together; what fails later
 * is thrown by the iteration
 */
export function coordinate(options: NewRunOptions & CoordinatorOptions): ClusterRun {
  checkOptions('coordinate', options, COORDINATE_OPTIONS);
  const network = networkOptions(options);
  const fence = network.lead?.fence;
  const run = new ClusterRun({ ...prepareRun('coordinate', options), ...network, fence });
  return toBegin(run, 'coordinate', coordinate);
}

/**
 * Goes on with a run that a coordinator began: from the newest step that any of its workers still holds, or else from
 * its newest checkpoint.
 *
 * @returns the run, and the newer checkpoints that were refused, each with the reason
 * @throws ConfigError, CheckpointError or LockstepError as the trainer's `resume`
 */
export async function resumeCoordinated(
  options: OldRunOptions & CoordinatorOptions,
): Promise<{ run: ClusterRun; refused: readonly { path: string; reason: string }[] }> {
  checkOptions('resumeCoordinated', options, RESUME_OPTIONS);
  const network = networkOptions(options, 'resumeCoordinated');
  const { prepared, refused } = await prepareResume(options, network.lead?.fence);
  const run = new ClusterRun({ ...prepared, ...network });
  return { run: toBegin(run, 'resumeCoordinated', resumeCoordinated), refused };
}
