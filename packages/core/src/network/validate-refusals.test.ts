import { describe, expect, test } from 'vitest';
import { GraphError, ShapeError } from '../errors.js';
import { kaimingUniform, zeros } from '../initializers/initializer.js';
import { copy, GRAPHS, type Json } from '../testing/valid-graphs.js';
import { GRAPH_LIMITS, validateGraph } from './validate.js';

/** Changes a copy of the cross-entropy graph in one place. Node 0 is its input, `graph.nodes` in order. */
interface Damage {
  readonly what: string;
  readonly change: (graph: Json) => void;
  readonly message: RegExp;
}

function nodeOf(graph: Json, op: string): Json {
  return graph.nodes.find((node: Json) => node.op === op);
}

function constantNode(index: number, shape: readonly number[]): Json {
  return { op: 'constantTensor', inputs: [], attributes: { index, shape }, shape, type: 'f32' };
}

const NESTED = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
const UNPRINTABLE = JSON.parse('{"toString": 1, "valueOf": 1}');

const DAMAGES: readonly Damage[] = [
  { what: 'another format', change: (g) => (g.format = 'onnx'), message: /format is "onnx"/ },
  {
    what: 'a format that is a deep list',
    change: (g) => (g.format = NESTED),
    message: /format is a list of 1/,
  },
  {
    what: 'an unknown key',
    change: (g) => (g.code = 'process.exit()'),
    message: /unknown key "code"/,
  },
  { what: 'a missing list of nodes', change: (g) => delete g.nodes, message: /"nodes" is missing/ },
  {
    what: 'nodes that are an object',
    change: (g) => (g.nodes = { length: 3 }),
    message: /expected a list, got an object/,
  },
  {
    what: 'nodes with a hole',
    change: (g) => delete g.nodes[1],
    message: /node 1: expected an object, got undefined/,
  },
  {
    what: 'an unknown operator',
    change: (g) => (nodeOf(g, 'relu').op = 'eval'),
    message: /unknown operator "eval"/,
  },
  {
    what: 'an operator named like a property',
    change: (g) => (nodeOf(g, 'relu').op = 'constructor'),
    message: /unknown operator/,
  },
  {
    what: 'an operator that is an object',
    change: (g) => (nodeOf(g, 'relu').op = UNPRINTABLE),
    message: /must be a name, got an object/,
  },
  {
    what: 'an operator that only gradients use',
    change: (g) => (nodeOf(g, 'relu').op = 'reluGrad'),
    message: /only gradients/,
  },
  {
    what: 'a cycle',
    change: (g) => (nodeOf(g, 'relu').inputs = [g.nodes.length - 1]),
    message: /does not come before node/,
  },
  {
    what: 'a node that reads itself',
    change: (g) => (nodeOf(g, 'relu').inputs = [g.nodes.indexOf(nodeOf(g, 'relu'))]),
    message: /does not come before/,
  },
  {
    what: 'a dangling input',
    change: (g) => (nodeOf(g, 'relu').inputs = [999]),
    message: /reads node 999/,
  },
  {
    what: 'a negative input',
    change: (g) => (nodeOf(g, 'relu').inputs = [-1]),
    message: /not a node number/,
  },
  {
    what: 'an input that is text',
    change: (g) => (nodeOf(g, 'relu').inputs = ['0']),
    message: /not a node number/,
  },
  {
    what: 'an input that is a fraction',
    change: (g) => (nodeOf(g, 'relu').inputs = [0.5]),
    message: /not a node number/,
  },
  {
    what: 'too many inputs',
    change: (g) => (nodeOf(g, 'relu').inputs = [0, 0]),
    message: /takes 1 inputs, got 2/,
  },
  {
    what: 'labels read as numbers',
    change: (g) => (nodeOf(g, 'relu').inputs = [g.nodes.indexOf(nodeOf(g, 'labels'))]),
    message: /./,
  },
  {
    what: 'a wrong shape',
    change: (g) => (nodeOf(g, 'relu').shape = ['N', 4]),
    message: /says its shape is \[N, 4\]/,
  },
  {
    what: 'a shape of text',
    change: (g) => (nodeOf(g, 'relu').shape = 'N5'),
    message: /expected a list/,
  },
  {
    what: 'a shape with a negative length',
    change: (g) => (nodeOf(g, 'relu').shape = ['N', -5]),
    message: /-5 is not a length/,
  },
  {
    what: 'a shape of seven axes',
    change: (g) => (nodeOf(g, 'input').attributes.shape = ['N', 1, 1, 1, 1, 1, 6]),
    message: /7 entries, at most 6/,
  },
  {
    what: 'a batch axis that is not first',
    change: (g) => (nodeOf(g, 'input').attributes.shape = [2, 'N', 3]),
    message: /batch axis must stay first/,
  },
  {
    what: 'a length of zero',
    change: (g) => (nodeOf(g, 'input').attributes.shape = ['N', 0, 3]),
    message: /at least 1/,
  },
  {
    what: 'an absurd length',
    change: (g) => (nodeOf(g, 'input').attributes.shape = ['N', 2 ** 52, 3]),
    message: /more than 268435456 elements/,
  },
  {
    what: 'an input without a batch axis',
    change: (g) =>
      Object.assign(nodeOf(g, 'input'), { attributes: { shape: [2, 3] }, shape: [2, 3] }),
    message: /must have a batch axis/,
  },
  {
    what: 'a second input',
    change: (g) => g.nodes.push(copy(g.nodes[0])),
    message: /2 nodes read the samples/,
  },
  {
    what: 'a target beside the labels',
    change: (g) =>
      g.nodes.push({
        op: 'target',
        inputs: [],
        attributes: { shape: ['N'] },
        shape: ['N'],
        type: 'f32',
      }),
    message: /2 nodes read the targets/,
  },
  {
    what: 'a wrong element type',
    change: (g) => (nodeOf(g, 'labels').type = 'f32'),
    message: /type is "f32", expected i32/,
  },
  {
    what: 'an unknown attribute',
    change: (g) => (nodeOf(g, 'dropout').attributes.seed = 1),
    message: /unknown key "seed"/,
  },
  {
    what: 'a missing attribute',
    change: (g) => delete nodeOf(g, 'dropout').attributes.rate,
    message: /"rate" is missing/,
  },
  {
    what: 'a dropout of everything',
    change: (g) => (nodeOf(g, 'dropout').attributes.rate = 1),
    message: /rate is 1/,
  },
  {
    what: 'an infinite attribute',
    change: (g) => (nodeOf(g, 'dropout').attributes.rate = JSON.parse('1e999')),
    message: /finite float32, got Infinity/,
  },
  {
    what: 'an attribute that float32 cannot hold',
    change: (g) =>
      g.nodes.push({
        op: 'constant',
        inputs: [],
        attributes: { value: 1e300 },
        shape: [],
        type: 'f32',
      }),
    message: /finite float32, got 1e\+300/,
  },
  {
    what: 'an attribute that is null',
    change: (g) => (nodeOf(g, 'dropout').attributes.rate = null),
    message: /finite float32, got null/,
  },
  {
    what: 'a negative layer number',
    change: (g) => (nodeOf(g, 'dropout').attributes.layer = -1),
    message: /whole number, got -1/,
  },
  {
    what: 'a reduction of the batch',
    change: (g) =>
      g.nodes.push({
        op: 'sum',
        inputs: [0],
        attributes: { axis: 0, count: 1 },
        shape: [2, 3],
        type: 'f32',
      }),
    message: /reduces the batch axis/,
  },
  {
    what: 'a maximum over the batch',
    change: (g) =>
      g.nodes.push({
        op: 'max',
        inputs: [0],
        attributes: { axis: 0, count: 1 },
        shape: [2, 3],
        type: 'f32',
      }),
    message: /batch axis/,
  },
  {
    what: 'a product over the batch',
    change: (g) =>
      g.nodes.push({
        op: 'transpose',
        inputs: [0],
        attributes: { axes: [1, 0, 2] },
        shape: [2, 'N', 3],
        type: 'f32',
      }),
    message: /batch axis/,
  },
  {
    what: 'two parameters of one name',
    change: (g) => (g.parameters[1].name = g.parameters[0].name),
    message: /two parameters or buffers are called "1.weight"/,
  },
  {
    what: 'a name with a path in it',
    change: (g) => (g.parameters[0].name = '../x'),
    message: /is no name/,
  },
  {
    what: 'a name that files reserve',
    change: (g) => (g.parameters[0].name = '__metadata__'),
    message: /is no name/,
  },
  {
    what: 'a prototype as a name',
    change: (g) => (g.parameters[0].name = '__proto__'),
    message: /is no name/,
  },
  {
    what: 'a very long name',
    change: (g) => (g.parameters[0].name = 'x'.repeat(201)),
    message: /at most 200/,
  },
  {
    what: 'a parameter with a batch axis',
    change: (g) => (g.parameters[0].shape = ['N', 6]),
    message: /no batch axis/,
  },
  {
    what: 'a parameter of another shape than its node',
    change: (g) => (g.parameters[0].shape = [6, 5]),
    message: /parameter "1.weight" is \[6, 5\]/,
  },
  {
    what: 'a node for a parameter that does not exist',
    change: (g) => (nodeOf(g, 'parameter').attributes.index = 77),
    message: /no parameter 77/,
  },
  {
    what: 'a node for a constant that does not exist',
    change: (g) => g.nodes.push(constantNode(0, [2])),
    message: /there is no constant 0/,
  },
  {
    what: 'a constant of another shape than its node',
    change: (g) => {
      g.constants = [{ shape: [2], values: [1, 2] }];
      g.nodes.push(constantNode(0, [3]));
    },
    message: /constant 0 is \[2\], the node says \[3\]/,
  },
  {
    what: 'a layer whose output is no node',
    change: (g) => (g.layers = { 0: g.nodes.length }),
    message: /layer "0" is node \d+, which does not exist/,
  },
  {
    what: 'a layer with a name that is none',
    change: (g) => (g.layers = { 'a b': 0 }),
    message: /layers: "a b" is no name/,
  },
  {
    what: 'layers that are no object',
    change: (g) => (g.layers = [1]),
    message: /layers: expected an object, got a list of 1/,
  },
  {
    what: 'more layers than nodes',
    change: (g) => (g.layers = Object.fromEntries(Array.from({ length: 99 }, (_, i) => [i, 0]))),
    message: /layers: 99 entries, at most \d+/,
  },
  {
    what: 'a constant with too few values',
    change: (g) => (g.constants = [{ shape: [2, 2], values: [1, 2] }]),
    message: /constant 0: 2 values, its shape \[2, 2\] has 4/,
  },
  {
    what: 'a constant with a value that float32 cannot hold',
    change: (g) => (g.constants = [{ shape: [2], values: [1, 1e39] }]),
    message: /constant 0: expected a finite float32, got 1e\+39/,
  },
  {
    what: 'a constant with a value that is missing',
    change: (g) => (g.constants = [{ shape: [2], values: [1, null] }]),
    message: /constant 0: expected a finite float32, got null/,
  },
  {
    what: 'a constant with a batch axis',
    change: (g) => (g.constants = [{ shape: ['N', 1], values: [1] }]),
    message: /the shape is \[N, 1\]/,
  },
  {
    what: 'a constant that is a single number',
    change: (g) => (g.constants = [{ shape: [], values: [1] }]),
    message: /the shape is \[\]/,
  },
  {
    what: 'more constant numbers than travel',
    change: (g) => (g.constants = [{ shape: [65_537], values: [] }]),
    message: /65537 constant numbers, at most 65536/,
  },
  {
    what: 'an unknown initialiser',
    change: (g) => (g.parameters[0].init = { kind: 'download' }),
    message: /parameter 0 "1.weight": initializer: kind/,
  },
  {
    what: 'an initialiser that needs more axes',
    change: (g) => (g.parameters[1].init = kaimingUniform()),
    message: /at least 2 dimensions/,
  },
  {
    what: 'an initialiser without any value',
    change: (g) => (g.parameters[0].init = { kind: 'uniform', low: 1e-60, high: 2e-60 }),
    message: /no float32 lies in/,
  },
  { what: 'no output', change: (g) => delete g.outputs.output, message: /has no output/ },
  {
    what: 'an unknown output',
    change: (g) => (g.outputs.lossSum = 0),
    message: /unknown output "lossSum"/,
  },
  {
    what: 'an output that does not exist',
    change: (g) => (g.outputs.loss = 1e9),
    message: /node 1000000000, which does not exist/,
  },
  {
    what: 'an output that is text',
    change: (g) => (g.outputs.loss = 'length'),
    message: /does not exist/,
  },
  {
    what: 'a loss of more than a number a sample',
    change: (g) => (g.outputs.loss = g.outputs.output),
    message: /expected \[N\]/,
  },
  {
    what: 'an output without a batch axis',
    change: (g) => (g.outputs.output = g.nodes.indexOf(nodeOf(g, 'parameter'))),
    message: /expected \[N, …\]/,
  },
];

