// A linear layer as people look for it in an ONNX file: x·Wᵀ + b in one Gemm with the weight [out, in] as PyTorch has it, in
// place of a Transpose, a MatMul and an Add. That is what exporters of other frameworks write, and what tools that quantise
// or prune a network know. The numbers are the same products and sums.
import type { NodeProto } from '@lockstep/formats';

const SWAP = '1,0';

/**
 * @param shapeOf the shape of a value, where it is a node's of the network
 * @param outputs names that must stay
 */
export function toGemm(
  nodes: readonly NodeProto[],
  shapeOf: (name: string) => readonly unknown[] | undefined,
  outputs: readonly string[],
): NodeProto[] {
  const producers = new Map(nodes.map((node) => [node.output[0]!, node]));
  const readers = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const replaced = new Map<NodeProto, NodeProto | undefined>();
  for (const product of nodes) {
    const weight = swappedWeight(product, producers);
    if (weight === undefined || shapeOf(product.input[0]!)?.length !== 2) continue;
    const [value] = product.output as [string];
    const [sum, ...others] = readers.get(value) ?? [];
    const bias = sum && others.length === 0 && !outputs.includes(value) && biasOf(sum, value);
    const isBias = bias !== undefined && bias !== false && shapeOf(bias)?.length === 1;
    const gemm = (node: NodeProto, inputs: readonly string[]): NodeProto => ({
      ...{ name: node.name, opType: 'Gemm', input: inputs, output: node.output },
      attribute: [{ name: 'transB', i: 1 }],
    });
    if (isBias) {
      replaced.set(product, undefined);
      replaced.set(sum!, gemm(sum!, [product.input[0]!, weight, bias as string]));
    } else {
      replaced.set(product, gemm(product, [product.input[0]!, weight]));
    }
  }
  const kept = nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : node));
  return neededFor(kept, outputs);
}

/** The nodes that lead to these values, in their order. */
function neededFor(nodes: readonly NodeProto[], values: readonly string[]): NodeProto[] {
  const read = new Set(values);
  const needed = [...nodes].reverse().filter(({ input, output }) => {
    const isRead = output.some((name) => read.has(name));
    if (isRead) for (const name of input) read.add(name);
    return isRead;
  });
  return needed.reverse();
}

/** The name of the matrix that a product reads with its axes swapped. */
function swappedWeight(
  { opType, input }: NodeProto,
  producers: ReadonlyMap<string, NodeProto>,
): string | undefined {
  if (opType !== 'MatMul') return undefined;
  const swap = producers.get(input[1]!);
  if (swap?.opType !== 'Transpose') return undefined;
  const [perm] = swap.attribute;
  return perm && 'ints' in perm && perm.ints.join() === SWAP ? swap.input[0] : undefined;
}

/** What a sum adds to a value. */
function biasOf({ opType, input }: NodeProto, value: string): string | undefined {
  if (opType !== 'Add') return undefined;
  return input.find((name) => name !== value);
}
