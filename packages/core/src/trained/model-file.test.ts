// A trained model's file: what comes back answers with the same bits, the bytes are what docs/model-file.md says, and what
// is damaged, from elsewhere or made up is refused by what is wrong with it.
import {
  decodeSafetensors,
  encodeSafetensors,
  FormatError,
  type StoredTensor,
} from '@lockstep/formats';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../dataset.js';
import { LockstepError } from '../errors.js';
import { fit } from '../fit.js';
import { zeros } from '../initializers/initializer.js';
import { relu } from '../layers/activations.js';
import { linear } from '../layers/linear.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { meanSquaredError } from '../losses/mean-squared-error.js';
import { type Model, sequential } from '../model/model.js';
import { batchMean, mul, sub } from '../model/tensor.js';
import { adam } from '../optimizers/adam.js';
import type { Preparation } from '../preparation/preparation.js';
import { Random } from '../testing/random.js';
import { toyDataset } from '../testing/toy-data.js';
import type { Json } from '../testing/valid-graphs.js';
import { decodeModel, encodeModel } from './model-file.js';
import { TrainedModel } from './trained-model.js';

/** With a buffer, constants and everything that a dataset can say of itself. */
const network: Model = sequential(
  (x, scope) => {
    const mean = scope.buffer('mean', [3], zeros());
    scope.update(mean, batchMean(x));
    return mul(sub(x, mean), [1, 2, 3]);
  },
  linear(3, 5),
  relu(),
  linear(5, 2),
);
const preparation: Preparation = {
  inputs: ['a', 'b', 'c'].map((column) => ({ kind: 'pass-through', column })),
  targets: [{ kind: 'class', column: 'kind', classNames: ['ä "quoted" one', '漢字'] }],
};
const data: Dataset = {
  ...toyDataset({ samples: 20, inputShape: [3], classes: 2 }),
  ...{ classNames: ['ä "quoted" one', '漢字'], inputNames: ['a', 'b', 'c'], preparation },
};
const options = { model: network, data, loss: crossEntropy(), optimizer: adam(), metrics: ['f1'] };
const { trained, parameters, buffers } = fit(options);
const bytes = encodeModel(trained);

/** The file with other tensors or metadata. */
function file(
  change: (
    metadata: Record<string, string>,
    tensors: Map<string, StoredTensor>,
  ) => Record<string, string> | undefined,
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const copy = { ...metadata };
  return Buffer.concat(encodeSafetensors(tensors, change(copy, tensors) ?? copy));
}

describe('the file of a trained model', () => {
  test('comes back as a model that answers with the same bits', () => {
    const again = decodeModel(bytes);
    expect(again.predict(data)).toEqual(trained.predict(data));
    expect(again.classify(data)).toEqual(trained.classify(data));
    expect(again.classify({ a: 1, b: 2, c: 3 }).label).toBe(trained.classify([1, 2, 3]).label);
    expect(again.evaluate(data)).toEqual(trained.evaluate(data));
    expect(again.parameters).toEqual(parameters);
    expect(again.buffers).toEqual(buffers);
    expect(again.traits).toEqual(trained.traits);
    expect(again.graph).toEqual(trained.graph);
    expect(encodeModel(again)).toEqual(bytes);
  });

  test('is a safetensors file as PyTorch names tensors, with the rest as texts', () => {
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect([...tensors].map(([name, { shape, dtype }]) => [name, dtype, shape])).toEqual([
      ['1.weight', 'F32', [5, 3]],
      ['1.bias', 'F32', [5]],
      ['3.weight', 'F32', [2, 5]],
      ['3.bias', 'F32', [2]],
      ['0.mean', 'F32', [3]],
    ]);
    expect(Object.keys(metadata)).toEqual([
      ...['format', 'lockstep', 'lockstep-graph', 'lockstep-trained-on'],
    ]);
    expect(metadata.format).toBe('pt');
    expect(metadata.lockstep).toBe('lockstep-model/1');
    expect(JSON.parse(metadata['lockstep-graph']!)).toEqual(
      JSON.parse(JSON.stringify(trained.graph)),
    );
  });

  test('is kept by whoever reads it: later changes of the bytes change nothing', () => {
    const copy = bytes.slice();
    const again = decodeModel(copy);
    copy.fill(0xff);
    expect(again.predict(data)).toEqual(trained.predict(data));
  });

  test('is read at any place of a larger buffer', () => {
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(decodeModel(larger.subarray(3)).predict(data)).toEqual(trained.predict(data));
  });

  test('of a model without a loss, and of one that learnt values', () => {
    const { graph, ...rest } = fit({
      ...{
        data: toyDataset({ samples: 5, inputShape: [2], targetShape: [1] }),
        model: linear(2, 1),
      },
      ...{ loss: meanSquaredError(), optimizer: adam() },
    }).trained;
    const again = decodeModel(encodeModel(new TrainedModel({ graph, ...parts(rest) })));
    expect(again.traits.classes).toBeUndefined();
    expect(
      again.evaluate(toyDataset({ samples: 5, inputShape: [2], targetShape: [1] })).loss,
    ).toBeGreaterThan(0);
  });

  test('holds half precision as somebody has converted it', () => {
    const half = file((_, tensors) => {
      // 0.5 and −2 in binary16.
      tensors.set('3.bias', { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3800, 0xc000) });
      return undefined;
    });
    expect([...decodeModel(half).parameters.get('3.bias')!.data]).toEqual([0.5, -2]);
  });
});

