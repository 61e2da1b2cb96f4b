// A picture's file as the inputs of a trained network, by the rule that its training data was made by.
import type { TrainedModel } from '@lockstep/core';
import { decodePicture, pictureInputs, pictureWay } from '@lockstep/data';

/**
 * @param bytes of a PNG or JPEG file
 * @returns the inputs of one sample, as bytes
 * @throws DataError that names the file if it is damaged
 */
export async function pictureSample(
  trained: TrainedModel,
  bytes: Uint8Array,
  file: string,
  maxPixels?: number,
): Promise<Uint8Array> {
  const { size, rule } = pictureWay(trained.traits);
  return pictureInputs(await decodePicture(bytes, file, maxPixels), size, rule);
}
