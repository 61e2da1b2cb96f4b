// What a command has to work with besides its flags: where it tells, when it must stop, what time it is.
import type { CommandLine } from './command-line.js';
import type { Reporter } from './reporter.js';
import type { Screen } from './screen.js';

/** When a command that is asked to stop does: at once, after the step that it is at, or as soon as it comes to look. */
export type StopTime = 'now' | 'after-step' | 'soon';

export interface Session {
  readonly screen: Screen;
  readonly reporter: Reporter;
  /** Aborts with the reason to stop: Interrupted or OutputClosed. */
  readonly signal: AbortSignal;
  readonly commandLine: CommandLine;
  /** The script that runs, to start the command once more. */
  readonly script: string;
  /** The working folder, from which paths are shown. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input, for commands that take it. */
  readonly stdin: AsyncIterable<Uint8Array>;
  now(): Date;
  /** Asks the run to stop after its step, as Ctrl-C does. */
  interrupt(): void;
  /** From here on a request to stop is answered with these words; before that it is `soon`. */
  stopsAt(time: StopTime): void;
  /** From here on an error is a failure of what was begun, and not of its input. */
  markBegun(): void;
  /** What was asked for has been told, and is bad news: the exit status says so, too. */
  markFailed(): void;
}

/** Runs what a command does, with the session that it is part of. */
export type Perform = (work: (session: Session) => Promise<void>) => Promise<void>;
