import type { ClusterEvent } from '@lockstep/trainer';
import * as api from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';
import { Interrupted } from '../errors.js';
import { RunSpans } from './run-spans.js';

const time = '2026-11-23T09:41:00.000Z';
const place = { time, step: 30 };
const start = {
  ...{ event: 'run-start', time, run: 'first', parameters: 9, seed: 7, batchSize: 32, shards: 2 },
  ...{ dataset: { name: 'mnist', train: 100, test: 10, sha256: 'd' }, workers: 2, epochs: 2 },
  ...{ step: 0, arithmetic: 'numbers-1', kernels: 'wasm', engine: 'e' },
} as ClusterEvent;
const end = {
  event: 'run-end',
  time,
  step: 8,
  stopped: 'epochs',
  weightsHash: 'a',
} as ClusterEvent;

function epochEnd(epoch: number): ClusterEvent {
  const metrics = { loss: 0.5, accuracy: 0.75, 'f1-per-class': [1, 0] };
  const numbers = { trainLoss: 0.6, samples: 100, samplesPerSecond: 9, weightsHash: 'a' };
  return { event: 'epoch-end', time, epoch, step: 4 * epoch, metrics, ...numbers } as never;
}

function generation(number: number): ClusterEvent {
  const { time, step } = place;
  return {
    ...{ event: 'generation', time, step, generation: number },
    ...{ members: ['w0', 'w1'], topology: 'star' },
  };
}

const lost: ClusterEvent = {
  ...{ ...place, event: 'worker-lost', name: 'w1', code: 'silent', reason: 'silent for 5 s' },
  generation: 1,
};

/** The spans of a run, in the order in which they ended. */
function traced(follow: (spans: RunSpans, clock: { ms: number }) => void, everySteps = 0) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const clock = { ms: 1_795_000_000_000 };
  const tracer = provider.getTracer('test');
  follow(new RunSpans(api, { tracer, everySteps, now: () => clock.ms }), clock);
  return exporter.getFinishedSpans();
}

function take(...events: ClusterEvent[]) {
  return (spans: RunSpans): void => {
    spans.begin();
    for (const event of events) spans.take(event);
    spans.end();
  };
}

function parentOf(span: ReadableSpan, spans: readonly ReadableSpan[]): string | undefined {
  const { spanId } = span.parentSpanContext ?? {};
  return spans.find((other) => other.spanContext().spanId === spanId)?.name;
}

describe('the spans of a run', () => {
  test('are the run and its epochs, and no epoch after the last', () => {
    const spans = traced(take(start, epochEnd(1), epochEnd(2), end));
    expect(spans.map((span) => [span.name, parentOf(span, spans)])).toEqual([
      ['lockstep.epoch', 'lockstep.run'],
      ['lockstep.epoch', 'lockstep.run'],
      ['lockstep.run', undefined],
    ]);
    expect(spans[0]!.attributes).toMatchObject({
      'lockstep.epoch': 1,
      'lockstep.step': 4,
      'lockstep.train_loss': 0.6,
      'lockstep.metric.accuracy': 0.75,
    });
    expect(spans[0]!.attributes).not.toHaveProperty(['lockstep.metric.f1-per-class']);
    expect(spans[2]!.attributes).toMatchObject({
      ...{ 'lockstep.run': 'first', 'lockstep.seed': 7, 'lockstep.stopped': 'epochs' },
    });
    expect(spans[2]!.status.code).toBe(api.SpanStatusCode.UNSET);
  });

  test('of one that ended early have no epoch that has not begun', () => {
    const spans = traced(take(start, epochEnd(1), end));
    expect(spans.map(({ name }) => name)).toEqual(['lockstep.epoch', 'lockstep.run']);
  });

  test('are generations, too, with what happened in them', () => {
    const joined = { ...place, event: 'worker-joined', name: 'w0', threads: 2, generation: 1 };
    const spans = traced(
      take(joined as ClusterEvent, start, generation(1), lost, generation(2), end),
    );
    const [first, second, run] = spans;
    expect(spans.map((span) => [span.name, parentOf(span, spans)])).toEqual([
      ['lockstep.generation', 'lockstep.run'],
      ['lockstep.generation', 'lockstep.run'],
      ['lockstep.run', undefined],
    ]);
    expect(first!.attributes).toMatchObject({ 'lockstep.generation': 1, 'lockstep.workers': 2 });
    expect(first!.events).toMatchObject([
      { name: 'worker-lost', attributes: { 'lockstep.name': 'w1', 'lockstep.code': 'silent' } },
    ]);
    expect(second!.events).toEqual([]);
    expect(run!.events).toMatchObject([{ name: 'worker-joined' }]);
  });

  test('of one that failed say so, and end what was under way', () => {
    const spans = traced((spans) => {
      spans.begin();
      spans.take(start);
      spans.end(new Error('boom'));
    });
    expect(spans.map(({ name }) => name)).toEqual(['lockstep.epoch', 'lockstep.run']);
    expect(spans[1]!.status).toEqual({
      code: api.SpanStatusCode.ERROR,
      message: expect.any(String),
    });
    expect(spans[1]!.events).toMatchObject([{ name: 'exception' }]);
  });

  test('of one that somebody stopped are no failure', () => {
    const [, run] = traced((spans) => {
      spans.begin();
      spans.take(start);
      spans.end(new Interrupted('SIGINT'));
    });
    expect(run!.status.code).toBe(api.SpanStatusCode.UNSET);
    expect(run!.attributes['lockstep.error']).toBe('interrupted');
  });

  test('of usage that was wrong are none: nothing had begun', () => {
    expect(traced((spans) => spans.end(new Error('no such flag')))).toEqual([]);
  });
});

describe('the spans of steps', () => {
  const steps = (...told: [step: number, epoch: number][]) =>
    traced((spans, clock) => {
      spans.begin();
      spans.take(start);
      for (const [step, epoch] of told) {
        clock.ms += 10;
        spans.step({ step, epoch, loss: 0.5 });
      }
    }, 2);

  test('are one of so many, as long as the step was, in its epoch', () => {
    const spans = steps([1, 1], [2, 1], [3, 1], [4, 1]);
    expect(spans.map(({ attributes }) => attributes['lockstep.step'])).toEqual([2, 4]);
    for (const span of spans) {
      expect(span.name).toBe('lockstep.step');
      expect(span.duration).toEqual([0, 10_000_000]);
      expect(span.parentSpanContext).toBeDefined();
    }
  });

  test('cover those that were not told, and no evaluation', () => {
    const [over, ...rest] = steps([1, 1], [5, 1], [6, 2], [7, 2]);
    expect(over!.attributes).toMatchObject({ 'lockstep.step': 5, 'lockstep.steps': 4 });
    expect(rest).toEqual([]);
  });
});
