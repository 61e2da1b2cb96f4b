// Trained models as ONNX files: ONNX Runtime computes from the file what predict computes. What it reads of the schema is
// checked by it; the texts beside the network, which it does not show, are read here.
import { PbfReader } from 'pbf';
import { describe, expect, it } from 'vitest';
import { runReference } from '../../packages/core/src/execute/reference.js';
import { exportOnnx } from '../../packages/core/src/export/onnx/export-onnx.js';
import { relu } from '../../packages/core/src/layers/activations.js';
import { dropout } from '../../packages/core/src/layers/dropout.js';
import { flatten } from '../../packages/core/src/layers/flatten.js';
import { linear } from '../../packages/core/src/layers/linear.js';
import { crossEntropy } from '../../packages/core/src/losses/cross-entropy.js';
import { concat } from '../../packages/core/src/model/joining.js';
import { type Model, sequential } from '../../packages/core/src/model/model.js';
import { namedModel } from '../../packages/core/src/model/named.js';
import {
  add,
  batchMean,
  broadcast,
  mul,
  reshape,
  sub,
} from '../../packages/core/src/model/tensor.js';
import { traceModel } from '../../packages/core/src/model/trace.js';
import { attachLoss } from '../../packages/core/src/network/attach-loss.js';
import { outputAlone } from '../../packages/core/src/network/to-graph.js';
import { OPERATORS } from '../../packages/core/src/ops/list.js';
import { sourceOf } from '../../packages/core/src/ops/registry.js';
import { initialParameters } from '../../packages/core/src/run/parameter-values.js';
import { product } from '../../packages/core/src/shape.js';
import { Random } from '../../packages/core/src/testing/random.js';
import { randomProblem } from '../../packages/core/src/testing/random-model.js';
import { COMPARISONS } from '../../packages/core/src/testing/random-parts/elements.js';
import type { Problem } from '../../packages/core/src/testing/reference-gradients.js';
import { TrainedModel } from '../../packages/core/src/trained/trained-model.js';
import { compare, firstDifference, randomModel } from './agreement.js';
import { isInOutputs, modelsOf } from './operator-models.js';
import { OnnxSession } from './ort.js';

/** The messages of a file, as lists of fields, as far as the tests look into them. */
function readMessage(bytes: Uint8Array): Map<number, (Uint8Array | number)[]> {
  const fields = new Map<number, (Uint8Array | number)[]>();
  new PbfReader(bytes).readFields((tag, _, pbf) => {
    const value = pbf.type === 2 ? pbf.readBytes() : pbf.readVarint();
    fields.set(tag, [...(fields.get(tag) ?? []), value]);
  }, undefined);
  return fields;
}
const messages = (fields: Map<number, (Uint8Array | number)[]>, tag: number) =>
  (fields.get(tag) ?? []).map((bytes) => readMessage(bytes as Uint8Array));
const text = (fields: Map<number, (Uint8Array | number)[]>, tag: number): string =>
  new TextDecoder().decode(fields.get(tag)?.[0] as Uint8Array);

