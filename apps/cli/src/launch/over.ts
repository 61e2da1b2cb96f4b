// Whether a run that lies in a folder is over, as a rank sees it that owns nothing: a coordinator that has ended is one that never
// comes back.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Given } from '../given.js';
import { holdsRun } from '../go-on.js';
import { checkRequest } from '../resume.js';
import { refuseThreads } from '../whose-run.js';
import type { LaunchFlags } from './flags.js';
import { asCoordinator, type LaunchPlan } from './plan.js';

/** Events of an end are short, and the last. */
const TAIL_BYTES = 65_536;

/** What a run's rule, or its last epoch, has ended; what somebody or a clock has ended goes on. */
const FOR_GOOD = new Set<unknown>(['epochs', 'patience', 'target']);

/** @returns false also where nothing can be seen */
export async function isOver(out: string): Promise<boolean> {
  const hasWeights = await stat(join(out, 'weights.safetensors')).catch(() => undefined);
  return hasWeights !== undefined && saysEnd(await tailOf(join(out, 'metrics.jsonl')));
}

/**
 * The same of the run that a rank is to take part in; false for one that begins.
 *
 * @throws UsageError if its flags ask for another run than it sees, or `train` trained that
 */
export async function isOverFor(given: Given<LaunchFlags>, plan: LaunchPlan): Promise<boolean> {
  const { out } = plan;
  if (!given.flags.continue && given.flags.resume === undefined) return false;
  if (await holdsRun(out)) {
    await checkRequest(asCoordinator(given, plan), out);
    await refuseThreads(out);
  }
  return isOver(out);
}

/** @param tail the end of a run's events, whose first line may be torn */
export function saysEnd(tail: string): boolean {
  const last = tail.trimEnd().split('\n').at(-1) ?? '';
  try {
    const event = JSON.parse(last) as { readonly event?: unknown; readonly stopped?: unknown };
    return event.event === 'run-end' && FOR_GOOD.has(event.stopped);
  } catch {
    return false;
  }
}

async function tailOf(path: string): Promise<string> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } catch {
    return '';
  } finally {
    await handle.close();
  }
}
