// What it takes to be a form that a trained model is exported in: a name, an ending of files, and bytes of a model.
import { describeValue } from '@lockstep/errors';
import { ConfigError } from '../errors.js';
import { TrainedModel } from '../trained/trained-model.js';

/** What exports may be told; each format knows some. */
export interface ExportSettings {
  /** Deflate what is written. */
  readonly compress?: boolean | undefined;
  /** Divide inputs by the training data's divisor in the network itself. */
  readonly divideInputs?: boolean | undefined;
  /** Texts to keep beside the network. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ExportFormat {
  readonly name: string;
  /** Of files, with the dot. */
  readonly extension: string;
  /** In a line, for people who choose. */
  readonly what: string;
  /** Those that it knows. */
  readonly settings: readonly (keyof ExportSettings)[];
  /** @throws FormatError if the format cannot hold the model */
  encode(trained: TrainedModel, settings: ExportSettings): Uint8Array;
}

/** @throws ConfigError unless it is a trained model */
export function requireTrained(
  operation: string,
  trained: unknown,
): asserts trained is TrainedModel {
  if (trained instanceof TrainedModel) return;
  throw new ConfigError(
    `${operation}: got ${describeValue(trained)}, expected a trained model, as fit, train, coordinate and loadModel give it`,
  );
}
