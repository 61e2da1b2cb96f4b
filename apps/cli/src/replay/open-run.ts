// A run in a folder, made ready to be computed again: its data is found as `--resume` finds it, and the weights that it began
// with as `--init` took them. A cluster's run brings what its journal says of its steps.
import { JournalError, journalledSteps } from '@lockstep/coordinator';
import {
  openReplay,
  type RecordFault,
  type RunReplay,
  readRun,
  type StepRecord,
} from '@lockstep/trainer';
import { UsageError } from '../errors.js';
import { initialWeights } from '../new-run.js';
import type { MachineFlags } from '../options.js';
import { isOrigin } from '../origin.js';
import { type FindOptions, type RecordedDataFlags, recordedData } from '../recorded-data.js';
import type { Session } from '../session.js';

/** How a run is computed again. */
export interface ReplayFlags extends RecordedDataFlags, MachineFlags {}

/** @throws UsageError if run.json does not say which data it learnt from; what loading and `openReplay` throw */
export async function openRun(
  options: FindOptions,
  flags: ReplayFlags,
  session: Session,
): Promise<RunReplay> {
  const { screen, signal } = session;
  const { operation, out } = options;
  const record = await readRun(out);
  const { origin } = record;
  if (!isOrigin(origin)) {
    throw new UsageError(
      `${operation} ${out}: run.json does not say which data the run was trained on, so it was not begun by this command; compute it again in the program that began it, with openReplay of @lockstep/trainer`,
    );
  }
  const { init } = origin;
  const initOnly = origin.flags?.initOnly as string | undefined;
  const { checked } = await recordedData({ ...options, record }, flags, session);
  const { records } = await journalOf(out);
  return checked((data) =>
    openReplay({
      ...{ out, signal, threads: flags.threads, kernels: flags.kernels, data, records },
      parameters:
        init === null
          ? undefined
          : async () =>
              (await initialWeights({ init, ...(initOnly !== undefined && { initOnly }) }, screen))!
                .parameters,
    }),
  );
}

/** What a cluster's journal says of its steps; a damaged one says nothing but that. */
export async function journalOf(
  out: string,
): Promise<{ readonly records: readonly StepRecord[]; readonly faults: readonly RecordFault[] }> {
  try {
    return { records: await journalledSteps(out), faults: [] };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const message = `${error.message}; what it says of steps is not compared`;
    const fault = { kind: 'damaged', file: 'journal', step: null, message } as const;
    return { records: [], faults: [{ ...fault, differences: [] }] };
  }
}
