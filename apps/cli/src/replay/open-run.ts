// A run in a folder, made ready to be computed again: its data is found as `--resume` finds it, and the weights that it began
// with as `--init` took them. A cluster's run brings what its journal says of its steps.
import { JournalError, journalledSteps } from '@lockstep/coordinator';
import { openReplay, type RunReplay, readRun, type StepRecord } from '@lockstep/trainer';
import { UsageError } from '../errors.js';
import { initialWeights } from '../new-run.js';
import type { DataFlags, MachineFlags } from '../options.js';
import { isOrigin } from '../origin.js';
import { recordedData } from '../recorded-data.js';
import type { Screen } from '../screen.js';
import type { Session } from '../session.js';

/** How a run is computed again. */
export interface ReplayFlags extends Pick<DataFlags, 'dataDir' | 'offline'>, MachineFlags {}

/**
 * @param operation for errors
 * @throws UsageError if run.json does not say which data it learnt from; what loading and `openReplay` throw
 */
export async function openRun(
  operation: string,
  out: string,
  flags: ReplayFlags,
  session: Session,
): Promise<RunReplay> {
  const { screen, signal } = session;
  const record = await readRun(out);
  const { origin } = record;
  if (!isOrigin(origin)) {
    throw new UsageError(
      `${operation} ${out}: run.json does not say which data the run was trained on, so it was not begun by this command; compute it again in the program that began it, with openReplay of @lockstep/trainer`,
    );
  }
  const { init } = origin;
  const initOnly = origin.flags?.initOnly as string | undefined;
  return openReplay({
    ...{ out, signal, threads: flags.threads, kernels: flags.kernels },
    data: await recordedData(out, flags, session, record),
    records: await journalOf(out, screen),
    parameters:
      init === null
        ? undefined
        : async () =>
            (await initialWeights({ init, ...(initOnly !== undefined && { initOnly }) }, screen))!
              .parameters,
  });
}

/** A damaged journal says nothing; that is told. */
export async function journalOf(out: string, screen: Screen): Promise<StepRecord[]> {
  try {
    return await journalledSteps(out);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    screen.warn(`${error.message}; what it says of steps is not compared`);
    return [];
  }
}
