// `lockstep launch`: the one command that a scheduler starts as every rank. Rank 0 owns the run, and a worker beside it; the others
// are workers.
import type { ClusterRun } from '@lockstep/coordinator';
import { LockstepError } from '@lockstep/core';
import { jsonLine } from '@lockstep/trainer';
import type { Command } from 'commander';
import { performCoordinator } from '../coordinator.js';
import { type Given, givenOptions } from '../given.js';
import { goOnOrBegin } from '../go-on.js';
import type { Perform, Session } from '../session.js';
import { performWorker } from '../worker.js';
import { checkWorker } from './check-worker.js';
import { addLaunchOptions, type LaunchFlags, OWN_FLAGS } from './flags.js';
import { type Foretold, foretell } from './foretell.js';
import { addressesOf, type Machine, thisMachine } from './machine.js';
import { meshAddress, networkNote, networkWarning } from './notes.js';
import { isOver, isOverFor } from './over.js';
import { asCoordinator, type LaunchPlan, planLaunch } from './plan.js';
import { trustOfOwner, trustOfRank, withFiles } from './trust.js';
import { coordinatorWords, planLines, wordsFor, workerWords } from './words.js';
import { WorkerProcess } from './worker-process.js';

const EXAMPLES = `
Examples:
  $ srun lockstep launch --out runs/a --continue --epochs 50
  $ torchrun --no-python --nnodes 2 --nproc-per-node 1 lockstep launch --out runs/a
  $ mpirun --bind-to none -np 4 --host a,b,c,d lockstep launch --coordinator a --out runs/a
  $ lockstep launch --rank 0 --ranks 2 --coordinator node1:7070 --out runs/a --dry-run

It reads which rank it is from torchrun, Open MPI, MPICH, Slurm, Kubernetes, or LOCKSTEP_RANK, LOCKSTEP_RANKS and
LOCKSTEP_COORDINATOR; flags win. Exit status: 0 the run is over, 1 it failed, 2 bad usage, 130 told to stop and saved: start
all ranks again with --continue. See docs/launching.md.`;

/** Said by the launch itself, or for each of its two commands otherwise. */
const NOT_HANDED_ON: readonly string[] = [
  ...OWN_FLAGS,
  ...['minWorkers', 'reachableAs', 'insecure', 'tokenFile', 'tlsCert', 'tlsKey', 'tlsCa'],
];

/** Adds the command to a program; `perform` runs what it does. */
export function addLaunchCommand(program: Command, perform: Perform): void {
  const command = program
    .command('launch')
    .description('train as one rank of many, which a scheduler starts alike')
    .addHelpText('after', EXAMPLES);
  addLaunchOptions(command);
  command.action(() =>
    perform(async (session) => {
      const typed = program.args.slice(1);
      const wordsOf = (isTaken: (flag: string) => boolean): string[] =>
        wordsFor(typed, command.options, isTaken);
      const given = await goOnOrBegin(givenAgain(givenOptions<LaunchFlags>(command), wordsOf));
      const machine = thisMachine();
      const plan = planLaunch(given, session.env, machine);
      if (given.flags.dryRun) {
        const ofRun = wordsOf((flag) => !NOT_HANDED_ON.includes(flag));
        const foretold = await foretell(plan, given, machine, session);
        tellPlan(plan, foretold, given.flags, ofRun, session);
      } else if (plan.place.rank === 0) {
        await own(plan, given, machine, session);
      } else {
        await takePart(plan, given, machine, session);
      }
    }),
  );
}

/** Flags whose values are no words to be typed again. */
const OF_PARTS: readonly string[] = ['coordinator', 'listen'];

function givenAgain(
  given: Given<LaunchFlags>,
  wordsOf: (isTaken: (flag: string) => boolean) => string[],
): Given<LaunchFlags> {
  return {
    ...given,
    again: (...flags) => [
      ...given.again(...flags.filter((flag) => !OF_PARTS.includes(flag))),
      ...wordsOf((flag) => OF_PARTS.includes(flag) && (flags as readonly string[]).includes(flag)),
    ],
  };
}

function tellPlan(
  plan: LaunchPlan,
  foretold: Foretold,
  flags: LaunchFlags,
  runWords: readonly string[],
  session: Session,
): void {
  const { screen, commandLine, now } = session;
  const words = [
    ...(plan.place.rank === 0 ? [coordinatorWords(plan, flags, runWords)] : []),
    workerWords(plan, flags),
  ];
  const commands = foretold.does === 'end' ? [] : words.map((args) => commandLine(...args));
  if (flags.json) {
    const { place, out, url, name, minWorkers, listenHost, notes, secrecy } = plan;
    const { does, run = null } = foretold;
    const told = {
      does,
      place,
      out,
      run,
      url,
      name,
      minWorkers,
      listenHost,
      secrecy,
      notes,
      commands,
    };
    screen.out(jsonLine({ event: 'launch', time: now().toISOString(), ...told }).trimEnd());
    return;
  }
  for (const [label, text] of planLines(plan, foretold)) screen.result(label, text);
  for (const note of plan.notes) screen.result('note', note);
  if (commands.length > 0) screen.out('would run:');
  for (const line of commands) screen.out(`  ${line}`);
}

