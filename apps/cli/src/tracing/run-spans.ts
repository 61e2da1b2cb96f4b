// A run as OpenTelemetry spans: the run, in it its generations and its epochs, in an epoch some of its steps. What happens
// between is an event of the innermost span that it is about.
// Invariant: a span ends when what it is about is over; what never began, such as the epoch after the last, is never told.

import type { StepReport } from '@lockstep/core';
import type { ClusterEvent, EpochEndEvent, RunStartEvent } from '@lockstep/trainer';
import type * as OpenTelemetry from '@opentelemetry/api';
import { describeError } from '../errors.js';

type Api = typeof OpenTelemetry;
type Span = OpenTelemetry.Span;
type Attributes = OpenTelemetry.Attributes;

export interface RunSpansOptions {
  readonly tracer: OpenTelemetry.Tracer;
  /** A span for one step of so many; 0 for none. */
  readonly everySteps: number;
  /** Milliseconds since 1970, with a fraction. */
  now(): number;
}

export class RunSpans {
  readonly #api: Api;
  readonly #options: RunSpansOptions;
  #run: Span | undefined;
  #epoch: Span | undefined;
  #generation: Span | undefined;
  #epochs = 0;
  #hasEnded = false;
  /** The last step that was told, and when. */
  #step: (StepReport & { readonly at: number }) | undefined;

  constructor(api: Api, options: RunSpansOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** Before the run's first event. */
  begin(): void {
    this.#run = this.#options.tracer.startSpan('lockstep.run');
  }

  take(event: ClusterEvent): void {
    switch (event.event) {
      case 'run-start':
        this.#start(event);
        break;
      case 'epoch-end':
        this.#endEpoch(event);
        break;
      case 'generation': {
        this.#generation?.end();
        const { generation, members, topology, step } = event;
        this.#generation = this.#child('lockstep.generation', this.#run, {
          'lockstep.generation': generation,
          'lockstep.workers': members.length,
          'lockstep.topology': topology,
          'lockstep.step': step,
        });
        break;
      }
      case 'run-end':
        this.#run?.setAttributes(endOf(event));
        this.#hasEnded = true;
        break;
      case 'error':
      case 'listening':
        break;
      default:
        (this.#generation ?? this.#run)?.addEvent(event.event, plain(event));
    }
  }

  /** A step has been taken. */
  step(told: StepReport): void {
    const { everySteps, now } = this.#options;
    const before = this.#step;
    const at = now();
    this.#step = { ...told, at };
    // Between the steps of two epochs lies an evaluation; on a cluster not every step is told.
    if (!before || before.epoch !== told.epoch) return;
    if (Math.floor(told.step / everySteps) === Math.floor(before.step / everySteps)) return;
    const span = this.#child(
      'lockstep.step',
      this.#epoch ?? this.#run,
      {
        'lockstep.step': told.step,
        'lockstep.steps': told.step - before.step,
        'lockstep.train_loss': told.loss,
      },
      before.at,
    );
    span.end(at);
  }

  /** @param error what ended the run before its end */
  end(error?: unknown): void {
    // The epoch after the last one has not begun.
    if (!this.#hasEnded) this.#epoch?.end();
    this.#generation?.end();
    if (error !== undefined) this.#fail(error);
    this.#run?.end();
  }

  #start(event: RunStartEvent): void {
    this.#epochs = event.epochs;
    this.#run?.setAttributes({
      'lockstep.run': event.run,
      'lockstep.dataset': event.dataset.name,
      'lockstep.samples': event.dataset.train,
      'lockstep.parameters': event.parameters,
      'lockstep.seed': event.seed,
      'lockstep.batch_size': event.batchSize,
      'lockstep.shards': event.shards,
      'lockstep.epochs': event.epochs,
      'lockstep.step': event.step,
      'lockstep.kernels': event.kernels,
      'lockstep.arithmetic': event.arithmetic,
    });
    this.#epoch = this.#child('lockstep.epoch', this.#run, {});
  }

  #endEpoch(event: EpochEndEvent): void {
    const metrics = Object.entries(event.metrics).filter(([, value]) => typeof value === 'number');
    this.#epoch?.setAttributes({
      'lockstep.epoch': event.epoch,
      'lockstep.step': event.step,
      'lockstep.samples': event.samples,
      'lockstep.train_loss': event.trainLoss,
      'lockstep.samples_per_second': event.samplesPerSecond,
      'lockstep.weights_hash': event.weightsHash,
      ...(Object.fromEntries(
        metrics.map(([name, value]) => [`lockstep.metric.${name}`, value]),
      ) as Attributes),
    });
    this.#epoch?.end();
    const isLast = event.epoch >= this.#epochs;
    this.#epoch = isLast ? undefined : this.#child('lockstep.epoch', this.#run, {});
  }

  #child(name: string, parent: Span | undefined, attributes: Attributes, startTime?: number): Span {
    const { context, trace } = this.#api;
    const around = parent ? trace.setSpan(context.active(), parent) : context.active();
    const options = { attributes, ...(startTime !== undefined && { startTime }) };
    return this.#options.tracer.startSpan(name, options, around);
  }

  #fail(error: unknown): void {
    const { code, message } = describeError(error);
    this.#run?.setAttribute('lockstep.error', code);
    // Whoever stops a run has not found it failing.
    if (code === 'interrupted') return;
    this.#run?.recordException(error instanceof Error ? error : message);
    this.#run?.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
  }
}

function endOf(event: Extract<ClusterEvent, { readonly event: 'run-end' }>): Attributes {
  return {
    'lockstep.last_step': event.step,
    'lockstep.stopped': event.stopped,
    'lockstep.weights_hash': event.weightsHash,
    'lockstep.samples_per_second': event.samplesPerSecond,
  };
}

/** What of an event is a text or a number. */
function plain({ event: _, time: __, ...fields }: ClusterEvent): Attributes {
  const plain = Object.entries(fields).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  );
  return Object.fromEntries(
    plain.map(([name, value]) => [`lockstep.${name}`, value]),
  ) as Attributes;
}
