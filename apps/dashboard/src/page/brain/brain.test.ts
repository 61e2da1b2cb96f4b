// The brain in Node, as it runs in the page's worker: what it says is what core says of the same model, to the bit, and what it
// finds in a network is what was put there.
import { encodeModel, TrainedModel } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { Brain } from './brain.js';
import type {
  ClassExamination,
  Examination,
  PositionExamination,
  ValueExamination,
} from './examine.js';
import {
  binary,
  convolutions,
  labels,
  language,
  named,
  numbers,
  perceptron,
  piece,
  prices,
  series,
  type Toy,
} from './toys.fixture.js';

const ALWAYS = Infinity;

function brainOf({ trained, data }: Toy, now?: () => number): Brain {
  const brain = new Brain(now);
  brain.load(encodeModel(trained));
  brain.hold([piece(data)]);
  return brain;
}

/** The same network with other numbers in one of its parameters. */
function changed({ trained, data }: Toy, name: string, change: (data: Float32Array) => void): Toy {
  const parameters = new Map(trained.parameters);
  const { shape, data: values } = parameters.get(name)!;
  const copy = values.slice();
  change(copy);
  parameters.set(name, { shape, data: copy });
  const { graph, traits } = trained;
  return { data, trained: new TrainedModel({ graph, parameters, traits }) };
}

describe('the first layer', () => {
  test('of a perceptron on pictures is a picture a unit', () => {
    const toy = perceptron();
    const layer = brainOf(toy).firstLayer();
    expect(layer).toMatchObject({
      ...{ kind: 'tiles', of: 'units', name: 'layers.0.weight' },
      ...{ count: 12, total: 12, height: 9, width: 9, channels: 1 },
    });
    expect(layer).toHaveProperty('values', toy.trained.parameters.get('layers.0.weight')!.data);
  });

  test('of convolutions is a picture a filter, in colours where the input has them', () => {
    expect(brainOf(convolutions()).firstLayer()).toMatchObject({
      ...{ kind: 'tiles', of: 'filters', count: 6, height: 5, width: 5, channels: 1 },
    });
    const toy = convolutions([3, 16, 16]);
    const layer = brainOf(toy).firstLayer() as { values: Float32Array };
    expect(layer).toMatchObject({ count: 6, height: 5, width: 5, channels: 3 });
    const weights = toy.trained.parameters.get('conv1.weight')!.data;
    // Filter 1, row 2, column 3, green.
    expect(layer.values[((1 * 5 + 2) * 5 + 3) * 3 + 1]).toBe(
      weights[((1 * 3 + 1) * 5 + 2) * 5 + 3],
    );
  });

  test('of a table is a row a unit, with the names of its inputs', () => {
    expect(brainOf(prices()).firstLayer()).toMatchObject({
      ...{ kind: 'matrix', rows: 8, columns: 3 },
      columnNames: ['area', 'district=north', 'district=south'],
    });
  });

  test('of tokens is none, and says why', () => {
    expect(brainOf(language()).firstLayer()).toMatchObject({ kind: 'none' });
  });
});

describe('spreads', () => {
  test('are of each layer with parameters, weights without biases', () => {
    const toy = perceptron();
    const spreads = brainOf(toy).spreads();
    expect(spreads.map(({ layer }) => layer)).toEqual(['layers.0', 'layers.2', 'layers.4']);
    expect(spreads[0]).toMatchObject({ weights: { count: 12 * 81 }, gradients: undefined });
  });

  test('have gradients where they are known by name', () => {
    const toy = perceptron();
    // Gradients have the layout of parameters: a model's file is one of theirs, too.
    const spreads = brainOf(toy).spreads(encodeModel(toy.trained));
    for (const { weights, gradients } of spreads) expect(gradients).toEqual(weights);
  });
});

