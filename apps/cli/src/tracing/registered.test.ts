import type * as OpenTelemetry from '@opentelemetry/api';
import { afterEach, expect, test, vi } from 'vitest';
import { recordedScreen } from '../recorder.fixture.js';
import { flush, registeredApi } from './registered.js';

const loaded = vi.hoisted(() => ({ times: 0 }));
vi.mock('@opentelemetry/api', async (original) => {
  loaded.times++;
  return original();
});

const { screen } = recordedScreen();
const { trace } = await vi.importActual<typeof OpenTelemetry>('@opentelemetry/api');
afterEach(() => trace.disable());

/** One that makes no spans, and can be flushed. */
function provider(forceFlush: () => Promise<void>): OpenTelemetry.TracerProvider {
  const none = trace.getTracer('none');
  return Object.assign({ getTracer: () => none }, { forceFlush });
}

test('where nobody has registered a tracer provider nothing is loaded', async () => {
  expect(await registeredApi(screen)).toBeUndefined();
  expect(loaded.times).toBe(0);
});

test('one that is registered is found, and told to export what it has', async () => {
  const forceFlush = vi.fn(async () => {});
  trace.setGlobalTracerProvider(provider(forceFlush));
  const api = await registeredApi(screen);
  expect(api).toBeDefined();
  await flush(api!);
  expect(forceFlush).toHaveBeenCalledOnce();
});

test('one that never comes to an end with it holds nobody up for long', async () => {
  vi.useFakeTimers();
  trace.setGlobalTracerProvider(provider(() => new Promise(() => {})));
  const api = await registeredApi(screen);
  const flushed = flush(api!);
  await vi.advanceTimersByTimeAsync(5000);
  await flushed;
  vi.useRealTimers();
});
