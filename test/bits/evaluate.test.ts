// Evaluation on threads: the same loss and accuracy, to the last bit, for any number of threads.
import {
  attachLoss,
  crossEntropy,
  evaluate as evaluateOnOneThread,
  fit,
  meanSquaredError,
  sgd,
  traceModel,
} from '@lockstep/core';
import { evaluate } from '@lockstep/trainer';
import { describe, expect, it } from 'vitest';
import { digits, droppingNetwork, network } from './runs.js';

const { train, test } = await digits(300, 1000);
const { parameters } = fit({ model: network, data: train, loss: crossEntropy(), optimizer: sgd() });

describe('evaluate', () => {
  it.each([
    ['cross-entropy', network, crossEntropy()],
    ['squared error', network, meanSquaredError()],
    ['dropout, which is off', droppingNetwork, crossEntropy()],
  ])('gives the bits of one thread: %s', async (_, model, loss) => {
    // Both networks have the same parameters; only the names tell at which layer they are.
    const trained = [...parameters.values()];
    const { parameters: named } = traceModel(model, [1, 28, 28]);
    const weights = new Map(named.map(({ name }, i) => [name, trained[i]!]));
    const expected = evaluateOnOneThread({ model, loss, parameters: weights, data: test });
    for (const threads of [1, 2, 3, 5, 100]) {
      const result = await evaluate({ model, loss, parameters: weights, data: test, threads });
      expect(result).toEqual({ ...expected, samples: 1000 });
    }
  });

  it('takes a graph with or without a loss, and refuses to go without one', async () => {
    const graph = traceModel(network, [1, 28, 28]);
    const options = { model: graph, parameters, data: test, threads: 2 };
    const expected = await evaluate({ ...options, model: network, loss: crossEntropy() });
    expect(await evaluate({ ...options, loss: crossEntropy() })).toEqual(expected);
    const complete = attachLoss(graph, crossEntropy(), test);
    expect(await evaluate({ ...options, model: complete })).toEqual(expected);
    await expect(evaluate(options)).rejects.toMatchObject({ code: 'config' });
  });

  it('refuses weights that do not fit, and no threads', async () => {
    const options = { model: network, loss: crossEntropy(), data: test };
    await expect(evaluate({ ...options, parameters: new Map() })).rejects.toThrow(/is missing/);
    await expect(evaluate({ ...options, parameters, threads: 0 })).rejects.toThrow(
      /threads must be an integer in \[1, 4096\], got 0/,
    );
  });

  it('refuses weights that are not finite', async () => {
    const broken = new Map(
      [...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    broken.values().next().value!.data[3] = Number.NaN;
    const options = { model: network, loss: crossEntropy(), data: test, parameters: broken };
    await expect(evaluate(options)).rejects.toMatchObject({ code: 'non-finite' });
  });
});