describe('dead units', () => {
  test('are found by name, and no others', () => {
    const toy = changed(perceptron(), 'layers.0.bias', (bias) => {
      bias[3] = -1e4;
      bias[7] = -1e4;
    });
    const { count, layers } = brainOf(toy).activity(ALWAYS);
    expect(count).toBe(160);
    const relu = layers.find(({ layer }) => layer === 'layers.1')!;
    expect(relu.units!.count).toBe(12);
    expect(relu.units!.dead).toEqual(expect.arrayContaining([3, 7]));
    const before = brainOf(perceptron()).activity(ALWAYS);
    const others = before.layers.find(({ layer }) => layer === 'layers.1')!.units!.dead;
    expect(relu.units!.dead).toEqual([...new Set([3, 7, ...others])].sort((a, b) => a - b));
    expect(layers.find(({ layer }) => layer === 'layers.0')!.units).toBeUndefined();
  });

  test('of a convolution are channels', () => {
    const toy = changed(convolutions(), 'conv1.bias', (bias) => {
      bias[2] = -1e4;
    });
    const { layers } = brainOf(toy).activity(ALWAYS);
    const relu = layers.find(({ layer }) => layer === 'relu1')!;
    expect(relu.units!.count).toBe(6);
    expect(relu.units!.dead).toContain(2);
    expect(relu.activations.zeros).toBeGreaterThan(0);
  });
});

describe('an examination', () => {
  test('of classes is what classify says', () => {
    const toy = perceptron();
    const found = brainOf(toy).examine(ALWAYS) as ClassExamination;
    const answers = toy.trained.classify(toy.data);
    expect(found.count).toBe(160);
    expect([...found.said]).toEqual(answers.map(({ index }) => index));
    expect(found.right).toEqual(toy.data.targets);
    expect([...found.probability]).toEqual(
      answers.map(({ probabilities }, i) => Math.fround(probabilities[toy.data.targets[i]!]!)),
    );
    expect(found.names).toEqual(['top', 'middle', 'bottom']);
    const hits = found.said.filter((label, i) => label === found.right[i]).length;
    expect(hits / 160).toBe(toy.trained.evaluate(toy.data).accuracy);
  });

  test('of two classes by one output has both', () => {
    const toy = binary();
    const found = brainOf(toy).examine(ALWAYS) as ClassExamination;
    expect(found).toMatchObject({ kind: 'classes', count: 64, names: ['0', '1'] });
    expect([...found.right]).toEqual([...toy.data.targets]);
  });

  test('of values is in the unit of the target', () => {
    const toy = prices();
    const found = brainOf(toy).examine(ALWAYS) as ValueExamination;
    expect(found).toMatchObject({ kind: 'values', count: 90, width: 1, names: ['price'] });
    expect(found.said).toEqual(toy.trained.predict(toy.data));
    expect(found.right[0]).toBeCloseTo(toy.data.targets[0]! * 50 + 500, 3);
  });

  test('of positions has the mean loss that an evaluation has', () => {
    const toy = language();
    const brain = brainOf(toy);
    const found = brain.examine(ALWAYS) as PositionExamination;
    const { loss } = toy.trained.evaluate(toy.data);
    const mean = found.losses.reduce((sum, one) => sum + one, 0) / found.count;
    // Float64 of probabilities against float32 sums.
    expect(mean).toBeCloseTo(loss, 4);
    const positions = brain.positions(2);
    expect(positions.length).toBe(16);
    expect(positions.map(({ input }) => input).join('')).toBe(
      'the cat sat on the mat. '.repeat(3).slice(32, 48),
    );
    const sum = positions.reduce((all, { loss: own }) => all + own!, 0);
    expect(sum / 16).toBeCloseTo(found.losses[2]!, 5);
  });

  test('looks at a chunk of samples where there is no time for more, with the same answers', () => {
    const toy = perceptron();
    const whole = brainOf(toy).examine(ALWAYS) as ClassExamination;
    const part = brainOf(toy, () => 0).examine(0) as ClassExamination;
    expect(part.count).toBe(128);
    expect(part.probability).toEqual(whole.probability.subarray(0, 128));
  });
});