interface File {
  readonly nodes: readonly { readonly name: string; readonly opType: string }[];
  readonly tensors: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

function readFile(bytes: Uint8Array): File {
  const model = readMessage(bytes);
  const [graph] = messages(model, 7);
  return {
    nodes: messages(graph!, 1).map((node) => ({ name: text(node, 3), opType: text(node, 4) })),
    tensors: messages(graph!, 5).map((tensor) => text(tensor, 8)),
    metadata: Object.fromEntries(
      messages(model, 14).map((entry) => [text(entry, 1), text(entry, 2)]),
    ),
  };
}

const tutorial: Model = sequential(
  ...[flatten(), linear(784, 128), relu(), linear(128, 64), relu(), linear(64, 10)],
);

function tutorialModel(inputDivisor = 1): TrainedModel {
  const graph = attachLoss(traceModel(tutorial, [28, 28]), crossEntropy(), {
    targetShape: [],
    classes: 10,
  });
  const classNames = Array.from({ length: 10 }, (_, i) => `digit ${i}`);
  const traits = { inputShape: [28, 28], inputDivisor, targetShape: [], classes: 10, classNames };
  return new TrainedModel({ graph, parameters: initialParameters(graph, 1), traits });
}

/** A random model alone, as whoever exports it has it. */
function trainedOf({ graph: withLoss, parameters, input, rows }: Problem): TrainedModel {
  const graph = outputAlone(withLoss);
  const source = withLoss.nodes.find((node) => sourceOf(node) === 'samples');
  const inputShape = source!.shape.slice(1) as number[];
  const vocabulary = source!.attributes.vocabulary as number | undefined;
  expect(input.length).toBe(rows * product(inputShape));
  return new TrainedModel({
    graph,
    parameters: new Map(
      graph.parameters.map(({ name, shape }, i) => [name, { shape, data: parameters[i]! }]),
    ),
    traits: { inputShape, inputDivisor: 1, targetShape: [1], classes: undefined, vocabulary },
  });
}

describe('the tutorial’s network', () => {
  const trained = tutorialModel();

  it.each([1, 7, 1000])('answers %i samples at once: logits and classes', async (rows) => {
    const inputs = new Random(rows).floats(rows * 784, 0, 1);
    const compared = await compare(trained, inputs);
    expect(firstDifference(compared)).toBeUndefined();
    const best = (row: number): number => {
      const scores = [...compared.theirs.subarray(row * 10, (row + 1) * 10)];
      return scores.indexOf(Math.max(...scores));
    };
    const rowsOf = Array.from({ length: rows }, (_, i) => inputs.subarray(i * 784, (i + 1) * 784));
    expect(rowsOf.map((_, row) => best(row))).toEqual(
      rowsOf.map((row) => trained.classify([...row]).index),
    );
  });

  it('reads as people expect: its parameters, a Gemm for each linear layer, layers by name', async () => {
    const file = exportOnnx(trained);
    const { nodes, tensors } = readFile(file);
    expect(nodes).toEqual([
      { name: '0', opType: 'Reshape' },
      { name: '1', opType: 'Gemm' },
      { name: '2', opType: 'Relu' },
      { name: '3', opType: 'Gemm' },
      { name: '4', opType: 'Relu' },
      { name: 'output', opType: 'Gemm' },
    ]);
    expect(tensors).toEqual(['list.0.784', ...trained.parameters.keys()]);
    const session = await OnnxSession.open(file);
    expect(session.names).toEqual(['input', 'output']);
    await session.close();
  });

  it('equal models give equal bytes', () => {
    expect(Buffer.compare(exportOnnx(tutorialModel()), exportOnnx(trained))).toBe(0);
  });
});

describe('every operator that outputs can depend on', () => {
  const operators = OPERATORS.filter(isInOutputs);

  it('says what it is in ONNX, and no other one does', () => {
    const without = operators.filter(({ onnx }) => onnx === undefined);
    expect(without.map(({ name }) => name)).toEqual([]);
    const others = OPERATORS.filter((one) => one.onnx !== undefined && !isInOutputs(one));
    // What differs in evaluation only where there are random numbers may stand there as it is.
    const always = others.filter(({ inEvaluation }) => !inEvaluation);
    expect(always.map(({ name }) => name)).toEqual(['recordOutput']);
    expect(operators.length).toBeGreaterThan(20);
  });

  it.each(operators.map((operator) => [operator.name, operator] as const))(
    '%s, in small models of its own',
    async (name, operator) => {
      const models = modelsOf(operator, 12);
      expect(
        models.length,
        `no operands or attributes in operator-models.ts fit ${name}`,
      ).toBeGreaterThan(0);
      let samples = 0;
      for (const { graph, inputShape, vocabulary, name: model } of models) {
        // A thousand samples for each operator.
        const size = Math.ceil(1000 / models.length) * product(inputShape);
        const random = new Random(2);
        const signed =
          vocabulary === undefined
            ? random.floats(size, -2, 2)
            : Float32Array.from({ length: size }, () => random.integer(0, vocabulary - 1));
        // Where operators jump and bend.
        signed[0] = 0;
        const traits = { vocabulary };
        let compared = await compare(randomModel(graph, inputShape, -1, traits), signed);
        // A logarithm and a root are of positive numbers.
        if (!compared.ours.every(Number.isFinite)) {
          const positive = new Random(2).floats(size, 0.1, 2);
          compared = await compare(randomModel(graph, inputShape, 0.1), positive);
        }
        expect(firstDifference(compared), model).toBeUndefined();
        samples += compared.rows;
      }
      expect(samples).toBeGreaterThanOrEqual(1000);
    },
  );
});

describe('random models', () => {
  it('of up to 16 operators: the same outputs of 1,000 samples', async () => {
    let samples = 0;
    for (let seed = 0; samples < 1000; seed++) {
      const operators = 4 + (seed % 13);
      const problem = randomProblem({ seed, operators, rows: 40, takesNone: false });
      const compared = await compare(trainedOf(problem), problem.input);
      const difference = firstDifference(compared);
      if (difference === undefined || !isNearStep(problem, difference.row)) {
        expect(
          difference,
          `seed ${seed}: ${problem.graph.nodes.map(({ op }) => op)}`,
        ).toBeUndefined();
      }
      samples += compared.rows;
    }
  });

  /** Whether what jumps has an input next to 0, or two inputs next to each other, for a sample or in what all of them share. */
  function isNearStep({ graph, ...problem }: Problem, row: number): boolean {
    const { rows } = problem;
    const jumps = graph.nodes.filter(({ op }) => ['step', ...COMPARISONS].includes(op));
    const read = jumps.flatMap(({ inputs }) => inputs);
    const outputs = Object.fromEntries(read.map((node) => [String(node), node]));
    const values = runReference({ ...graph, outputs }, { ...problem, precision: 'f64' });
    return jumps.some(({ inputs: [a, b] }) => {
      const { data, shape } = values[a!]!;
      const size = shape[0] === rows ? data.length / rows : data.length;
      const first = shape[0] === rows ? row * size : 0;
      const others = b === undefined ? undefined : values[b]!.data;
      return [...data.slice(first, first + size)].some(
        (value, i) => Math.abs(value - (others?.[first + i] ?? 0)) < 1e-5,
      );
    });
  }
});

function* chunks(values: Float32Array, size: number): Iterable<number[]> {
  for (let at = 0; at < values.length; at += size) yield [...values.subarray(at, at + size)];
}

describe('what is not a matter of operators', () => {
  const expectAgreement = async (model: Model, inputShape: readonly number[]) => {
    const trained = randomModel(traceModel(model, inputShape), inputShape, -1);
    const inputs = new Random(3).floats(50 * product(inputShape));
    expect(firstDifference(await compare(trained, inputs))).toBeUndefined();
    return readFile(exportOnnx(trained));
  };

  it('buffers and tables of constants are part of the network', async () => {
    const { tensors } = await expectAgreement(
      (x, scope) => {
        const mean = scope.buffer('mean', [3], { kind: 'constant', value: 0 });
        scope.update(mean, batchMean(x));
        return mul(sub(x, mean), [1, 2, 3]);
      },
      [3],
    );
    expect(tensors).toContain('mean');
  });

  it('dropout is left out, as in evaluation', async () => {
    const model = sequential(linear(4, 8), dropout(0.5), linear(8, 2));
    const { nodes } = await expectAgreement(model, [4]);
    expect(nodes.map(({ opType }) => opType)).toEqual(['Gemm', 'Gemm']);
  });

  it('a model that gives its input back, one that ignores it, and one whose sum is not of a bias', async () => {
    await expectAgreement((x) => x, [3]);
    await expectAgreement(
      (_, scope) => broadcast(scope.parameter('p', [3], { kind: 'constant', value: 0 }), ['N', 3]),
      [2],
    );
    await expectAgreement(
      (x, scope) => {
        const y = linear(3, 3)(x, scope);
        return add(mul(y, y), add(y, x));
      },
      [3],
    );
  });

  it('names that are taken: a parameter called input, one called output, one like a node', async () => {
    const { nodes, tensors } = await expectAgreement(
      (x, scope) => {
        const parameters = ['input', 'output', 'Mul', 'number.2'].map((name) =>
          scope.parameter(name, [3], { kind: 'constant', value: 0 }),
        );
        return parameters.reduce((sum, one) => add(mul(sum, 2), one), x);
      },
      [3],
    );
    expect(tensors).toEqual(['input_1', 'output_1', 'Mul', 'number.2', 'number.2_1']);
    expect(nodes[0]!.name).toBe('Mul_1');
  });

  it('pixels: the file takes what the network sees, or divides by itself', async () => {
    const trained = tutorialModel(255);
    const bytes = Float32Array.from({ length: 5 * 784 }, (_, i) => (i * 7919) % 256);
    const ours = trained.predict(bytes);
    const seen = await OnnxSession.open(exportOnnx(trained));
    const { data } = await seen.compute(
      bytes.map((byte) => byte / 255),
      5,
      [28, 28],
    );
    expect(
      firstDifference({ rows: 5, ours: ours as Float32Array, theirs: data, size: 10 }),
    ).toBeUndefined();
    await seen.close();
    expect(firstDifference(await compare(trained, bytes, { divideInputs: true }))).toBeUndefined();
    expect(readFile(exportOnnx(trained)).metadata.input_divisor).toBe('255');
    expect(readFile(exportOnnx(trained, { divideInputs: true })).metadata.input_divisor).toBe('1');
  });

  it('inputs and outputs by name, pixels divided by the file or before', async () => {
    const inputParts = [
      { name: 'image', shape: [2, 3], divisor: 255 },
      { name: 'age', shape: [1] },
    ];
    const targetParts = [
      { name: 'species', shape: [3], classNames: ['a', 'b', 'c'] },
      { name: 'age', shape: [1] },
    ];
    const model = namedModel<'image' | 'age'>(({ image, age }, scope) => {
      const both = concat([reshape(image, [6]), age]);
      return {
        species: linear(7, 3)(both, scope.child('species')),
        age: linear(7, 1)(both, scope.child('age')),
      };
    });
    const trained = randomModel(traceModel(model, [7], { inputParts }), [7], -1, {
      ...{ inputParts, targetParts, targetShape: [4] },
    });
    const random = new Random(5);
    const pixels = random.floats(24, 0, 255);
    const age = { data: random.floats(4), dims: [4, 1] };
    const ours = trained.predictByName({ image: [...chunks(pixels, 6)], age: [...age.data] });
    for (const divideInputs of [false, true]) {
      const session = await OnnxSession.open(exportOnnx(trained, { divideInputs }));
      expect(session.names).toEqual(['image', 'age', 'species', 'age_output']);
      const data = divideInputs ? pixels : pixels.map((pixel) => pixel / 255);
      const theirs = await session.computeByName({ image: { data, dims: [4, 2, 3] }, age });
      expect(theirs.species!.dims).toEqual([4, 3]);
      for (const [name, output] of [
        ['species', 'species'],
        ['age', 'age_output'],
      ] as const) {
        const compared = { rows: 4, ours: ours[name]!, theirs: theirs[output]!.data, size: 1 };
        expect(firstDifference(compared), name).toBeUndefined();
      }
      await session.close();
    }
    expect(readFile(exportOnnx(trained)).metadata).toEqual({
      inputs: '[{"name":"image","divisor":255},{"name":"age","divisor":1}]',
      outputs: '[{"name":"species","class_names":["a","b","c"]},{"name":"age_output"}]',
    });
  });

  it('what inputs and outputs mean is said beside it', () => {
    const { metadata } = readFile(
      exportOnnx(tutorialModel(255), { metadata: { weights_hash: 'abc', 'by whom': 'üs' } }),
    );
    expect(metadata).toEqual({
      input_divisor: '255',
      class_names: JSON.stringify(Array.from({ length: 10 }, (_, i) => `digit ${i}`)),
      loss: 'cross-entropy',
      output_activation: 'softmax',
      weights_hash: 'abc',
      'by whom': 'üs',
    });
  });

  it('an output that depends on targets is refused, and so is what is no model', () => {
    const graph = attachLoss(traceModel(linear(2, 2), [2]), crossEntropy(), {
      targetShape: [2],
      classes: undefined,
    });
    const outputs = { ...graph.outputs, output: graph.outputs.loss! };
    const trained = new TrainedModel({
      graph: { ...graph, outputs },
      parameters: initialParameters(graph, 1),
      traits: { inputShape: [2], inputDivisor: 1, targetShape: [2], classes: undefined },
    });
    expect(() => exportOnnx(trained)).toThrow('the output depends on the targets');
    expect(() => exportOnnx({} as TrainedModel)).toThrow('expected a trained model');
    expect(() => exportOnnx(tutorialModel(), { opset: 17 } as object)).toThrow('opset');
  });
});