function parts({ parameters, traits }: Pick<TrainedModel, 'parameters' | 'traits'>) {
  return { parameters, traits };
}

const text = (change: (json: Json) => void, key = 'lockstep-graph') =>
  file((metadata) => {
    const json = JSON.parse(metadata[key]!);
    change(json);
    return { ...metadata, [key]: JSON.stringify(json) };
  });

describe('what is no model, or a damaged one', () => {
  test.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'decodeModel: got nothing, expected the bytes of a model'],
    ['an ArrayBuffer', () => bytes.buffer, 'decodeModel: got an ArrayBuffer, expected the bytes'],
    ['no bytes', () => new Uint8Array(0), 'safetensors: truncated'],
    ['half of the file', () => bytes.subarray(0, bytes.length / 2), 'truncated'],
    [
      'a longer file',
      () => Buffer.concat([bytes, Buffer.alloc(4)]),
      'bytes follow the last tensor',
    ],
    [
      'a picture',
      () => Buffer.from('\x89PNG\r\n\x1a\n0000000000000000', 'latin1'),
      'not a safetensors file',
    ],
    [
      'tensors of PyTorch',
      () => file(() => ({ format: 'pt' })),
      'model file: it holds tensors (5: "1.weight", "1.bias", "3.weight", …) and not the network that they belong to, so it is from elsewhere. Give the network with them, as new TrainedModel(',
    ],
    [
      'weights of before there were models',
      () => file(({ 'lockstep-trained-on': on }) => ({ 'lockstep-trained-on': on! })),
      "it holds the weights of a run and not their network, which files of before models were kept do not have; load the run's folder",
    ],
    [
      'a checkpoint',
      () => file(() => ({ format: 'lockstep-checkpoint/1' })),
      'these are the bytes of a checkpoint',
    ],
    [
      'another version',
      () => file((metadata) => ({ ...metadata, lockstep: 'lockstep-model/2' })),
      'expected the format lockstep-model/1, got "lockstep-model/2"; another version wrote it',
    ],
    [
      'no graph',
      () => file(({ 'lockstep-graph': _, ...rest }) => rest),
      'model file: its metadata has no lockstep-graph',
    ],
    [
      'a graph that is no JSON',
      () => file((metadata) => ({ ...metadata, 'lockstep-graph': '{' })),
      'its metadata lockstep-graph is not JSON',
    ],
    [
      'a graph that is none',
      () => file((metadata) => ({ ...metadata, 'lockstep-graph': '[[[[]]]]' })),
      'model file: graph: expected an object',
    ],
    [
      'an operator that there is not',
      () =>
        text((graph) => {
          graph.nodes[3].op = 'eval';
        }),
      'model file: ',
    ],
    [
      'a graph that reads ahead',
      () =>
        text((graph) => {
          graph.nodes[2].inputs = [99];
        }),
      'model file: ',
    ],
    [
      'a graph of absurd size',
      () =>
        text((graph) => {
          graph.parameters[0].shape = [2 ** 15, 2 ** 15];
        }),
      'model file: ',
    ],
    [
      'no traits',
      () => file(({ 'lockstep-trained-on': _, ...rest }) => rest),
      'its metadata has no lockstep-trained-on',
    ],
    [
      'traits that are none',
      () => file((metadata) => ({ ...metadata, 'lockstep-trained-on': '5' })),
      'its metadata has no lockstep-trained-on, or an empty one',
    ],
    [
      'traits of another network',
      () =>
        text((record) => {
          record.inputShape = [4];
          record.inputNames = undefined;
          record.preparation = undefined;
        }, 'lockstep-trained-on'),
      'trained model: the model takes inputs of [N, 3], the data has [N, 4]',
    ],
    [
      'a shape that is none',
      () =>
        text((record) => {
          record.inputShape = [-3];
        }, 'lockstep-trained-on'),
      'inputShape of the dataset is [-3], which no dataset has',
    ],
    [
      'a preparation that is none',
      () =>
        text((record) => {
          record.preparation.inputs[0].kind = 'eval';
        }, 'lockstep-trained-on'),
      'eval',
    ],
    [
      'a tensor that is missing',
      () =>
        file((_, tensors) => {
          tensors.delete('1.bias');
          return undefined;
        }),
      'model file: parameters: "1.bias" is missing',
    ],
    [
      'a buffer that is missing',
      () =>
        file((_, tensors) => {
          tensors.delete('0.mean');
          return undefined;
        }),
      'model file: buffers: "0.mean" is missing',
    ],
    [
      'a tensor too many',
      () =>
        file((_, tensors) => {
          tensors.set('x', tensors.get('1.bias')!);
          return undefined;
        }),
      'model file: parameters: "x" is not in the model',
    ],
    [
      'a tensor of another shape',
      () =>
        file((_, tensors) => {
          tensors.set('1.bias', { dtype: 'F32', shape: [1, 5], data: new Float32Array(5) });
          return undefined;
        }),
      '"1.bias" is [1, 5], the model expects [5]',
    ],
    [
      'a number that is none',
      () =>
        file((_, tensors) => {
          tensors.set('3.bias', { dtype: 'F32', shape: [2], data: Float32Array.of(0, Number.NaN) });
          return undefined;
        }),
      '"3.bias" holds NaN at element 1; expected finite numbers',
    ],
    [
      'pictures that are drawn larger than a sample is',
      () =>
        file(({ 'lockstep-trained-on': on }) => {
          const pictures = { way: 'drawn', box: 1e5, centre: 'mass', fullContrast: true };
          const record = { ...JSON.parse(on!), inputShape: [1, 1, 3], pictures };
          return {
            ...decodeSafetensors(bytes).metadata,
            'lockstep-trained-on': JSON.stringify(record),
          };
        }),
      "expected box to be at most 3, a sample's side",
    ],
  ])('is refused: %s', (_, given, message) => {
    expect(() => decodeModel(given() as Uint8Array)).toThrow(LockstepError);
    expect(() => decodeModel(given() as Uint8Array)).toThrow(message);
  });

  test('is not encoded', () => {
    expect(() => encodeModel({ ...trained } as TrainedModel)).toThrow(
      'saving a model: got an object, expected a trained model, as fit, train and coordinate give it',
    );
  });

  test('by 2,000 random damages is refused with a typed error, or a model that answers', () => {
    const random = new Random(5);
    const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const damaged = bytes.slice();
      // Mostly the header: any bits of a tensor are numbers.
      const end = round % 4 === 0 ? damaged.length : headerEnd;
      for (let i = random.integer(1, 3); i > 0; i--)
        damaged[random.integer(0, end - 1)] = random.integer(0, 255);
      let model: TrainedModel;
      try {
        model = decodeModel(damaged);
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        refused++;
        continue;
      }
      if (round % 10 === 0) expect(model.predict(new Array(3).fill(1)).length).toBeGreaterThan(0);
    }
    expect(refused).toBeGreaterThan(1000);
    expect(refused).toBeLessThan(2000);
  });
});

test('errors of the format are the format’s', () => {
  expect(() => decodeModel(bytes.subarray(0, 20))).toThrow(FormatError);
});
