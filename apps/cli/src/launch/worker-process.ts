// The worker of rank 0: a process of its own beside the coordinator, so that the others can dial it. It is started again when it
// dies, as a rank of its own would be, and goes with the run.
// It has a channel to this process, by which it learns that this one is gone (main.ts), and nothing else is said over it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockstepError } from '@lockstep/core';
import { EXIT } from '../errors.js';

export interface WorkerProcessOptions {
  readonly script: string;
  readonly args: readonly string[];
  /** When it is started again; the same if left out. */
  readonly argsAgain?: readonly string[] | undefined;
  /** An open file of this process, from 3 on: the worker has it under the same number. */
  readonly file?: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it says to people, line by line. */
  readonly tell: (line: string) => void;
  readonly warn: (line: string) => void;
  /** Aborted when this rank is told to stop: the worker is, too. */
  readonly signal: AbortSignal;
}

/** After each death in a row; whoever dies once more is given up. */
const PAUSES_MS = [500, 1000, 2000, 4000, 8000] as const;
/** Whoever lived for so long died of something else. */
const LONG_LIFE_MS = 60_000;
/** After the end of the run it goes by itself; after these it is asked to, and then made to. */
const GRACE_MS = 10_000;

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class WorkerProcess {
  readonly #options: WorkerProcessOptions;
  readonly #over = new AbortController();
  #ask: (() => void) | undefined;
  #kill: (() => void) | undefined;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
  }

  /**
   * Runs it until the run is over, or this rank is told to stop.
   *
   * @throws LockstepError if it cannot begin, or dies again and again
   */
  async run(): Promise<void> {
    const { signal, warn } = this.#options;
    const isOver = (): boolean => this.#over.signal.aborted || signal.aborted;
    for (let deaths = 0; !isOver(); ) {
      const begun = performance.now();
      const end = await this.#once(deaths > 0);
      if (isOver() || end.code === EXIT.done) return;
      if (performance.now() - begun > LONG_LIFE_MS) deaths = 0;
      deaths++;
      const how =
        end.signal === null ? `ended with status ${end.code}` : `was killed by ${end.signal}`;
      const pause = PAUSES_MS[deaths - 1];
      if (end.code === EXIT.usage || pause === undefined) {
        throw new LockstepError(
          'worker',
          `launch: the worker of rank 0 ${how}${deaths > 1 ? `, for the ${deaths}th time in a row` : ''}; what it said stands above`,
        );
      }
      warn(`the worker of rank 0 ${how}; it is started again in ${pause / 1000} s`);
      await sleep(pause, undefined, { signal: AbortSignal.any([signal, this.#over.signal]) }).catch(
        () => undefined,
      );
    }
  }

  /** The run has ended. @param isWell whether the worker hears of it by itself, and goes */
  async end(running: Promise<unknown>, isWell: boolean): Promise<void> {
    this.#over.abort();
    const gone = running.catch(() => undefined).then(() => true);
    const inTime = (): Promise<boolean> =>
      Promise.race([gone, sleep(GRACE_MS, false, { ref: false })]);
    if (isWell && (await inTime())) return;
    this.#ask?.();
    if (await inTime()) return;
    this.#kill?.();
    await gone;
  }

  async #once(isAgain: boolean): Promise<End> {
    const { script, args, argsAgain = args, file, env, tell, signal } = this.#options;
    const words = [...process.execArgv, script, ...(isAgain ? argsAgain : args)];
    const child = spawn(process.execPath, words, {
      env: { ...env },
      // Rank 0's stdout is the coordinator's.
      stdio: ['ignore', 'ignore', 'pipe', ...handedOn(file), 'ipc'],
    });
    // To be hung up on is never the second time that somebody asks: it may have had the signal of this process as well.
    const ask = (): boolean => child.kill('SIGHUP');
    this.#ask = ask;
    this.#kill = () => child.kill('SIGKILL');
    signal.addEventListener('abort', ask);
    if (signal.aborted) ask();
    createInterface({ input: child.stderr! }).on('line', tell);
    try {
      const [code, killer] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      return { code, signal: killer };
    } catch (cause) {
      throw new LockstepError(
        'worker',
        `launch: the worker of rank 0 cannot be started: ${(cause as Error).message}`,
        { cause },
      );
    } finally {
      signal.removeEventListener('abort', ask);
      this.#ask = undefined;
      this.#kill = undefined;
    }
  }
}

/** What stands behind the first three files of a process, up to this one. */
function handedOn(file: number | undefined): ('ignore' | number)[] {
  if (file === undefined) return [];
  return [...Array<'ignore'>(Math.max(0, file - 3)).fill('ignore'), file];
}
