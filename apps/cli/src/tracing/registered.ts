// The tracing that somebody has set up in this process, if anybody has: `node --import ./tracing.mjs`. Without it nothing is
// loaded, and nothing is traced.
import type * as OpenTelemetry from '@opentelemetry/api';
import type { Screen } from '../screen.js';

/** Where the API keeps what programs register: one place a process, whatever copy of the API they have. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');
/** What is not exported by then is lost: a run's end does not wait longer for it. */
const FLUSH_MS = 5000;

export type Api = typeof OpenTelemetry;

/** @returns undefined where nobody has registered a tracer provider, or the API is not installed beside the command */
export async function registeredApi(screen: Screen): Promise<Api | undefined> {
  const registered = (globalThis as Record<symbol, unknown>)[REGISTERED];
  if (!(registered as { trace?: unknown } | undefined)?.trace) return undefined;
  try {
    return await import('@opentelemetry/api');
  } catch {
    screen.warn(
      'a tracer provider is registered, but @opentelemetry/api is not installed beside this command: there are no spans',
    );
    return undefined;
  }
}

/** Has what was told exported, as far as that goes: the process ends after a run. */
export async function flush({ trace }: Api): Promise<void> {
  const provider = trace.getTracerProvider() as Flushable & { getDelegate?(): Flushable };
  const delegate = provider.getDelegate?.() ?? provider;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_MS);
  });
  try {
    await Promise.race([delegate.forceFlush?.(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the providers of OpenTelemetry's own SDKs can do. */
interface Flushable {
  forceFlush?(): Promise<void>;
}
