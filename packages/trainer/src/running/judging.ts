// A run's stop rule over its epochs, whatever computes them: what an evaluation gave goes in, a judgement comes out.

import type { EpochMetrics, StopRule } from '@lockstep/core';
import {
  defaultRule,
  type Judgement,
  judge,
  type RunPlan,
  reportEvaluation,
} from '@lockstep/core/internal';
import { samplesSeen } from '@lockstep/tree';
import type { PreparedRun } from './prepare-run.js';
import type { Evaluated } from './run-report.js';

/** Pure, but for metrics of somebody's own. */
export class Judging {
  readonly rule: StopRule;
  readonly #run: Pick<PreparedRun, 'config' | 'metrics'>;
  readonly #plan: RunPlan;

  constructor(run: Pick<PreparedRun, 'config' | 'metrics'>, plan: RunPlan) {
    this.#run = run;
    this.#plan = plan;
    this.rule = run.config.stopping ?? defaultRule(plan.evaluated.map(({ name }) => name));
  }

  /** What is told of an epoch to whoever watches; undefined where none has ended. */
  epoch({ step, epochLoss, sums }: Evaluated): EpochMetrics | undefined {
    const { stepsPerEpoch, batches, evaluated } = this.#plan;
    if (step === 0 || step % stepsPerEpoch !== 0) return undefined;
    const samples = samplesSeen(batches, step) - samplesSeen(batches, step - stepsPerEpoch);
    return {
      epoch: step / stepsPerEpoch,
      step,
      trainLoss: epochLoss / samples,
      ...reportEvaluation(evaluated, sums, this.#run.metrics),
    };
  }

  judge(before: Judgement, evaluated: Evaluated): Judgement {
    const epoch = this.epoch(evaluated);
    return epoch ? judge(this.rule, before, epoch) : before;
  }

  /** Whether a state is to be kept as the best one. */
  isKept({ best }: Judgement, step: number): boolean {
    return this.rule.keep === 'best' && best?.step === step;
  }
}
