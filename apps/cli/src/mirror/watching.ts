// `--mirror`: a run's folder goes to an object store after each checkpoint, in the background. What the store does, or does not,
// costs the run no step: it is told, tried again, and at the end waited for a little.
import type { CommandLine } from '../command-line.js';
import type { Screen } from '../screen.js';
import type { Watcher } from '../watcher.js';
import type { Mirror } from './mirror.js';
import { type RunView, viewRun } from './run-files.js';
import { Uploads } from './uploads.js';

/** At the end of a run the store gets so long. */
const LAST_MS = 30_000;

const FLAG = '--mirror';

export interface MirrorWatching {
  readonly screen: Screen;
  /** Aborts when the command is told to stop. */
  readonly signal: AbortSignal;
  readonly commandLine: CommandLine;
  /** With which it is gone on with. */
  readonly command: string;
}

/** @param out the run's folder */
export function watchForMirror(
  mirror: Mirror,
  out: string,
  { screen, signal, commandLine, command }: MirrorWatching,
): Watcher {
  const { url } = mirror.store;
  let savedStep: number | undefined;
  let reason = '';
  let isTaken = false;
  const uploads = new Uploads({
    save: (view, signal) => mirror.save(view, signal),
    onSaved: ({ step }, failures) => {
      savedStep = step;
      if (failures > 0) screen.note(`${FLAG}: ${url} has step ${step} now`);
    },
    onFailed: (error, { step }, failures) => {
      reason = (error as Error).message;
      if (failures > 1) return;
      screen.warn(`${FLAG}: step ${step} did not get there, and is tried again: ${reason}`);
    },
    onTaken: ({ message }) => {
      isTaken = true;
      screen.warn(`${FLAG} has stopped, the run goes on here: ${message}`);
    },
  });
  const offer = async (step: number, ended: boolean): Promise<void> => {
    uploads.offer(await viewRun(out, step, ended));
  };
  const missing = ({ step }: RunView): string => {
    const there = savedStep === undefined ? 'nothing of this run' : `step ${savedStep}`;
    const send = commandLine(command, '--resume', out, FLAG, url);
    const why = reason || `it was not waited for any longer`;
    return `${FLAG}: step ${step} is not in ${url}, which got ${there}: ${why}. Send it with: ${send}`;
  };
  return {
    name: FLAG,
    begin(): void {},
    async onEvent(event): Promise<void> {
      if (event.event === 'checkpoint') await offer(event.step, false);
      if (event.event === 'run-end') await offer(event.step, true);
    },
    async close(error): Promise<void> {
      // Whoever leads now writes there.
      const isFenced = (error as { code?: unknown } | undefined)?.code === 'fenced';
      if (isFenced) uploads.stop();
      if (!uploads.isIdle) {
        screen.note(
          `${FLAG}: sending what is left to ${url}, for ${LAST_MS / 1000} s at most; Ctrl-C leaves it`,
        );
      }
      // Who was told to stop before has saved for this; who is told now has nothing else to do.
      const left = await uploads.finish(LAST_MS, signal.aborted ? undefined : signal);
      if (left && !isTaken && !isFenced) screen.warn(missing(left));
    },
  };
}
