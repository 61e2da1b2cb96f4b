// What is written comes back; a record by hand; files that are cut short, damaged, of others, or none. What TensorBoard itself
// reads is tested in test/cli.
import fc from 'fast-check';
import { PbfWriter } from 'pbf';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../format-error.js';
import { decodeEvents } from './decode.js';
import { encodeEvents, FILE_VERSION } from './encode.js';
import { histogramOf } from './histogram.js';
import { type HparamsPluginData, hparamsValue, readHparamsValue } from './hparams.js';
import { encodeRecord, maskedCrc32c } from './records.js';
import type { EventProto, SummaryValueProto } from './schema.js';

const START: EventProto = { wallTime: 1.5, step: 0, fileVersion: FILE_VERSION };
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const sumBytes = (sum: number): number[] => [...new Uint8Array(Uint32Array.of(sum).buffer)];

/** A file of one event whose bytes are these. */
function fileOf(write: (writer: PbfWriter) => void): Uint8Array {
  const writer = new PbfWriter();
  write(writer);
  return encodeRecord(writer.finish());
}

it('a file begins as TensorFlow writes it, byte by byte', () => {
  const data = [0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x1a, 13, ...ascii('brain.Event:2')];
  const expected = [
    // 24 in eight bytes, and the sum of these as it stands in every event file.
    ...[24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22],
    ...data,
    ...sumBytes(maskedCrc32c(Uint8Array.from(data))),
  ];
  expect([...encodeEvents([START])]).toEqual(expected);
});

it('the mask of a sum is TensorFlow’s', () => {
  // crc32c('123456789') is 0xe3069283: turned right by 15 bits, and 0xa282ead8 more.
  expect(maskedCrc32c(Uint8Array.from(ascii('123456789')))).toBe(
    ((0xe306_9283 >>> 15) + ((0xe306_9283 << 17) >>> 0) + 0xa282_ead8) % 2 ** 32,
  );
});

const VALUES: readonly SummaryValueProto[] = [
  { tag: 'loss/train', simpleValue: 0.25 },
  { tag: 'nichts', simpleValue: 0 },
  { tag: 'größe', simpleValue: -1 },
  { tag: 'parameters/w', histo: histogramOf(Float32Array.of(-1, 0, 0, 2)) },
  {
    tag: 'filters/w',
    image: { width: 2, height: 1, colorspace: 3, encodedImageString: Uint8Array.of(1, 2) },
  },
  { tag: 't', tensor: { shape: [2, 1], floats: [0.5, 2] } },
  { tag: 'm', metadata: { pluginName: 'mine', content: Uint8Array.of(0, 255) } },
];

it('values of every kind come back as they were', () => {
  const events: readonly EventProto[] = [
    START,
    { wallTime: 2.5, step: 7, summary: VALUES },
    { wallTime: 3, step: 2 ** 40, summary: [] },
    { wallTime: 3.5, step: 8, sessionLog: 'start' },
    {
      ...{ wallTime: 4, step: 0 },
      graphDef: {
        node: [
          { name: 'input', op: 'input', input: [], outputShape: [-1, 784] },
          { name: 'layers/0', op: 'matmul', input: ['input', 'input'], outputShape: [-1] },
          { name: 'constant', op: 'constant', input: [], outputShape: [] },
        ],
      },
    },
  ];
  expect(decodeEvents(encodeEvents(events))).toEqual({ events, torn: 0 });
});

const DATA: readonly HparamsPluginData[] = [
  {
    sessionStartInfo: {
      hparams: {
        learningRate: 0.001,
        optimizer: 'adam',
        shuffle: true,
        dropLast: false,
        seed: 0,
        '': '',
      },
      startTimeSecs: 12.5,
    },
  },
  {
    experiment: {
      timeCreatedSecs: 3,
      hparamInfos: [
        { name: 'learningRate', type: 'number' },
        { name: 'optimizer', type: 'string' },
        { name: 'shuffle', type: 'boolean' },
      ],
      metricInfos: [
        { tag: 'loss/test', displayName: '' },
        { tag: 'accuracy/test', displayName: 'accuracy' },
      ],
    },
  },
  { sessionEndInfo: { status: 'success', endTimeSecs: 99 } },
  { sessionEndInfo: { status: 'unknown', endTimeSecs: 0 } },
];

it.each(DATA)('hyper-parameters come back as they were: %j', (data) => {
  const summary = [hparamsValue(data)];
  const { events } = decodeEvents(encodeEvents([{ wallTime: 1, step: 0, summary }]));
  expect(events).toEqual([{ wallTime: 1, step: 0, summary }]);
  expect(readHparamsValue(summary[0]!)).toEqual(data);
});

it('no other value holds hyper-parameters', () => {
  for (const value of VALUES) expect(readHparamsValue(value)).toBeUndefined();
  const damaged = {
    tag: 'x',
    metadata: { pluginName: 'hparams', content: Uint8Array.of(0x1a, 99) },
  };
  expect(() => readHparamsValue(damaged)).toThrow(FormatError);
});

