// An arena is hardly larger than what is alive in it at once, for every built-in network.
import { describe, expect, test } from 'vitest';
import { crossEntropy } from '../losses/cross-entropy.js';
import type { Model } from '../model/model.js';
import { traceModel } from '../model/trace.js';
import { models } from '../models/models.js';
import { attachLoss } from '../network/attach-loss.js';
import { liveBytes } from '../testing/live-bytes.js';
import { differentiate, evaluation } from '../transform/differentiate.js';
import { transposedParameters, withStoredParameters } from '../transform/storage.js';
import type { Draft } from './draft.js';
import { firstDraft } from './first-draft.js';
import { layOut } from './lay-out.js';
import { layOutParameters } from './parameters.js';
import { PASSES } from './planner.js';

/** What first fit may waste; a third of it is more than any of them did when this was written. */
const MOST = 1.5;
const ROWS = 16;

interface Case {
  readonly model: Model;
  readonly inputShape: readonly number[];
  readonly targetShape: readonly number[];
  readonly classes: number;
  readonly vocabulary?: number;
}

function pictures(model: Model): Case {
  return { model, inputShape: [1, 28, 28], targetShape: [], classes: 10 };
}

function text(model: Model): Case {
  return { model, inputShape: [32], targetShape: [32], classes: 64, vocabulary: 64 };
}

const CASES: Readonly<Record<string, Case>> = {
  mlp: pictures(models.mlp({ outputs: 10 })),
  lenet: pictures(models.lenet({ outputs: 10 })),
  resnet: pictures(models.resnet({ outputs: 10 })),
  'mlp-mixer': pictures(models.mlpMixer({ outputs: 10, patch: 7 })),
  gpt: text(models.gpt({ vocabulary: 64, context: 32 })),
  lstm: text(models.lstm({ vocabulary: 64 })),
};

describe.each(Object.entries(CASES))('%s', (_, { model, inputShape, vocabulary, ...data }) => {
  test.each(['training', 'evaluation'] as const)('%s', (kind) => {
    const graph = attachLoss(
      traceModel(model, inputShape, vocabulary === undefined ? {} : { vocabulary }),
      crossEntropy(),
      data,
    );
    const transposed = transposedParameters(graph);
    const parameters = layOutParameters(graph.parameters, transposed);
    const derived = (kind === 'training' ? differentiate : evaluation)(graph);
    const first = firstDraft(withStoredParameters(derived, transposed), parameters, ROWS);
    const draft = PASSES.reduce((done: Draft, pass) => pass(done), first);
    const least = liveBytes(draft);
    const { arenaBytes } = layOut(draft);
    expect(arenaBytes).toBeGreaterThanOrEqual(least);
    expect(arenaBytes / least).toBeLessThan(MOST);
  });
});
