// `--continue`: one command that goes on with a run, or begins it. It asks for the same run each time, so what it goes on with is
// compared with all of what it asks for, given or left out, and not with what was given alone, as with `--resume`.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultShards } from '@lockstep/tree';
import { requestOf } from './dataset-source.js';
import { UsageError } from './errors.js';
import type { Given } from './given.js';
import { networkFlagsOf, usualFlags } from './models/list.js';
import { buildOptimizer, recordedOptimizer } from './optimizer-options.js';
import type { RunFlags } from './options.js';
import type { RunOrigin } from './origin.js';

/**
 * What flags come to where `--continue` is among them: they go on with the run in `--out`, if it holds one.
 *
 * @throws UsageError if there is no `--out`, or `--resume` says the same otherwise
 */
export async function goOnOrBegin<F extends RunFlags>(given: Given<F>): Promise<Given<F>> {
  const { out, resume, continue: isAsked } = given.flags;
  if (!isAsked) return given;
  if (resume !== undefined) {
    throw new UsageError(
      '--continue and --resume: one goes on or begins, the other goes on; give one (--continue takes the folder by --out)',
    );
  }
  if (out === undefined) {
    throw new UsageError(
      '--continue needs --out DIR, the folder that the run goes on in, or is begun in',
    );
  }
  return (await holdsRun(out)) ? { ...given, flags: { ...given.flags, resume: out } } : given;
}

/** Whether there is a run to go on with: one that was killed before that begins again. */
export async function holdsRun(out: string): Promise<boolean> {
  return (await stat(join(out, 'run.json')).catch(() => undefined)) !== undefined;
}

/**
 * All that flags ask for, as far as whoever began the run said something of it: with the defaults of what is left out now.
 *
 * @throws UsageError or ConfigError if flags do not go together
 */
export function wholeRequest(given: Given<RunFlags>, { flags: begun }: RunOrigin): Given<RunFlags> {
  const { dataset } = requestOf(given);
  const flags = { ...given.flags, ...usualFlags(given, dataset), dataset };
  const optimizer = Object.fromEntries(recordedOptimizer(buildOptimizer(flags)));
  return {
    ...given,
    flags: {
      ...flags,
      ...networkFlagsOf(flags.model, flags),
      ...optimizer,
      shards: flags.shards ?? defaultShards(flags.batchSize),
    },
    // Data has a name also where nobody gives it one.
    isGiven: (flag) =>
      flag === 'dataset' || given.isGiven(flag) || (begun !== undefined && flag in begun),
  };
}
