// What the golden pictures do not show: 16 bits, which Pillow keeps, and one colour that is transparent.
import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { pictureInputs } from '../../pictures/apply-rule.js';
import { decodePicture } from './decode.js';

test('16 bits are rounded to 8', async () => {
  const data = Uint16Array.of(0, 128, 129, 0x8080, 0xff7e, 0xffff);
  const png = encode({ width: 3, height: 2, channels: 1, depth: 16, data });
  const { pixels, ...picture } = await decodePicture(png, 'deep.png');
  expect(picture).toEqual({ width: 3, height: 2, channels: 1 });
  // A level is 257: 128 is nearer to 0, 129 to 1.
  expect([...pixels]).toEqual([0, 0, 1, 128, 254, 255]);
});

test('what is transparent lies over the background', async () => {
  const png = encode({ width: 2, height: 1, channels: 2, data: Uint8Array.of(100, 255, 100, 0) });
  const picture = await decodePicture(png, 'clear.png');
  const size = { width: 2, height: 1, channels: 1 } as const;
  const rule = { way: 'stretch', background: [10, 10, 10] } as const;
  expect([...pictureInputs(picture, size, rule)]).toEqual([100, 10]);
});
