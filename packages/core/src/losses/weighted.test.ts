// Label smoothing and weights: what they come to by hand, and what of them is refused. Values of PyTorch are compared in
// test/golden.
import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../errors.js';
import { evaluate } from '../evaluate.js';
import { fit } from '../fit.js';
import { linear } from '../layers/linear.js';
import { traceModel } from '../model/trace.js';
import { attachLoss } from '../network/attach-loss.js';
import { validateGraph } from '../network/validate.js';
import { sgd } from '../optimizers/sgd.js';
import { toyDataset } from '../testing/toy-data.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { crossEntropy } from './cross-entropy.js';

const labelled = { ...toyDataset({ samples: 12, inputShape: [2], classes: 3 }) };
const named = { ...labelled, classNames: ['ant', 'bee', 'cat'] };
const model = linear(2, 3);
const base = { model, data: labelled, optimizer: sgd({ learningRate: 0.1 }), epochs: 2 };

function graphOf(loss = crossEntropy(), data = labelled) {
  return attachLoss(traceModel(model, [2]), loss, data);
}

describe('crossEntropy', () => {
  it('without options, and with those that change nothing, is the graph that it always was', () => {
    const plain = graphOf();
    expect(plain.nodes.map(({ op }) => op)).toContain('crossEntropy');
    expect(graphOf(crossEntropy({ labelSmoothing: 0 }))).toEqual(plain);
    expect(Object.keys(plain.outputs)).toEqual(['output', 'loss', 'metric.accuracy.correct']);
  });

  it('takes weights by the names of classes, and 1 for those without one', () => {
    const byName = graphOf(crossEntropy({ classWeights: { bee: 2, cat: 0.5 } }), named);
    expect(byName).toEqual(graphOf(crossEntropy({ classWeights: [1, 2, 0.5] }), named));
    const none = Object.fromEntries(named.classNames.map((name) => [name, 0]));
    expect(() => graphOf(crossEntropy({ classWeights: none }), named)).toThrow('none is above 0');
    expect(validateGraph(JSON.parse(JSON.stringify(byName)))).toEqual(byName);
  });

  it('with weights that are all the same trains and evaluates as without, up to rounding', () => {
    const plain = fit({ ...base, loss: crossEntropy() });
    const weighted = fit({ ...base, loss: crossEntropy({ classWeights: [3, 3, 3] }) });
    for (const [name, { data }] of plain.parameters) {
      for (const [i, value] of data.entries()) {
        // Four steps of some roundings of numbers around 1.
        expect(Math.abs(weighted.parameters.get(name)!.data[i]! - value)).toBeLessThan(1e-6);
      }
    }
    expect(weighted.epochs[1]!.trainLoss).toBeCloseTo(plain.epochs[1]!.trainLoss, 6);
    const { parameters } = plain;
    const asked = { model, data: labelled, parameters };
    const { loss } = evaluate({ ...asked, loss: crossEntropy({ classWeights: [3, 3, 3] }) });
    expect(loss).toBeCloseTo(evaluate({ ...asked, loss: crossEntropy() }).loss, 6);
  });

  it('a batch of classes that weigh nothing leaves the parameters as they are', () => {
    const classWeights = [0, 0, 1];
    const data = { ...labelled, targets: new Int32Array(12) };
    const { parameters, epochs } = fit({ ...base, data, loss: crossEntropy({ classWeights }) });
    const before = fit({ ...base, data, epochs: 0, loss: crossEntropy() }).parameters;
    expect(parameters).toEqual(before);
    expect(epochs[0]!.trainLoss).toBe(0);
  });

  it.each([
    [{ labelSmoothing: -0.1 }, 'labelSmoothing must be'],
    [{ labelSmoothing: 1.5 }, 'got 1.5'],
    [{ classWeights: [1, -1, 1] }, 'the weight of class 1 is -1'],
    [{ classWeights: [1, Number.NaN, 1] }, 'the weight of class 1 is NaN'],
    [{ classWeights: [0, 0, 0] }, 'none is above 0'],
    [{ classWeights: [1e-60, 0, 1e-60] }, 'none is above 0'],
    [{ classWeights: 3 }, 'classWeights are 3'],
    [{ classWeights: new Map([['bee', 2]]) }, 'classWeights are a Map'],
    [{ smoothing: 0.1 }, 'labelSmoothing'],
  ])('refuses %j', (options, words) => {
    expect(() => crossEntropy(options as never)).toThrow(ConfigError);
    expect(() => crossEntropy(options as never)).toThrow(words);
  });

  it('refuses weights of other classes than the data has', () => {
    expect(() => graphOf(crossEntropy({ classWeights: [1, 2] }))).toThrow(ShapeError);
    expect(() => graphOf(crossEntropy({ classWeights: { bea: 2 } }), named)).toThrow(
      'did you mean "bee"?',
    );
  });
});

describe('binaryCrossEntropy', () => {
  const data = toyDataset({ samples: 8, inputShape: [2], targetShape: [2] });

  it('takes a weight for all outputs, or one for each', () => {
    const build = (positiveWeight: number | number[]) =>
      attachLoss(traceModel(linear(2, 2), [2]), binaryCrossEntropy({ positiveWeight }), data);
    expect(build([2, 3]).constants).toEqual([{ shape: [2], values: [2, 3] }]);
    expect(() => build([2, 3, 4])).toThrow(ShapeError);
    expect(validateGraph(JSON.parse(JSON.stringify(build(2))))).toEqual(build(2));
  });

  it.each([
    [{ positiveWeight: 0 }],
    [{ positiveWeight: [1, -2] }],
    [{ positiveWeight: [] }],
    [{ positiveWeight: '2' }],
    [{ labelSmoothing: 2 }],
    [{ labelSmooting: 0.1 }],
  ])('refuses %j', (options) => {
    expect(() => binaryCrossEntropy(options as never)).toThrow(ConfigError);
  });
});
