// The trained model in the page: it is given the model's bytes and samples, and answers what the tabs ask. It runs in a worker,
// so that the page never stutters, and in tests without one.
// Invariant: arguments and answers can be posted between threads; an answer is a function of the model, the samples that are
// held, and the arguments, but for how many samples were looked at where time is short, which it says.
import { ConfigError, decodeModel, type Parameters, type TrainedModel } from '@lockstep/core';
import { LayerOutputs } from '@lockstep/core/internal';
import { type Picture, pictureInputs, pictureWay } from '@lockstep/data';
import { decodeSafetensors, toFloat32 } from '@lockstep/formats';
import { type Answer, answerOf, sampleInputs } from './answer.js';
import { type Examination, examine, type PositionAnswer, positionAnswers } from './examine.js';
import {
  type Activity,
  activityOf,
  type FirstLayer,
  firstInputs,
  firstLayer,
  type LayerPicture,
  type LayerSpread,
  layerPictures,
  spreads,
} from './look-inside.js';
import { type HeldSamples, type Inputs, inputSize, joinSamples } from './samples.js';
import { type ModelView, unknownCharacters, viewOf } from './view.js';

/** What comes of one sample. */
export interface Asked {
  /** The sample as the network takes it, not divided. */
  readonly inputs: Inputs;
  readonly answer: Answer;
  readonly layers: readonly LayerPicture[];
}

export interface TextOptions {
  readonly prompt: string;
  readonly length: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed: number;
  readonly slide?: number;
}

/** Of samples whose layers are looked at. */
const MOST_LOOKED_AT = 256;

export class Brain {
  readonly #now: () => number;
  #trained: TrainedModel | undefined;
  #outputs: LayerOutputs | undefined;
  #samples: HeldSamples | undefined;
  #text: Generator<string, void, undefined> | undefined;

  /** @param now milliseconds that only go on */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Takes another model in the place of the one before; samples stay. */
  load(bytes: Uint8Array): ModelView {
    const trained = decodeModel(bytes);
    const view = viewOf(trained);
    this.#trained = trained;
    this.#outputs = undefined;
    this.#text = undefined;
    return view;
  }

  /** Keeps samples, in the place of those before. @param pieces as `Source.samples` gives them */
  hold(pieces: readonly Uint8Array[]): HeldSamples {
    this.#samples = joinSamples(pieces);
    return this.#samples;
  }

  firstLayer(): FirstLayer {
    return firstLayer(this.#model);
  }

  /** @param gradients safetensors by the parameters' names; left out where nobody knows them */
  spreads(gradients?: Uint8Array): LayerSpread[] {
    return spreads(this.#model, gradients && readTensors(gradients));
  }

  /** What layers give for the first of the samples that are held. @param forMs so long, and a chunk at least */
  activity(forMs: number): Activity {
    const inputs = firstInputs(this.#model, this.#held, MOST_LOOKED_AT);
    return activityOf(
      this.#layers,
      inputs,
      inputSize(this.#model.traits),
      this.#isLateAfter(forMs),
    );
  }

  /** The samples that are held, against what is right. @param forMs so long, and a chunk at least */
  examine(forMs: number): Examination {
    return examine(this.#model, this.#held, this.#isLateAfter(forMs));
  }

  /** What a model of labels by position says of one of the samples that are held. */
  positions(sample: number): PositionAnswer[] {
    return positionAnswers(this.#model, this.#held, sample);
  }

  /** @param picture of any size; it becomes a sample as `lockstep predict` makes one of it */
  askPicture(picture: Picture): Asked {
    const { size, rule } = pictureWay(this.#model.traits);
    return this.#ask(pictureInputs(picture, size, rule));
  }

  /** @param row named columns, or the numbers of a sample in their order */
  askRow(row: Readonly<Record<string, string | number>> | readonly number[]): Asked {
    return this.#ask(sampleInputs(this.#model, row));
  }

  /** One of the samples that are held. */
  askSample(sample: number): Asked {
    const size = inputSize(this.#model.traits);
    return this.#ask(this.#held.inputs.slice(sample * size, (sample + 1) * size));
  }

  #ask(inputs: Inputs): Asked {
    const answer = answerOf(this.#model, inputs);
    return { inputs, answer, layers: layerPictures(this.#layers, inputs) };
  }

  /** Begins to go on with a text; `nextText` gives it. @returns characters of the prompt that the model does not know */
  startText(options: TextOptions): string[] {
    const trained = this.#model;
    this.#text = trained.generate(options);
    return unknownCharacters(trained.tokenizer, options.prompt);
  }

  /** What comes next of the text. @param forMs so long, and a token at least */
  nextText(forMs: number): { readonly text: string; readonly isDone: boolean } {
    const isLate = this.#isLateAfter(forMs);
    let text = '';
    do {
      const piece = this.#text?.next();
      if (piece === undefined || piece.done) return { text, isDone: true };
      text += piece.value;
    } while (!isLate());
    return { text, isDone: false };
  }

  get #model(): TrainedModel {
    if (this.#trained) return this.#trained;
    throw new ConfigError('the network: no model was loaded');
  }

  get #layers(): LayerOutputs {
    this.#outputs ??= new LayerOutputs(this.#model);
    return this.#outputs;
  }

  get #held(): HeldSamples {
    if (this.#samples) return this.#samples;
    throw new ConfigError('the network: no samples are held');
  }

  #isLateAfter(ms: number): () => boolean {
    const end = this.#now() + ms;
    return () => this.#now() >= end;
  }
}

function readTensors(bytes: Uint8Array): Parameters {
  const { tensors } = decodeSafetensors(bytes);
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, data: toFloat32(name, tensor).slice() },
    ]),
  );
}