describe('asked', () => {
  test('about a sample, it answers as the model does', () => {
    const toy = perceptron();
    const { inputs, answer, layers } = brainOf(toy).askSample(5);
    expect(inputs).toEqual(toy.data.inputs.subarray(5 * 81, 6 * 81));
    const own = toy.trained.classify([...inputs]);
    expect(answer).toEqual({ kind: 'classes', names: ['top', 'middle', 'bottom'], ...own });
    expect(layers.map(({ layer }) => layer)).toEqual([
      ...['layers.0', 'layers.1', 'layers.2', 'layers.3', 'layers.4'],
    ]);
  });

  test('about a picture, it makes a sample of it by the rule of the model', () => {
    const source = numbers(4);
    const pixels = Uint8Array.from({ length: 40 * 30 * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : 256 * source.next().value,
    );
    const { inputs, answer } = brainOf(perceptron()).askPicture({
      width: 40,
      height: 30,
      channels: 4,
      pixels,
    });
    expect(inputs).toBeInstanceOf(Uint8Array);
    expect(inputs.length).toBe(81);
    expect(answer.kind).toBe('classes');
  });

  test('about a row of named columns, it prepares them, and answers in the unit of the target', () => {
    const toy = prices();
    const { answer } = brainOf(toy).askRow({ area: '110', district: 'south' });
    const values = [...toy.trained.predict({ area: 110, district: 'south' })];
    expect(answer).toEqual({ kind: 'values', names: ['price'], values });
    expect(() => brainOf(toy).askRow({ area: 'large', district: 'south' })).toThrow('area');
    expect(() => brainOf(toy).askRow([1, 2])).toThrow('2 numbers; the model takes 3');
  });

  test('about a text, it gives the text that generate gives', () => {
    const toy = language();
    const brain = brainOf(toy, () => 0);
    const options = { prompt: 'the cat', length: 40, temperature: 0.8, seed: 7 };
    expect(brain.startText(options)).toEqual([]);
    let text = '';
    for (let isDone = false; !isDone; ) {
      const next = brain.nextText(0);
      text += next.text;
      isDone = next.isDone;
    }
    expect(text).toBe([...toy.trained.generate(options)].join(''));
    expect(brain.startText({ ...options, prompt: 'the Xat!' })).toEqual(['X', '!']);
  });
});

test('a view says what a model takes and gives', () => {
  const viewOf = ({ trained }: Toy) => new Brain().load(encodeModel(trained));
  expect(viewOf(perceptron())).toMatchObject({
    ...{ isClassifier: true, outputShape: [3], isLanguageModel: false },
    picture: { width: 9, height: 9, channels: 1 },
  });
  expect(viewOf(prices())).toMatchObject({ isClassifier: false, valueNames: ['price'] });
  expect(viewOf(prices()).picture).toBeUndefined();
  expect(viewOf(language())).toMatchObject({ isLanguageModel: true });
});

describe.each<[string, () => Toy, Examination['kind'], string]>([
  ['series', series, 'values', 'values'],
  ['labels of which several may apply', labels, 'none', 'values'],
  ['several inputs and outputs', named, 'none', 'parts'],
])('a model of %s', (_, toy, kind, answers) => {
  test('is looked at as far as that makes sense, and says why where it does not', () => {
    const brain = brainOf(toy());
    expect(brain.firstLayer()).toHaveProperty('kind');
    expect(brain.spreads().length).toBeGreaterThan(0);
    expect(brain.activity(ALWAYS).count).toBe(40);
    const found = brain.examine(ALWAYS);
    expect(found.kind).toBe(kind);
    if (found.kind === 'none') expect(found.why).toMatch(/^The model .*errors are shown of models/);
    expect(brain.askSample(3).answer.kind).toBe(answers);
  });
});

test('of several outputs each is told by its name', () => {
  const toy = named();
  const { answer } = brainOf(toy).askSample(0);
  expect(answer).toMatchObject({
    parts: [
      { name: 'kind', answer: { kind: 'classes', names: ['cat', 'dog'] } },
      { name: 'age', answer: { kind: 'values', names: ['value'] } },
    ],
  });
});

test('without a model or samples it says what is missing', () => {
  expect(() => new Brain().firstLayer()).toThrow('no model was loaded');
  const brain = new Brain();
  brain.load(encodeModel(perceptron().trained));
  expect(() => brain.examine(ALWAYS)).toThrow('no samples are held');
});

test('samples come in pieces, and stand in their order', () => {
  const { data } = perceptron();
  const brain = new Brain();
  const held = brain.hold([piece(data, 0, 50), piece(data, 50, 70), piece(data, 120, 70)]);
  expect(held).toEqual({ count: 160, inputs: data.inputs, targets: data.targets });
});
