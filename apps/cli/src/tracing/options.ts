// The flag that says how much of a run becomes spans. Whether there are any is said by who sets up tracing in the process.
import type { Command } from 'commander';
import { wholeNumber } from '../option-values.js';

export interface TracingFlags {
  /** A span for one step of so many; none if left out. */
  readonly traceSteps?: number;
}

export function addTracingOption(command: Command): void {
  command.option(
    '--trace-steps <n>',
    'an OpenTelemetry span for every n-th step, too, where a tracer provider is registered; makes steps slower',
    wholeNumber(1),
  );
}
