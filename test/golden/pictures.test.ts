// What Pillow decodes of pictures in every form, and makes of them in other sizes, byte by byte (pictures.py).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodePicture, type Picture, pictureInputs } from '@lockstep/data';
import { describe, expect, test } from 'vitest';

interface Golden {
  readonly pixels: string;
  readonly grey: string;
  readonly width: number;
  readonly height: number;
  readonly files: Readonly<
    Record<
      string,
      { file: string; width: number; height: number; channels: number; sha256: string }
    >
  >;
  readonly refused: Readonly<Record<string, string>>;
  readonly sizes: readonly {
    mode: 'RGB' | 'L';
    width: number;
    height: number;
    stretch: string;
    cover: string;
    contain: string;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('./pictures.json', import.meta.url), 'utf8'),
);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

describe('a file is decoded as Pillow decodes it', () => {
  test.each(Object.entries(golden.files))('%s', async (name, expected) => {
    const { pixels, ...picture } = await decodePicture(bytesOf(expected.file), name);
    const { width, height, channels } = expected;
    expect(picture).toEqual({ width, height, channels });
    expect(sha256(pixels)).toBe(expected.sha256);
  });

  test('a JPEG in CMYK is refused with the remedy', async () => {
    await expect(decodePicture(bytesOf(golden.refused.cmyk!), 'a.jpg')).rejects.toThrow(
      'read a.jpg: it is a JPEG in CMYK; convert it to RGB',
    );
  });
});

describe('a cut or changed file is refused, and the next one is taken', () => {
  const names = [
    'colours 8 bits',
    'grey 4 bits interlaced',
    'jpeg colours',
    'jpeg grey progressive',
  ];
  test.each(names)('%s', async (name) => {
    const { file, sha256: expected } = golden.files[name]!;
    const bytes = bytesOf(file);
    for (const share of [0, 0.1, 0.5, 0.9]) {
      const cut = bytes.slice(0, Math.floor(bytes.length * share));
      await expect(decodePicture(cut, 'cut')).rejects.toThrow('read cut: ');
    }
    expect(sha256((await decodePicture(bytes, name)).pixels)).toBe(expected);
  });

  test('a PNG that unpacks to more than its size says is not unpacked', async () => {
    const bytes = bytesOf(golden.files['colours 8 bits']!.file);
    // Its width, in the header; the checksum after it is wrong as well, but the length is looked at first.
    bytes[19] = 2;
    await expect(decodePicture(bytes, 'bomb.png')).rejects.toThrow(
      'read bomb.png: the PNG is damaged',
    );
  });

  // fast-png makes grey of a palette's numbers where there is no palette, and pixels of any depth.
  test.each(['palette 2 bits', 'palette 8 bits', 'palette 4 bits interlaced'])(
    'without its palette: %s',
    async (name) => {
      const bytes = bytesOf(golden.files[name]!.file);
      // "pLTE": no chunk that a picture needs.
      bytes[Buffer.from(bytes).indexOf('PLTE')] = 0x70;
      await expect(decodePicture(bytes, 'a.png')).rejects.toThrow(
        'read a.png: the PNG is damaged: its palette is missing',
      );
    },
  );

  test.each([
    ['colours 8 bits', 4],
    ['colours and alpha', 2],
    ['grey and alpha', 1],
    ['palette 8 bits', 16],
  ])('%s with a depth of %d', async (name, depth) => {
    const bytes = bytesOf(golden.files[name]!.file);
    bytes[24] = depth;
    await expect(decodePicture(bytes, 'a.png')).rejects.toThrow(
      /^read a\.png: the PNG is damaged: there is no colour type \d of \d+ bits$/,
    );
  });

  test('more pixels than are accepted are refused before anything is decoded', async () => {
    const bytes = bytesOf(golden.files['colours 8 bits']!.file);
    bytes.fill(0x7f, 16, 24);
    await expect(decodePicture(bytes, 'huge.png')).rejects.toThrow(
      'read huge.png: the picture is 2139062143x2139062143',
    );
  });
});

describe.each(['stretch', 'cover', 'contain'] as const)('%s gives the bytes of Pillow', (way) => {
  test.each(golden.sizes.map((one) => [`${one.mode} ${one.width}x${one.height}`, one] as const))(
    '%s',
    (_, { mode, width, height, ...hashes }) => {
      const isGrey = mode === 'L';
      const channels = isGrey ? 1 : 3;
      const picture: Picture = {
        ...{ width: golden.width, height: golden.height, channels },
        pixels: bytesOf(isGrey ? golden.grey : golden.pixels),
      };
      const background = isGrey ? ([120, 120, 120] as const) : ([200, 100, 50] as const);
      const inputs = pictureInputs(picture, { width, height, channels }, { way, background });
      const plane = width * height;
      const interleaved = inputs.map(
        (_, i) => inputs[(i % channels) * plane + Math.floor(i / channels)]!,
      );
      expect(sha256(interleaved)).toBe(hashes[way]);
    },
  );
});
