// A worker as OpenTelemetry spans: its process from its first event to its last, and in it the generations that it is in.

import type { WorkerEvent } from '@lockstep/worker';
import type * as OpenTelemetry from '@opentelemetry/api';
import { describeError } from '../errors.js';

export class WorkerSpans {
  readonly #api: typeof OpenTelemetry;
  readonly #tracer: OpenTelemetry.Tracer;
  readonly #worker: OpenTelemetry.Span;
  #generation: OpenTelemetry.Span | undefined;

  constructor(api: typeof OpenTelemetry, tracer: OpenTelemetry.Tracer, name: string) {
    this.#api = api;
    this.#tracer = tracer;
    this.#worker = tracer.startSpan('lockstep.worker', { attributes: { 'lockstep.worker': name } });
  }

  take(event: WorkerEvent): void {
    switch (event.event) {
      case 'connected':
        this.#worker.setAttribute('lockstep.run', event.run);
        this.#worker.addEvent('connected');
        break;
      case 'disconnected':
        this.#endGeneration();
        this.#worker.addEvent('disconnected', {
          'lockstep.code': event.code,
          'lockstep.reason': event.reason,
        });
        break;
      case 'generation':
        this.#endGeneration();
        this.#generation = this.#begin(event);
        break;
      case 'run-end':
        this.#worker.setAttributes({
          'lockstep.last_step': event.step,
          'lockstep.weights_hash': event.weightsHash,
        });
        break;
      default:
        break;
    }
  }

  /** @param error what ended it before the run was over */
  end(error?: unknown): void {
    this.#endGeneration();
    if (error !== undefined) {
      const { code, message } = describeError(error);
      this.#worker.setAttribute('lockstep.error', code);
      // Whoever stops it has not found it failing.
      if (code !== 'interrupted') this.#fail(error, message);
    }
    this.#worker.end();
  }

  #fail(error: unknown, message: string): void {
    this.#worker.recordException(error instanceof Error ? error : message);
    this.#worker.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
  }

  #begin(event: Extract<WorkerEvent, { readonly event: 'generation' }>): OpenTelemetry.Span {
    const { context, trace } = this.#api;
    const attributes = {
      'lockstep.generation': event.generation,
      'lockstep.rank': event.rank,
      'lockstep.workers': event.members.length,
      'lockstep.topology': event.topology,
      'lockstep.shards': event.end - event.first,
      'lockstep.step': event.step,
    };
    const around = trace.setSpan(context.active(), this.#worker);
    return this.#tracer.startSpan('lockstep.generation', { attributes }, around);
  }

  #endGeneration(): void {
    this.#generation?.end();
    this.#generation = undefined;
  }
}
