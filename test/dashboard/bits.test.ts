// The network in the page gives Node's bits: answers, what layers give, and texts, of the same model and samples; and a picture's
// file becomes the sample that `lockstep predict` makes of it.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { encodeModel } from '@lockstep/core';
import { decodePicture, pictureInputs, pictureWay } from '@lockstep/data';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, launch } from './browser.js';
import { answersOf } from './in-page.js';
import { samplesOf } from './model-server.js';
import { convolutions, digits, flowers, language } from './trained-runs.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const SAMPLES = 5;

/** Bytes on their way into a page. */
const packed = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe.skipIf(CHROMIUM === undefined)('in Chromium (skipped where it is not installed)', () => {
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [join(HERE, 'in-page.ts')],
      ...{ bundle: true, platform: 'browser', format: 'iife', globalName: 'inPage' },
      ...{ write: false, logLevel: 'silent' },
    });
    browser = await launch();
    page = await browser.newPage();
    await page.evaluate(`${outputFiles[0]!.text}
      globalThis.inPage = inPage;
      globalThis.unpacked = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));`);
  });
  afterAll(() => browser?.close());

  test.each([
    ['a perceptron', () => digits(1)],
    ['convolutions', convolutions],
    ['named columns', () => flowers('species')],
    ['values', () => flowers('petal_width')],
    ['a language model', language],
  ])('%s says what it says in Node', async (_, run) => {
    const { trained, data } = await run();
    const model = encodeModel(trained);
    const piece = samplesOf(data, 0, 64);
    const told = await page.evaluate(
      `inPage.answersOf(unpacked('${packed(model)}'), [unpacked('${packed(piece)}')], ${SAMPLES})`,
    );
    expect(told).toBe(answersOf(model, [piece], SAMPLES));
  });

  test.each([
    ['grey', 1, 61, 47],
    ['in colours', 3, 40, 90],
    ['as small as a sample', 1, 28, 28],
    ['opaque, with alpha', 4, 33, 33],
  ] as const)(
    'a picture that is %s becomes the sample that predict makes of it',
    async (_, channels, width, height) => {
      const { trained } = await digits(1);
      const file = png(width, height, channels);
      const { size, rule } = pictureWay(trained.traits);
      const own = pictureInputs(await decodePicture(file, 'drawn.png'), size, rule);
      const model = packed(encodeModel(trained));
      const told = await page.evaluate(
        `inPage.pictureSample(unpacked('${model}'), unpacked('${packed(file)}'))`,
      );
      expect(own.some((value) => value > 0)).toBe(true);
      expect(told).toEqual([...own]);
    },
  );

  test('what is no picture is refused in words', async () => {
    const model = packed(encodeModel((await digits(1)).trained));
    const told = page.evaluate(
      `inPage.pictureSample(unpacked('${model}'), unpacked('${packed(new Uint8Array(99))}'))`,
    );
    await expect(told).rejects.toThrow('This is no picture that the browser can read');
  });
});

/** A ring on paper whose grey changes, as a PNG file. */
function png(width: number, height: number, channels: 1 | 3 | 4): Uint8Array {
  const rows = Buffer.alloc(height * (1 + width * channels));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const radius = Math.hypot(x - width / 2, y - height / 2) / Math.min(width, height);
      const level = radius > 0.2 && radius < 0.35 ? 30 + ((7 * x) % 40) : 215 + ((x + y) % 20);
      const at = y * (1 + width * channels) + 1 + x * channels;
      for (let channel = 0; channel < channels; channel++) {
        rows[at + channel] = channel === 3 ? 255 : Math.max(0, level - 9 * channel);
      }
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, { 1: 0, 3: 2, 4: 6 }[channels]], 8);
  const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const chunks = [
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(checksum(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** CRC-32 of PNG, annex D. */
function checksum(bytes: Buffer): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return ~rest >>> 0;
}
