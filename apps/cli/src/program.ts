// The whole command: arguments in, exit status out. Streams, environment and signals are handed in, so
// that nothing here touches the process.
import { nearestName } from '@lockstep/errors';
import { Command, CommanderError } from 'commander';
import { addCertsCommand } from './certs/command.js';
import { commandLine } from './command-line.js';
import { fileSaysJson } from './config-file.js';
import { addCoordinatorCommand } from './coordinator.js';
import { addDashboardCommand } from './dashboard.js';
import { addDiffCommand } from './diff/command.js';
import { addDoctorCommand } from './doctor.js';
import { EXIT, errorEvent, exitStatus, Interrupted } from './errors.js';
import { addEvaluateCommand } from './evaluate.js';
import { addExportCommand } from './export.js';
import { addGenerateCommand } from './generate.js';
import { addInspectCommand } from './inspect.js';
import { JsonReporter } from './json-reporter.js';
import { addLaunchCommand } from './launch/command.js';
import { fetchArguments, namesStore } from './mirror/arguments.js';
import { addPullCommand } from './mirror/pull.js';
import { ownVersion } from './own-manifest.js';
import { addPredictCommand } from './predict.js';
import { addReplayCommand } from './replay/command.js';
import { addReportCommand } from './report.js';
import type { Reporter } from './reporter.js';
import type { Output, Screen } from './screen.js';
import { addServeCommand } from './serve.js';
import type { Perform, Session, StopTime } from './session.js';
import { TextReporter } from './text-reporter.js';
import { addTrainCommand } from './train.js';
import { addWorkerCommand } from './worker.js';

export interface Host {
  readonly screen: Screen;
  /** For help and version, as the screen's own streams. */
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The script that runs, as in process.argv[1]. */
  readonly script: string;
  readonly signal: AbortSignal;
  readonly stdin: AsyncIterable<Uint8Array>;
  now(): Date;
  /** As Ctrl-C. */
  interrupt(): void;
  /** What a request to stop is answered with. */
  stopsAt(time: StopTime): void;
}

const EXAMPLES = `
Examples:
  $ lockstep train --epochs 5
  $ lockstep evaluate runs/2026-11-23T09-41-00Z-mnist-mlp

Exit status: 0 done; 1 the run failed, what it needs did not answer, or what was compared differs; 2 bad usage or bad input, the same
each time; 130 stopped after a checkpoint.`;

/**
 * Runs one command.
 *
 * @param args without node and the script
 * @returns the exit status; every error has been told
 */
export async function runProgram(args: readonly string[], host: Host): Promise<number> {
  const { screen, signal, cwd } = host;
  const say = commandLine(host);
  const people = new TextReporter(screen, { commandLine: say, cwd });
  const programs = new JsonReporter(screen);
  // A file of flags may say it, too, which is read when the command begins.
  let command: Command | undefined;
  const isJson = (): boolean => args.includes('--json') || command?.opts().json === true;
  const reporter = (): Reporter => (isJson() ? programs : people);
  let begun = false;
  let status: number = EXIT.done;
  const session: Session = {
    screen,
    get reporter() {
      return reporter();
    },
    signal,
    commandLine: say,
    script: host.script,
    cwd,
    env: host.env,
    stdin: host.stdin,
    now: () => host.now(),
    interrupt: () => host.interrupt(),
    stopsAt: (time) => host.stopsAt(time),
    markBegun: () => {
      begun = true;
    },
    markFailed: () => {
      status = EXIT.failed;
    },
  };
  const program = createProgram(host, (work) => work(session));
  program.hook('preAction', (_, begun) => {
    command = begun;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    // Help that nobody asked for has been written instead of an error.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    if (error instanceof Interrupted) return exitStatus(error, begun);
    const told = isJson() || (await fileSaysJson(args)) ? programs : people;
    tell(withNearest(error, program, args), host, told);
    return exitStatus(error, begun);
  }
}

function createProgram({ stdout, stderr }: Host, perform: Perform): Command {
  const program = new Command('lockstep')
    .description('Trains neural networks: the same bytes on any number of threads and machines.')
    .version(ownVersion(), '-V, --version')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Told once, with all other errors.
      outputError: () => {},
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
  program.hook('preAction', async (_, command) => {
    if (namesStore(command)) await perform((session) => fetchArguments(command, session));
  });
  addTrainCommand(program, perform);
  addEvaluateCommand(program, perform);
  addPredictCommand(program, perform);
  addGenerateCommand(program, perform);
  addServeCommand(program, perform);
  addExportCommand(program, perform);
  addInspectCommand(program, perform);
  addDashboardCommand(program, perform);
  addReplayCommand(program, perform);
  addDiffCommand(program, perform);
  addReportCommand(program, perform);
  addPullCommand(program, perform);
  addCoordinatorCommand(program, perform);
  addWorkerCommand(program, perform);
  addLaunchCommand(program, perform);
  addCertsCommand(program, perform);
  addDoctorCommand(program, perform);
  return program;
}

/** The parser knows flags that are misspelt; here are those that other software calls otherwise. */
function withNearest(error: unknown, program: Command, [name]: readonly string[]): unknown {
  if (!(error instanceof CommanderError) || error.code !== 'commander.unknownOption') return error;
  const flag = /'--([^'=]+)[^']*'$/.exec(error.message)?.[1];
  const options = program.commands.find((command) => command.name() === name)?.options ?? [];
  const names = options.map((option) => option.attributeName());
  const near = flag === undefined ? undefined : nearestName(flag, names);
  const long = options.find((option) => option.attributeName() === near)?.long;
  if (!long) return error;
  const { exitCode, code, message } = error;
  return new CommanderError(exitCode, code, `${message} (Did you mean ${long}?)`);
}

function tell(error: unknown, { screen, env, now }: Host, reporter: Reporter): void {
  reporter.report(errorEvent(error, now()));
  if (!env.LOCKSTEP_DEBUG || !(error instanceof Error)) return;
  screen.err(error.stack ?? '');
  for (let { cause } = error; cause instanceof Error; cause = cause.cause) {
    screen.err(`caused by ${cause.stack}`);
  }
}
