import type { WorkerEvent } from '@lockstep/worker';
import * as api from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import { WorkerSpans } from './worker-spans.js';

const time = '2026-11-23T09:41:00.000Z';
const generation = (number: number): WorkerEvent => ({
  ...{ event: 'generation', time, generation: number, rank: 1, members: ['w0', 'w1'] },
  ...{ topology: 'mesh', first: 4, end: 8, step: 30 },
});

function traced(events: readonly WorkerEvent[], error?: unknown) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const spans = new WorkerSpans(api, provider.getTracer('test'), 'w1');
  for (const event of events) spans.take(event);
  spans.end(error);
  return exporter.getFinishedSpans();
}

test('a worker is a span, in which its generations are, up to where its link is lost', () => {
  const spans = traced([
    { event: 'connected', time, url: 'u', run: 'first' },
    generation(1),
    generation(2),
    { event: 'disconnected', time, code: 'silent', reason: 'silent for 5 s' },
    { event: 'run-end', time, step: 40, weightsHash: 'a' },
  ]);
  expect(spans.map(({ name }) => name)).toEqual([
    'lockstep.generation',
    'lockstep.generation',
    'lockstep.worker',
  ]);
  const [first, , worker] = spans;
  expect(first!.attributes).toMatchObject({ 'lockstep.generation': 1, 'lockstep.shards': 4 });
  expect(first!.parentSpanContext?.spanId).toBe(worker!.spanContext().spanId);
  expect(worker!.attributes).toMatchObject({
    ...{ 'lockstep.worker': 'w1', 'lockstep.run': 'first', 'lockstep.last_step': 40 },
  });
  expect(worker!.events.map(({ name }) => name)).toEqual(['connected', 'disconnected']);
});

test('one that failed says so', () => {
  const [worker] = traced([], new Error('refused'));
  expect(worker!.status.code).toBe(api.SpanStatusCode.ERROR);
});
