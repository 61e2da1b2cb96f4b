// The process around the command: its streams, its signals and its end. Runs when it is imported.
import { closeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { EXIT, Interrupted, OutputClosed } from './errors.js';
import { runProgram } from './program.js';
import { Screen } from './screen.js';
import type { StopTime } from './session.js';

const { stdout, stderr, env } = process;
const screen = new Screen({ stdout, stderr, env });
const controller = new AbortController();
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

/** pnpm and npm pass on a Ctrl-C that the terminal has sent to all of them: what comes so soon is the same request. */
const SAME_REQUEST_MS = 250;
let askedAt: number | undefined;

const STOPPING: Readonly<Record<StopTime, string>> = {
  now: 'stopped',
  'after-step': 'stopping after this step',
  soon: 'stopping',
};
let stopTime: StopTime = 'soon';
process.on('SIGINT', () => ask('SIGINT'));
process.on('SIGTERM', () => ask('SIGTERM'));
// The terminal is gone. That comes twice, from the system and from the shell, or beside a SIGTERM of systemd, in any
// order: it is never the second time that somebody asks.
process.on('SIGHUP', hangUp);

// A worker of rank 0 has a channel to whoever started it, and nothing to do when that is gone.
if (process.channel) process.on('disconnect', hangUp);

function ask(name: NodeJS.Signals): void {
  if (askedAt !== undefined) {
    if (performance.now() - askedAt < SAME_REQUEST_MS) return;
    screen.hide();
    end(EXIT.interrupted);
  }
  askedAt = performance.now();
  const again = stopTime === 'now' ? '' : '; Ctrl-C again stops at once';
  stop(name, `${STOPPING[stopTime]}${again}`);
}

function hangUp(): void {
  stop('SIGHUP', `hung up: ${STOPPING[stopTime]}`);
}

function stop(by: NodeJS.Signals | 'its page', words: string): void {
  if (controller.signal.aborted) return;
  controller.abort(new Interrupted(by));
  screen.note(words);
}

let outputFault: OutputClosed | undefined;
stdout.on('error', (cause: NodeJS.ErrnoException) => {
  // A terminal that is gone may be met before its signal.
  if (stdout.isTTY && cause.code === 'EIO') hangUp();
  outputFault ??= new OutputClosed(cause);
  controller.abort(outputFault);
});
// Without stderr there is nobody to tell; the run goes on.
stderr.on('error', () => {});

/** Without top-level await: so an entry point may load this with `require`, too. */
async function main(): Promise<never> {
  const status = await runProgram(process.argv.slice(2), {
    screen,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    script: process.argv[1] ?? 'lockstep',
    signal: controller.signal,
    stdin: process.stdin,
    now: () => new Date(),
    interrupt: () => stop('its page', `asked to stop: ${STOPPING[stopTime]}`),
    stopsAt: (time) => {
      stopTime = time;
    },
  });
  // Writes to pipes may still be on their way; and a model's module may keep the process alive.
  await Promise.all(
    [stdout, stderr].map((stream) => new Promise((done) => stream.write('', done))),
  );
  // What was written last may have failed only now: a result that is lost is no success. Who stops reading wants no more.
  await setImmediate();
  const isLost = status === EXIT.done && outputFault !== undefined && !outputFault.isUnread;
  if (isLost) screen.error(outputFault!.message);
  end(isLost ? EXIT.failed : status);
}

/** Node aborts where it cannot set a terminal back that is gone, but leaves a closed descriptor alone. */
function end(status: number): never {
  for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  process.exit(status);
}

void main();
