import { expect, test } from 'vitest';
import { decodePicture } from './decode.js';
import { encodePicture } from './encode.js';

test.each([1, 2, 3, 4] as const)(
  '%i channels come back from a PNG as they were',
  async (channels) => {
    const pixels = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (37 * i) % 256);
    const picture = { width: 5, height: 3, channels, pixels };
    expect(await decodePicture(await encodePicture(picture), 'picture.png')).toEqual(picture);
  },
);
