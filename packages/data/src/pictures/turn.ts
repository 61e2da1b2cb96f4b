// A picture as it is to be seen: a camera that was held upright stores it lying, and says so.
import type { Orientation } from './head.js';
import type { Picture } from './picture.js';

/** @param orientation as Exif numbers them: 3 is half a turn, 6 a quarter to the right, 8 to the left; the even ones mirror */
export function turned(picture: Picture, orientation: Orientation): Picture {
  if (orientation === 1) return picture;
  const { channels, pixels } = picture;
  const isSideways = orientation >= 5;
  const width = isSideways ? picture.height : picture.width;
  const height = isSideways ? picture.width : picture.height;
  const result = new Uint8Array(pixels.length);
  const [lastX, lastY] = [picture.width - 1, picture.height - 1];
  const source: Record<Orientation, (x: number, y: number) => [number, number]> = {
    1: (x, y) => [x, y],
    2: (x, y) => [lastX - x, y],
    3: (x, y) => [lastX - x, lastY - y],
    4: (x, y) => [x, lastY - y],
    5: (x, y) => [y, x],
    6: (x, y) => [y, lastY - x],
    7: (x, y) => [lastX - y, lastY - x],
    8: (x, y) => [lastX - y, x],
  };
  const from = source[orientation];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [oldX, oldY] = from(x, y);
      const old = (oldY * picture.width + oldX) * channels;
      result.set(pixels.subarray(old, old + channels), (y * width + x) * channels);
    }
  }
  return { width, height, channels, pixels: result };
}