function tellPlace({ place, url, notes }: LaunchPlan, { screen }: Session): void {
  const { rank, ranks, scheduler, variables } = place;
  const by = variables.length > 0 ? `${scheduler}: ${variables.join(' ')}` : scheduler;
  screen.note(`rank ${rank} of ${ranks} (${by}); rank 0 is at ${url}`);
  for (const note of notes) screen.note(`note: ${note}`);
}

/** Rank 0: the run, and a worker beside it. */
async function own(
  plan: LaunchPlan,
  given: Given<LaunchFlags>,
  machine: Machine,
  session: Session,
): Promise<void> {
  const { screen } = session;
  const { flags } = given;
  const { meeting } = plan.place;
  tellPlace(plan, session);
  const trust = await trustOfOwner(plan, flags, machine, session);
  const wasOver = await isOverFor(given, plan);
  if (!wasOver) await checkWorker(flags, trust);
  const failed = new AbortController();
  const signal = AbortSignal.any([session.signal, failed.signal]);
  const reached = {
    ...{ host: meeting.host, hostFrom: meeting.hostFrom, addresses: machine.addresses },
    leadsTo: await addressesOf(meeting.host),
  };
  if (!meeting.isLocal) {
    const warning = networkWarning(reached);
    if (warning !== undefined) screen.warn(warning);
    screen.note(networkNote(reached));
  }
  await withFiles(plan, trust, async (files) => {
    let worker: WorkerProcess | undefined;
    let running: Promise<void> = Promise.resolve();
    const startWorker = (): void => {
      const all = { ...flags, listen: listenOf(flags, plan, reached), ...files };
      worker = new WorkerProcess({
        script: session.script,
        args: workerWords(plan, all),
        // A rank begins with MPI once. Its successor is none: it joins as any worker does.
        argsAgain: workerWords(plan, { ...all, transport: 'auto' }),
        file: flags.transport === 'mpi' ? mpiFile(session.env) : undefined,
        env: session.env,
        tell: (line) => screen.note(`worker: ${line}`),
        warn: (line) => screen.warn(line),
        signal: session.signal,
      });
      running = worker.run();
      running.catch((error) => failed.abort(error));
    };
    let owned: ClusterRun | undefined;
    let isWell = false;
    try {
      await performCoordinator(
        asCoordinator(given, plan),
        trust,
        { ...session, signal },
        {
          name: 'launch',
          how: [...OWN_FLAGS],
          onListening: async (_, run) => {
            owned = run;
            await trust.publish();
            // It would dial a coordinator that is gone.
            if (!run.isOver) startWorker();
          },
        },
      );
      // One that did not get to join would go on dialling.
      isWell = owned?.workers.some(({ name }) => name === plan.name) ?? false;
    } catch (error) {
      // The port was for telling the others, who see it in the folder as well.
      const { message, cause } = error as Error;
      const isTaken = cause instanceof LockstepError && cause.code === 'address';
      if (!wasOver || !isTaken) throw error;
      screen.warn(`nobody can be told that the run is over: ${message}`);
      tellOver(plan, session);
    } finally {
      await worker?.end(running, isWell);
    }
  });
}

/** By which MPICH's launcher and its rank talk: it would not be there in a process that Node starts. */
function mpiFile({ PMI_FD }: Session['env']): number | undefined {
  return PMI_FD !== undefined && /^\d+$/.test(PMI_FD) ? Number(PMI_FD) : undefined;
}

/** Every other rank: a worker, which waits for the coordinator. */
async function takePart(
  plan: LaunchPlan,
  given: Given<LaunchFlags>,
  machine: Machine,
  session: Session,
): Promise<void> {
  const { flags } = given;
  const { screen } = session;
  const { meeting } = plan.place;
  tellPlace(plan, session);
  if (await isOverFor(given, plan)) return tellOver(plan, session);
  const pass = await trustOfRank(plan, flags, machine, session);
  const over = new AbortController();
  const leadsTo = meeting.isLocal ? [] : await addressesOf(meeting.host);
  const listen = listenOf(flags, plan, { leadsTo, addresses: machine.addresses });
  // Rank 0 alone is asked for metrics: ranks of one machine have one port.
  const { prometheus: _, ...computing } = flags;
  try {
    await performWorker(
      plan.url,
      { ...computing, listen, name: plan.name, threads: plan.threads.threads },
      pass,
      { ...session, signal: AbortSignal.any([session.signal, over.signal]) },
      {
        json: false,
        // Stdout is rank 0's.
        tellResult: (line) => screen.err(line),
        onEvent: async (event) => {
          // The coordinator may have ended while this rank was away, and comes back no more.
          if (event.event !== 'not-connected' || !(await isOver(plan.out))) return;
          over.abort(new LockstepError('stopped', 'the run is over'));
        },
      },
    );
  } catch (error) {
    if (error !== over.signal.reason) throw error;
    tellOver(plan, session);
  }
}

function tellOver({ out }: LaunchPlan, { screen }: Session): void {
  screen.err(`the run in ${out} is over`);
}

/** Where this rank's worker listens for the others of a mesh; undefined where it finds that out by itself. */
function listenOf(
  flags: LaunchFlags,
  plan: LaunchPlan,
  reached: Parameters<typeof meshAddress>[0],
): LaunchFlags['listen'] {
  if (flags.listen || plan.place.meeting.isLocal) return flags.listen;
  const host = meshAddress(reached);
  return host === undefined ? undefined : { host, port: 0 };
}
