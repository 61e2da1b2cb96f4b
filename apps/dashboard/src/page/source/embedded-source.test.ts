import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '@lockstep/formats';
import { expect, test } from 'vitest';
import type { Message } from '../../contract.js';
import { fillTemplate, type ReportData } from '../../report/render-report.js';
import { invent, messagesOf } from '../testing/invented.js';
import { EmbeddedSource } from './embedded-source.js';

const PLACE = '<script type="application/json" id="report"></script>';
const SAMPLES = Buffer.concat(
  encodeSafetensors(
    new Map<string, StoredTensor>([
      [
        'inputs',
        { dtype: 'U8', shape: [5, 2], data: Uint8Array.from({ length: 10 }, (_, i) => i) },
      ],
      ['targets', { dtype: 'I32', shape: [5], data: Int32Array.of(9, 8, 7, 6, 5) }],
    ]),
  ),
);
const DATA: ReportData = {
  time: '2026-06-01T09:30:00.000Z',
  notes: [],
  messages: messagesOf([invent({ id: 'a', samples: 4 })]),
  models: [{ run: 'a', step: 40, bytes: new Uint8Array([3, 1, 4]) }],
  samples: [{ runs: ['a', 'b'], dataset: 'test', bytes: SAMPLES }],
};

/** As the page reads it out of a report's file. */
function embedded(data: ReportData): EmbeddedSource {
  const html = fillTemplate(`<body>${PLACE}</body>`, data);
  return new EmbeddedSource(JSON.parse(/id="report">(.*)<\/script>/s.exec(html)![1]!));
}

test('tells all that the report holds, and is no longer waited for', () => {
  const heard: Message[] = [];
  const states: string[] = [];
  embedded(DATA).listen(
    (message) => heard.push(message),
    (state) => states.push(state),
  );
  expect(heard).toEqual(JSON.parse(JSON.stringify(DATA.messages)));
  expect(states).toEqual(['connected']);
});

test('gives the bytes that went in', async () => {
  const source = embedded(DATA);
  expect(await source.model('a')).toEqual({ step: 40, bytes: new Uint8Array([3, 1, 4]) });
  expect(await source.model('b')).toBeUndefined();
  expect(await source.gradients()).toBeUndefined();
});

test.each([
  [0, 2, [0, 1, 2, 3], [9, 8]],
  [3, 100, [6, 7, 8, 9], [6, 5]],
])(
  'samples from %i on, %i of them, as far as there are any',
  async (first, count, inputs, targets) => {
    const { tensors } = decodeSafetensors(
      (await embedded(DATA).samples('a', 'test', first, count))!,
    );
    expect([...tensors.get('inputs')!.data]).toEqual(inputs);
    expect([...tensors.get('targets')!.data]).toEqual(targets);
    expect(tensors.get('inputs')!.shape).toEqual([targets.length, 2]);
  },
);

test('runs with the same data share their samples', async () => {
  const source = embedded(DATA);
  expect(await source.samples('b', 'test', 0, 3)).toEqual(await source.samples('a', 'test', 0, 3));
  expect(await source.samples('c', 'test', 0, 3)).toBeUndefined();
});

test('has no samples behind the last, and none of what was left out', async () => {
  const source = embedded(DATA);
  expect(await source.samples('a', 'test', 5, 1)).toBeUndefined();
  expect(await source.samples('a', 'train', 0, 1)).toBeUndefined();
});

test('a report can be told nothing', async () => {
  await expect(embedded(DATA).act()).rejects.toThrow('a report shows what was');
});
