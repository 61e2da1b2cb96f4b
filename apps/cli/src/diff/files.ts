// Two files with tensors, and what they say besides, beside each other. Nothing is converted; a run's folder stands for its newest weights.
import { resolve } from 'node:path';
import {
  metadataDifferences,
  networkAlone,
  readTensors,
  tensorDifferences,
} from '@lockstep/trainer';
import type { Session } from '../session.js';

/** @throws what reading them throws */
export async function diffFiles(
  paths: { readonly left: string; readonly right: string },
  { reporter, now, markFailed }: Session,
): Promise<void> {
  const left = await readTensors('diff', paths.left);
  const right = await readTensors('diff', paths.right);
  // Weights alone never had an optimizer's vectors: that they lack them says nothing.
  const isNetworkAlone = (left.kind === 'checkpoint') !== (right.kind === 'checkpoint');
  const [ours, theirs] = [left, right].map((one) =>
    isNetworkAlone ? networkAlone(one) : one.tensors,
  );
  const differences = tensorDifferences(ours!, theirs!);
  const metadata = metadataDifferences(left, right);
  const isSame = differences.length === 0 && metadata.length === 0;
  const all = new Map([...ours!, ...theirs!]);
  reporter.report({
    ...{ event: 'compared', time: now().toISOString(), kind: 'files' },
    ...{ left: resolve(paths.left), right: resolve(paths.right), isSame, isNetworkAlone },
    tensors: all.size,
    numbers: [...all.values()].reduce((sum, { data }) => sum + data.length, 0),
    ...{ differences, metadata },
  });
  if (!isSame) markFailed();
}
