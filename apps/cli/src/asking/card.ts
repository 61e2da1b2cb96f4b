// A trained model's card: what it is, what it takes and gives, in plain data, for whoever asks it over the network.
import {
  type DatasetTraits,
  type Graph,
  type NetworkSummary,
  type PictureRule,
  summarize,
  type TrainedModel,
  weightsHash,
} from '@lockstep/core';

export interface ModelCard extends Pick<NetworkSummary, 'layers' | 'parameters' | 'buffers'> {
  /** As a run tells it. */
  readonly weightsHash: string;
  readonly loss: string | null;
  readonly input: {
    /** Of one sample. */
    readonly shape: readonly number[];
    /** What inputs are divided by; they are sent undivided. */
    readonly divisor: number;
    /** Of a model whose inputs have names: what each is divided by, and its shape; they are sent by name. */
    readonly parts: DatasetTraits['inputParts'] | null;
    /** The columns that are asked for, where the model takes such. */
    readonly columns: readonly string[] | null;
    /** How a picture becomes a sample, where the training data says it. */
    readonly pictures: PictureRule | null;
  };
  readonly output: {
    readonly shape: readonly number[];
    readonly classes: readonly string[] | null;
    /** The columns that values are of, where classes are not told apart. */
    readonly targets: readonly string[] | null;
  };
  readonly graph: Graph;
}

export async function modelCard(trained: TrainedModel): Promise<ModelCard> {
  const { graph, parameters, traits, preparation } = trained;
  const { inputShape, inputDivisor, classes, classNames, inputNames, pictures, inputParts } =
    traits;
  const { layers, ...counts } = summarize(trained);
  const columns = preparation?.inputs.map(({ column }) => column) ?? inputNames;
  const numbered = Array.from({ length: classes ?? 0 }, (_, i) => String(i));
  const names = classes === undefined ? null : (classNames ?? numbered);
  return {
    weightsHash: await weightsHash(parameters),
    loss: graph.loss ?? null,
    input: {
      shape: inputShape,
      divisor: inputDivisor,
      parts: inputParts ?? null,
      columns: columns ? [...new Set(columns)] : null,
      pictures: pictures ?? null,
    },
    output: {
      shape: trained.outputShape,
      classes: names,
      targets: names ? null : (preparation?.targets.map(({ column }) => column) ?? null),
    },
    parameters: counts.parameters,
    buffers: counts.buffers,
    layers,
    graph,
  };
}