describe('validation refuses', () => {
  test.each(DAMAGES)('$what', ({ change, message }) => {
    const graph = copy(GRAPHS['cross-entropy']!);
    change(graph);
    let error: unknown;
    try {
      validateGraph(graph);
    } catch (thrown) {
      error = thrown;
    }
    expect(error instanceof GraphError || error instanceof ShapeError).toBe(true);
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    null,
    undefined,
    7,
    'graph',
    [],
    NESTED,
    UNPRINTABLE,
    JSON.parse('{"__proto__": {"format": 1}}'),
  ])('what is no graph at all (%#)', (value) => {
    expect(() => validateGraph(value)).toThrow(GraphError);
  });

  test('more nodes than the limit, without looking at them', () => {
    const graph = copy(GRAPHS.mse!);
    graph.nodes = new Array(GRAPH_LIMITS.nodes + 1);
    expect(() => validateGraph(graph)).toThrow(/10001 entries, at most 10000/);
    graph.nodes = [];
    graph.parameters = new Array(2 ** 32 - 1);
    expect(() => validateGraph(graph)).toThrow(/at most 2000/);
  });

  test('parameters and activations that are too large together', () => {
    const graph = copy(GRAPHS.mse!);
    for (let i = 0; i < 3; i++) {
      graph.parameters.push({ name: `big${i}`, shape: [2 ** 14, 2 ** 13], init: zeros() });
    }
    expect(() => validateGraph(graph)).toThrow(
      /numbers in parameters and buffers, at most 268435456/,
    );
    const wide = copy(GRAPHS.mse!);
    for (let i = 0; i < 5; i++) {
      const shape = ['N', 2 ** 26 - i];
      wide.nodes.push({
        op: 'broadcast',
        inputs: [wide.nodes.length],
        attributes: { shape },
        shape,
        type: 'f32',
      });
      wide.nodes.splice(-1, 0, {
        op: 'constant',
        inputs: [],
        attributes: { value: i },
        shape: [],
        type: 'f32',
      });
    }
    expect(() => validateGraph(wide)).toThrow(/one sample needs more than 268435456 elements/);
  });
});
