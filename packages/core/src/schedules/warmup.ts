// Linear warm-up, after which another schedule takes over from its own step 0.
// Source: Goyal et al., "Accurate, large minibatch SGD", 2017, §2.2; PyTorch's LinearLR.
import { checkOptions, requireInteger, requireNumber } from '@lockstep/errors';

/** A line from base × startFactor up to the base at step `steps`; then `next`, from its step 0. */
export interface WarmupSchedule<Next> {
  readonly kind: 'warmup';
  readonly steps: number;
  readonly startFactor: number;
  /** Absent: the base learning rate. */
  readonly next?: Next;
}

/**
 * The base learning rate times startFactor + (1 − startFactor) × step / steps, for `steps` steps.
 *
 * @param options.startFactor in (0, 1]; 1/3, as in PyTorch
 * @param options.next what follows; it sees step 0 when the warm-up has ended. Absent: the base
 * @throws ConfigError unless steps ≥ 1 and 0 < startFactor ≤ 1
 */
export function warmupSchedule<Next extends { readonly kind: string } = never>(options: {
  steps: number;
  startFactor?: number;
  next?: Next;
}): WarmupSchedule<Next> {
  checkOptions('warmup schedule', options, { steps: true, startFactor: true, next: true });
  const { steps, startFactor = 1 / 3, next } = options;
  return {
    kind: 'warmup',
    steps: requireInteger('warmup schedule', 'steps', steps, 1),
    startFactor: requireNumber('warmup schedule', 'startFactor', startFactor, {
      above: 0,
      max: 1,
    }),
    ...(next !== undefined && { next }),
  };
}

/** For step < schedule.steps. */
export function warmupRate(schedule: WarmupSchedule<unknown>, base: number, step: number): number {
  return base * (schedule.startFactor + ((1 - schedule.startFactor) * step) / schedule.steps);
}
