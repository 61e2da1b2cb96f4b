// A picture as the browser decodes it, as pixels.
// Invariant: nothing is resized and no colours are converted here, so that a picture without transparency has the pixels that
// its file has: what becomes of them is the model's rule.
import type { Picture } from '@lockstep/data';
import { LockstepError } from '@lockstep/errors';

/** More are refused: they would take too much memory. As `lockstep predict` has it. */
const MOST_PIXELS = 64_000_000;

/**
 * @param blob of a picture's file
 * @throws LockstepError if it is no picture, or too large
 */
export async function pictureFrom(
  blob: Blob,
): Promise<{ readonly picture: Picture; readonly bitmap: ImageBitmap }> {
  const bitmap = await createImageBitmap(blob, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
  }).catch((cause: unknown) => {
    throw new LockstepError(
      'data',
      `This is no picture that the browser can read (${blob.type || 'of an unknown kind'}).`,
      { cause },
    );
  });
  const { width, height } = bitmap;
  if (width * height > MOST_PIXELS) {
    throw new LockstepError(
      'data',
      `This picture has ${width * height} pixels; at most ${MOST_PIXELS} are taken.`,
    );
  }
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return { picture: pixelsOf(context), bitmap };
}

/** All that is on a canvas: red, green, blue, alpha. */
export function pixelsOf(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
): Picture {
  const { width, height } = context.canvas;
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 4, pixels: new Uint8Array(data.buffer) };
}
