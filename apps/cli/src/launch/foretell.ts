// What a start would come to, for `--dry-run`: what it checks before it begins, in its order and with its words, so that what it
// would refuse is refused here, too.
// Invariant: nothing that is written stays, nothing is fetched, and nobody is dialled.
import { DataError } from '@lockstep/core';
import { parameterCount, planRun } from '@lockstep/core/internal';
import { type PreparedRun, prepareResume, prepareRun, readRun } from '@lockstep/trainer';
import { type CoordinatorFlags, networkOf } from '../cluster-options.js';
import { requestOf } from '../dataset-source.js';
import type { Given } from '../given.js';
import { holdsRun } from '../go-on.js';
import { newRun } from '../new-run.js';
import type { RunFlags } from '../options.js';
import { readOrigin } from '../origin.js';
import { checkRequest, loadRecordedData } from '../resume.js';
import type { Session } from '../session.js';
import { prepareWatchers } from '../watchers.js';
import { checkPlaces, checkWorker } from './check-worker.js';
import type { LaunchFlags } from './flags.js';
import type { Machine } from './machine.js';
import { isOverFor } from './over.js';
import { asCoordinator, type LaunchPlan } from './plan.js';
import { trustAtHand, trustOfOwner } from './trust.js';

/** What a rank does, as far as it can be told before. */
export interface Foretold {
  /** Rank 0 begins a run, goes on with one, or finds that it is over; every other joins it, or finds the same. */
  readonly does: 'begin' | 'go-on' | 'join' | 'end';
  /** Of a run that is begun or goes on; left out where it cannot be known before data is fetched. */
  readonly run?: ForetoldRun;
}

export interface ForetoldRun {
  /** That it starts from: workers may hold a newer one than is saved. */
  readonly step: number;
  readonly steps: number;
  readonly dataset: string;
  /** Of training. */
  readonly samples: number;
  readonly parameters: number;
}

/** @throws what a start would throw before it begins */
export async function foretell(
  plan: LaunchPlan,
  given: Given<LaunchFlags>,
  machine: Machine,
  session: Session,
): Promise<Foretold> {
  const { flags } = given;
  const isOver = await isOverFor(given, plan);
  if (plan.place.rank !== 0) {
    const goesOn = flags.continue || flags.resume !== undefined;
    if (goesOn && (await holdsRun(plan.out))) {
      await checkRequest(asCoordinator(given, plan), plan.out);
    }
    if (isOver) return { does: 'end' };
    await checkWorker(flags, await trustAtHand(plan, flags, machine, session));
    return { does: 'join' };
  }
  const owning = asCoordinator(given, plan);
  const trust = await trustOfOwner(plan, flags, machine, session);
  const network = networkOf(owning, trust, session);
  await checkWorker(flags, trust);
  const { prometheus: _, ...watching } = flags;
  await prepareWatchers(watching, session, 'launch', undefined);
  const run = await foretellRun(plan, owning, session);
  if (isOver) return { does: 'end' };
  await checkPlaces(network.options.transports);
  return { does: flags.resume === undefined ? 'begin' : 'go-on', ...(run && { run }) };
}

/** @returns undefined if data would be fetched, which everything depends on */
async function foretellRun(
  plan: LaunchPlan,
  given: Given<CoordinatorFlags>,
  session: Session,
): Promise<ForetoldRun | undefined> {
  const offline = { ...given, flags: { ...given.flags, offline: true } };
  try {
    const { step, config, data } = await preparedRun(plan, offline, session);
    const { layout, steps } = planRun(config, data, [{ first: 0, end: config.shards }]);
    const { name: dataset, samples } = data.train;
    return { step, steps, dataset, samples, parameters: parameterCount(layout) };
  } catch (error) {
    if (error instanceof DataError && (await mayBeFetched(given))) return undefined;
    throw error;
  }
}

async function preparedRun(
  { out }: LaunchPlan,
  given: Given<CoordinatorFlags>,
  session: Session,
): Promise<PreparedRun> {
  const { resume, kernels, checkpointEvery } = given.flags;
  if (resume === undefined) {
    return prepareRun('launch', {
      ...(await newRun(given, { how: [], mayGoOn: given.flags.continue === true }, session)),
      out,
      kernels,
    });
  }
  const { checked } = await loadRecordedData(given, out, session);
  const { prepared } = await checked((data) =>
    prepareResume({ out, data, kernels, checkpointEvery }),
  );
  return prepared;
}

/** Whether the data is known by its name alone, and may come over the network. */
async function mayBeFetched(given: Given<RunFlags>): Promise<boolean> {
  const { resume, offline } = given.flags;
  if (offline) return false;
  const { source, dataDir } =
    resume === undefined ? requestOf(given) : readOrigin((await readRun(resume)).origin, resume);
  return source === undefined && (dataDir ?? given.flags.dataDir) === undefined;
}
