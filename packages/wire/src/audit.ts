// Which steps of a run are audited, and whose shards each rank computes again then. The coordinator and all workers
// come to the same by themselves, since both are functions of what everybody knows; nothing is drawn.
import { sha256 } from '@lockstep/hash';
import { toUtf8 } from './bytes.js';
import type { AuditPlan } from './messages.js';

/** Bytes of a hash that are taken as a number, which float64 holds exactly, and how many such numbers there are. */
const DRAW_BYTES = 6;
const DRAWS = 0x1_0000_0000_0000;

/** Whether a step is audited: of all steps, the share that was asked for, spread by SHA-256 of the seed and the step. */
export function isAudited(plan: AuditPlan | null, step: number): boolean {
  if (plan === null) return false;
  const hash = sha256()
    .update(toUtf8(`audit ${plan.seed} ${step}`))
    .digest();
  const draw = hash.subarray(0, DRAW_BYTES).reduce((number, byte) => 256 * number + byte, 0);
  return draw / DRAWS < plan.share;
}

/** The rank whose shards this one computes again: the next in a circle, so that every rank has one auditor. */
export function auditedRank(rank: number, ranks: number): number {
  return (rank + 1) % ranks;
}