it('any numbers, tags and steps come back', () => {
  const event = fc.record({
    wallTime: fc.double({ noNaN: true }),
    step: fc.maxSafeNat(),
    summary: fc.array(fc.record({ tag: fc.string({ unit: 'grapheme' }), simpleValue: fc.float() })),
  });
  fc.assert(
    fc.property(fc.array(event), (events) => {
      expect(decodeEvents(encodeEvents(events))).toEqual({ events, torn: 0 });
    }),
    { seed: 1, numRuns: 300 },
  );
});

describe('what others write', () => {
  it('is passed over where it is not known, and read where it is', () => {
    const file = fileOf((writer) => {
      writer.writeVarintField(15, 3);
      writer.writeDoubleField(1, 9);
      writer.writeMessage(
        5,
        (_, summary) => {
          summary.writeStringField(7, 'a field of later');
          summary.writeMessage(1, writeTensorOfContent, 1);
          summary.writeMessage(1, writeTensorOfContent, 2);
        },
        undefined,
      );
    });
    expect(decodeEvents(file).events).toEqual([
      {
        ...{ wallTime: 9, step: 0 },
        summary: [{ tag: 'scalar', tensor: { shape: [], floats: [0.5] } }, { tag: 'scalar' }],
      },
    ]);
  });

  /** As TensorFlow 2 writes numbers; of another type than float32 their bytes are not looked at. */
  function writeTensorOfContent(type: number, writer: PbfWriter): void {
    writer.writeStringField(1, 'scalar');
    writer.writeMessage(
      8,
      (_, tensor) => {
        tensor.writeVarintField(1, type);
        tensor.writeBytesField(4, new Uint8Array(Float32Array.of(0.5).buffer));
      },
      undefined,
    );
  }
});

describe('files that are not whole', () => {
  const whole = encodeEvents([START, { wallTime: 2, step: 1, summary: VALUES }]);
  const first = encodeEvents([START]).length;

  it('give the events that are, and say how many bytes are left', () => {
    for (let length = 0; length < whole.length; length++) {
      const { events, torn } = decodeEvents(whole.subarray(0, length));
      expect(events).toEqual(length < first ? [] : [START]);
      expect(torn).toBe(length < first ? length : length - first);
    }
  });

  it('are refused where a byte is another', () => {
    for (let at = 0; at < whole.length; at++) {
      const bytes = whole.slice();
      bytes[at]! ^= 1;
      expect(() => decodeEvents(bytes), String(at)).toThrow(FormatError);
    }
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a picture',
      Uint8Array.from(ascii('\x89PNG and so on, and on')),
      'the length of the record at byte 0',
    ],
    ['a message that ends too soon', encodeRecord(Uint8Array.of(9, 1, 2)), 'event: '],
    [
      'a text that is longer than the message',
      encodeRecord(Uint8Array.of(26, 100)),
      'cut short after 2 bytes',
    ],
    [
      'a graph that is none',
      fileOf((writer) => writer.writeBytesField(4, Uint8Array.of(10, 9))),
      'graph: ',
    ],
    ['a type of field that there is not', encodeRecord(Uint8Array.of(0x7f)), 'Unimplemented type'],
  ])('or hold %s', (_, bytes, message) => {
    expect(() => decodeEvents(bytes)).toThrow(FormatError);
    expect(() => decodeEvents(bytes)).toThrow(message);
  });
});

describe('histograms', () => {
  it('have a bucket of equal width for each part of the range', () => {
    const histogram = histogramOf(Float32Array.of(-32, -31.5, 0, 31.5, 32));
    expect(histogram).toMatchObject({ min: -32, max: 32, num: 5, sum: 0 });
    expect(histogram.sumSquares).toBe(2 * (32 * 32 + 31.5 * 31.5));
    expect(histogram.bucketLimit).toEqual(Array.from({ length: 64 }, (_, i) => i - 31));
    expect(
      histogram.bucket.map((count, i) => [i, count]).filter(([, count]) => count! > 0),
    ).toEqual([
      [0, 2],
      [32, 1],
      [63, 2],
    ]);
  });

  it('have one bucket where all numbers are equal, and none where there is none', () => {
    const equal = { min: 0, max: 0, num: 3, sum: 0, sumSquares: 0, bucketLimit: [0], bucket: [3] };
    expect(histogramOf(new Float32Array(3))).toEqual(equal);
    const none = { min: 0, max: 0, num: 0, sum: 0, sumSquares: 0, bucketLimit: [], bucket: [] };
    expect(histogramOf(new Float32Array())).toEqual(none);
    expect(histogramOf(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY))).toEqual(none);
  });

  it('count every finite number once, in a bucket whose limits lie around it', () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 200 }), (values) => {
        const finite = values.filter(Number.isFinite);
        const { min, max, num, bucket, bucketLimit } = histogramOf(values);
        expect(num).toBe(finite.length);
        expect(bucket.reduce((sum, count) => sum + count, 0)).toBe(num);
        expect(bucketLimit).toHaveLength(bucket.length);
        expect(bucketLimit.at(-1) ?? 0).toBe(max);
        expect(Math.min(...finite, Number.POSITIVE_INFINITY)).toBe(
          num === 0 ? Number.POSITIVE_INFINITY : min,
        );
        expect([...bucketLimit].sort((a, b) => a - b)).toEqual(bucketLimit);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
