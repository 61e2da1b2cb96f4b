// Linear warm-up, after which another schedule takes over from its own step 0.
// Source: Goyal et al., "Accurate, large minibatch SGD", 2017, §2.2; PyTorch's LinearLR.
import { checkOptions, requireNumber } from '@lockstep/errors';
import { type Length, requireLength } from './length.js';

/** A line from base × startFactor up to the base at its end; then `next`, from its step 0. */
export interface WarmupSchedule<Next> extends Length {
  readonly kind: 'warmup';
  readonly startFactor: number;
  /** Absent: the base learning rate. */
  readonly next?: Next;
}

/**
 * The base learning rate times startFactor + (1 − startFactor) × step / steps, for `steps` steps.
 *
 * @param options.steps or `epochs`
 * @param options.startFactor in (0, 1]; 1/3, as in PyTorch
 * @param options.next what follows; it sees step 0 when the warm-up has ended. Absent: the base
 * @throws ConfigError unless steps ≥ 1 or epochs > 0, and 0 < startFactor ≤ 1
 */
export function warmupSchedule<Next extends { readonly kind: string } = never>(
  options: Length & { startFactor?: number; next?: Next },
): WarmupSchedule<Next> {
  checkOptions('warmup schedule', options, {
    ...{ steps: true, epochs: true, startFactor: true, next: true },
  });
  const { startFactor = 1 / 3, next } = options;
  return {
    kind: 'warmup',
    ...requireLength('warmup schedule', options),
    startFactor: requireNumber('warmup schedule', 'startFactor', startFactor, {
      above: 0,
      max: 1,
    }),
    ...(next !== undefined && { next }),
  };
}

/** For step < schedule.steps, which are known. */
export function warmupRate(schedule: WarmupSchedule<unknown>, base: number, step: number): number {
  return base * (schedule.startFactor + ((1 - schedule.startFactor) * step) / schedule.steps!);
}
