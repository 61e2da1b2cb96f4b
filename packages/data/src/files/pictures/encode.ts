// A picture becomes the bytes of a PNG.
import type { Picture } from '../../pictures/picture.js';

/** @returns a PNG file, 8 bits a channel */
export async function encodePicture(picture: Picture): Promise<Uint8Array> {
  // Loaded when there is something to encode, as decoders are.
  return (await import('./png.js')).encodePng(picture);
}
