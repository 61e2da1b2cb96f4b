// `--mirror`: a run's folder goes to an object store after each checkpoint, in the background. What the store does, or does not,
// costs the run no step: it is told, tried again, and at the end waited for a little.
// Invariant: what is sent last is the folder as it is when nothing of the run writes there any more, however it ended.
import { join } from 'node:path';
import { CheckpointStore } from '@lockstep/trainer';
import type { CommandLine } from '../command-line.js';
import { CHECKPOINTS } from '../run-names.js';
import type { Screen } from '../screen.js';
import type { Watcher } from '../watcher.js';
import type { Mirror } from './mirror.js';
import { isSameView, type RunView, viewRun } from './run-files.js';
import { Uploads } from './uploads.js';

/** At the end of a run the store gets so long. */
const LAST_MS = 30_000;

const FLAG = '--mirror';

/** Of errors after which the folder, and the place in the store, are another process's. */
const TAKEN_BY_OTHERS: ReadonlySet<unknown> = new Set(['fenced', 'in-use']);

/** Where a run's folder stands, as its list says it. */
type Standing = Pick<RunView, 'step' | 'ended'>;

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
  let saved: RunView | undefined;
  let offered: RunView | undefined;
  let hasBegun = false;
  /** By the run's own events; a run that has told of no checkpoint has the one that it began with. */
  let told: Standing | undefined;
  let reason = '';
  let isTaken = false;
  const uploads = new Uploads({
    save: (view, signal) => mirror.save(view, signal),
    onSaved: (view, failures) => {
      saved = view;
      if (failures > 0) screen.note(`${FLAG}: ${url} has step ${view.step} now`);
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
  const offer = (view: RunView): void => {
    offered = view;
    uploads.offer(view);
  };
  const hear = async (standing: Standing): Promise<void> => {
    told = standing;
    offer(await viewRun(out, standing));
  };
  const offerLast = async (): Promise<void> => {
    const standing = told ?? (await foundIn(out));
    if (!standing) return;
    const view = await viewRun(out, standing);
    if (!isSameView(view, uploads.isIdle ? saved : offered)) offer(view);
  };
  const missing = ({ step }: RunView): string => {
    const isLines = saved?.step === step;
    const what = isLines ? `what was written after step ${step}` : `step ${step}`;
    const there = saved ? `step ${saved.step}` : 'nothing of this run';
    const send = commandLine(command, '--resume', out, FLAG, url);
    const why = reason || `it was not waited for any longer`;
    return `${FLAG}: ${what} is not in ${url}, which got ${there}: ${why}. Send it with: ${send}`;
  };
  return {
    name: FLAG,
    begin(): void {},
    async onEvent(event): Promise<void> {
      hasBegun = true;
      const { event: type } = event;
      if (type === 'checkpoint') await hear({ step: event.step, ended: false });
      if (type === 'run-end') await hear({ step: event.step, ended: true });
    },
    async close(error): Promise<void> {
      const isOthers = TAKEN_BY_OTHERS.has((error as { code?: unknown } | undefined)?.code);
      if (isOthers) uploads.stop();
      else if (hasBegun) await offerLast();
      if (!uploads.isIdle) {
        screen.note(
          `${FLAG}: sending what is left to ${url}, for ${LAST_MS / 1000} s at most; Ctrl-C leaves it`,
        );
      }
      // Who was told to stop before has saved for this; who is told now has nothing else to do.
      const left = await uploads.finish(LAST_MS, signal.aborted ? undefined : signal);
      if (left && !isTaken && !isOthers) screen.warn(missing(left));
    },
  };
}

/** @returns undefined for a folder without a checkpoint, which is no run yet */
async function foundIn(out: string): Promise<Standing | undefined> {
  const [newest] = await new CheckpointStore(join(out, CHECKPOINTS)).list();
  return newest && { step: newest.step, ended: false };
}
