// How two runs differ by what their files hold of one step, tensor by tensor, without computing anything.
import { RunFolder, type RunRecord, WEIGHTS } from '../storing/run-folder.js';
import {
  type TensorDifference,
  type Tensors,
  tensorDifferences,
} from '../storing/tensor-differences.js';
import { allTensors, networkTensors } from './comparison.js';
import { readGivenWeights } from './given-weights.js';
import { haveSameStates, type RecordedParting } from './known-parting.js';
import { SavedStates } from './saved-states.js';

interface RunPlace {
  readonly out: string;
  readonly record: RunRecord;
}

/** @returns undefined where one of them holds no tensors of that step */
export async function heldDifferences(
  left: RunPlace,
  right: RunPlace,
  { step, left: ours, right: theirs }: RecordedParting,
): Promise<TensorDifference[] | undefined> {
  const isOfGiven = [ours, theirs].some(({ file }) => file === WEIGHTS);
  const isWhole = !isOfGiven && haveSameStates(left.record.config, right.record.config);
  const one = await heldOf(left, step, ours.file, isWhole);
  const other = await heldOf(right, step, theirs.file, isWhole);
  return one && other && tensorDifferences(one, other);
}

async function heldOf(
  { out, record }: RunPlace,
  step: number,
  file: string,
  isWhole: boolean,
): Promise<Tensors | undefined> {
  if (file === WEIGHTS) {
    const given = await readGivenWeights(out, record);
    return typeof given === 'object' ? given.tensors : undefined;
  }
  const saved = new SavedStates(new RunFolder(out), record);
  const there = (await saved.list()).find((one) => one.step === step);
  const snapshot = there && (await saved.read(there));
  if (typeof snapshot !== 'object') return undefined;
  return isWhole ? allTensors(snapshot.state) : networkTensors(snapshot.state);
}
