// A trained model in words and counts: what the page wants to know of it before it asks anything.
import {
  type DatasetTraits,
  encodeText,
  type NetworkSummary,
  summarize,
  type Tokenizer,
  type TrainedModel,
} from '@lockstep/core';
import { pictureWay } from '@lockstep/data';
import { classifies, valueNames } from './examine.js';

/** How a picture becomes a sample of the model. */
export interface PictureView {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** In words. */
  readonly said: string;
  /** Whether it looks for what is drawn, whatever its size and place. */
  readonly isDrawn: boolean;
}

export interface ModelView {
  readonly summary: NetworkSummary;
  /** Of the data that it learnt from. */
  readonly traits: DatasetTraits;
  /** Of one sample. */
  readonly outputShape: readonly number[];
  /** Whether it tells classes apart, one answer a sample. */
  readonly isClassifier: boolean;
  /** What the numbers that it gives are called. */
  readonly valueNames: readonly string[];
  /** Undefined where it takes no pictures; `whyNot` says why. */
  readonly picture: PictureView | undefined;
  /** Whether it goes on with a text. */
  readonly isLanguageModel: boolean;
}

export function viewOf(trained: TrainedModel): ModelView {
  const { traits, graph, outputShape } = trained;
  const isClassifier = classifies(trained);
  return {
    ...{ summary: summarize(graph), traits, outputShape, isClassifier },
    valueNames: isClassifier || graph.heads || outputShape.length > 1 ? [] : valueNames(trained),
    picture: pictureView(traits),
    isLanguageModel: traits.tokenizer !== undefined && tellsNext(trained),
  };
}

function pictureView(traits: DatasetTraits): PictureView | undefined {
  if (traits.inputParts) return undefined;
  try {
    const { size, rule, said } = pictureWay(traits);
    return { ...size, said, isDrawn: rule.way === 'drawn' };
  } catch {
    // It takes something else, which its traits tell.
    return undefined;
  }
}

function tellsNext(trained: TrainedModel): boolean {
  try {
    trained.generate({ length: 0 });
    return true;
  } catch {
    return false;
  }
}

/** Characters of a prompt that the model's text did not have: it sees all of them as one. */
export function unknownCharacters(tokenizer: Tokenizer | undefined, prompt: string): string[] {
  if (tokenizer?.kind !== 'characters') return [];
  return [...new Set(prompt)].filter((one) => encodeText(tokenizer, one)[0] === 0);
}
