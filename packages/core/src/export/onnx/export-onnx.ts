// A trained model as an ONNX file: the network from its input to its output as it is evaluated, with what it has learnt.
// Invariant: any batch size, the operators of opset 15, and the numbers of `predict` but for the order of additions.
// What an operator is in ONNX stands in the operator's file.
import { checkOptions, type OptionNames } from '@lockstep/errors';
import { encodeOnnx, type NodeProto, type ValueInfoProto } from '@lockstep/formats';
import { ConfigError, GraphError } from '../../errors.js';
import { buffersOf, type Graph, type GraphNode } from '../../graph/graph.js';
import { outputAlone } from '../../network/to-graph.js';
import type { Source } from '../../ops/operator.js';
import { operatorNamed, sourceOf } from '../../ops/registry.js';
import type { Shape } from '../../shape.js';
import type { TrainedModel } from '../../trained/trained-model.js';
import { neededNodes } from '../../transform/builder.js';
import { evaluation } from '../../transform/differentiate.js';
import { type ExportFormat, requireTrained } from '../export-format.js';
import { metadataOf } from './metadata.js';
import { NetworkBuilder } from './network-builder.js';
import { type InputPort, inputPorts, outputPorts, readInputs, writeOutputs } from './ports.js';
import { toGemm } from './to-gemm.js';

const OPSET = 15;
/** The version of the file that opset 15 came with. Source: https://onnx.ai/onnx/repo-docs/Versioning.html. */
const IR_VERSION = 8;

/** What `exportOnnx` takes. */
export interface OnnxOptions {
  /**
   * Whether the file divides inputs by the training data's `inputDivisor` itself, so that it takes pixels from 0 to 255 as
   * `predict` does. Default false: it takes what the network sees, as PyTorch's exporter has it.
   */
  readonly divideInputs?: boolean | undefined;
  /** Texts to add to the file's `metadata_props`, such as where the model is from. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const OPTIONS: OptionNames<OnnxOptions> = { divideInputs: true, metadata: true };

/**
 * Writes a trained model as ONNX (opset 15).
 *
 * The file has one input, `input` float32 [N, ...inputShape], and one output, `output` float32 [N, ...outputShape], for any
 * N. The output is the network's: scores before what the loss applies, which `metadata_props` names (`output_activation`).
 * Of a model whose inputs or outputs have names it has those, by their names.
 * Parameters and buffers keep their names and PyTorch's layout. Equal models give equal bytes.
 *
 * @throws ConfigError if it is no trained model, or its output depends on targets
 * @throws FormatError if it is larger than an ONNX file may be (2 GiB)
 */
export function exportOnnx(trained: TrainedModel, options: OnnxOptions = {}): Uint8Array {
  checkOptions('exportOnnx', options, OPTIONS);
  requireTrained('exportOnnx', trained);
  const { graph, traits } = trained;
  const { divideInputs = false, metadata = {} } = options;
  const input = inputPorts(trained);
  const output = outputPorts(trained, input);
  const { nodes, initializers } = convert(trained, input, output, divideInputs);
  return encodeOnnx({
    irVersion: IR_VERSION,
    producerName: 'lockstep',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: { name: 'model', node: nodes, initializer: initializers, input, output },
    metadataProps: { ...metadataOf(graph, traits, input, output, divideInputs), ...metadata },
  });
}

function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const [input, output] = [node.input, node.output].map((list) =>
    list.map((name) => names.get(name) ?? name),
  );
  return { ...node, name: output![0]!, input: input!, output: output! };
}

export const ONNX: ExportFormat = {
  name: 'onnx',
  extension: '.onnx',
  what: 'the network with its weights, for ONNX Runtime and others',
  settings: ['divideInputs', 'metadata'],
  encode: (trained, { divideInputs, metadata }) => exportOnnx(trained, { divideInputs, metadata }),
};

function convert(
  trained: TrainedModel,
  inputs: readonly [InputPort, ...InputPort[]],
  outputs: readonly ValueInfoProto[],
  divides: boolean,
): Pick<NetworkBuilder, 'nodes' | 'initializers'> {
  const network = evaluation(outputAlone(trained.graph));
  const builder = new NetworkBuilder(
    inputs[0].name,
    [...inputs, ...outputs].map(({ name }) => name),
  );
  const last = network.outputs.output!;
  const needed = neededNodes(network.nodes, [last]);
  const names: string[] = [];
  const shapes = new Map<string, Shape>();
  for (const [index, node] of network.nodes.entries()) {
    if (!needed[index]) continue;
    names[index] =
      sourceOf(node) === 'samples'
        ? readInputs(builder, inputs, divides)
        : addNode(builder, network, node, trained, names);
    shapes.set(names[index], node.shape);
  }
  const values = writeOutputs(builder, names[last]!, trained);
  const renames = new Map(values.map((value, i) => [value, outputs[i]!.name]));
  for (const [layer, node] of Object.entries(network.layers ?? {})) {
    const name = names[node];
    if (name === undefined || !builder.isComputed(name) || renames.has(name)) continue;
    renames.set(name, builder.free(layer));
  }
  const folded = toGemm(builder.nodes, (name) => shapes.get(name), values);
  const nodes = folded.map((node) => renamed(node, renames));
  const read = new Set(nodes.flatMap(({ input }) => input));
  return { nodes, initializers: builder.initializers.filter(({ name }) => read.has(name)) };
}

/** Adds a node of the network. @returns the name of its value */
function addNode(
  builder: NetworkBuilder,
  network: Graph,
  node: GraphNode,
  trained: TrainedModel,
  names: readonly string[],
): string {
  const { onnx, source } = operatorNamed(node.op);
  if (source !== undefined) return tensorOf(builder, network, node, trained, source);
  const inputs = node.inputs.map((input) => ({
    name: names[input]!,
    shape: network.nodes[input]!.shape,
  }));
  if (typeof onnx === 'function') return onnx({ builder, node, inputs });
  if (onnx === undefined) throw new GraphError(`exportOnnx: ${node.op} has no operator in ONNX`);
  const operands = inputs.map(({ name }) => name);
  return builder.add(onnx, operands);
}

/** Adds what a source is filled in with. */
function tensorOf(
  builder: NetworkBuilder,
  network: Graph,
  { attributes }: GraphNode,
  { parameters, buffers }: TrainedModel,
  source: Source,
): string {
  const index = attributes.index as number;
  if (source === 'constant') {
    const { shape, values } = network.constants![index]!;
    return builder.tensor(`constant.${index}`, shape, Float32Array.from(values));
  }
  if (source !== 'parameter' && source !== 'buffer') {
    throw new ConfigError(
      `exportOnnx: the output depends on the ${source}, which nobody has who asks a trained network; give the loss apart from the model`,
    );
  }
  const isParameter = source === 'parameter';
  const { name } = (isParameter ? network.parameters : buffersOf(network))[index]!;
  const { shape, data } = (isParameter ? parameters : buffers).get(name)!;
  return builder.tensor(name, shape, data);
}
