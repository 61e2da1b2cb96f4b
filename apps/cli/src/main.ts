// The process around the command: its streams, its signals and its end. Runs when it is imported.
import { EXIT, Interrupted, OutputClosed } from './errors.js';
import { runProgram } from './program.js';
import { Screen } from './screen.js';

const { stdout, stderr, env } = process;
const screen = new Screen({ stdout, stderr, env });
const controller = new AbortController();

process.on('SIGINT', () => stop('SIGINT'));
process.on('SIGTERM', () => stop('SIGTERM'));
// The terminal is gone. It comes twice then, from the system and from the shell, or with a SIGTERM: that is no impatience.
process.on('SIGHUP', () => {
  if (!controller.signal.aborted) stop('SIGHUP');
});

function stop(name: NodeJS.Signals): void {
  if (controller.signal.aborted) {
    screen.hide();
    process.exit(EXIT.interrupted);
  }
  controller.abort(new Interrupted(name));
  screen.note(
    name === 'SIGHUP'
      ? 'hung up: stopping after this step'
      : 'stopping after this step; Ctrl-C again stops at once',
  );
}

stdout.on('error', (cause) => controller.abort(new OutputClosed(cause)));
// Without stderr there is nobody to tell; the run goes on.
stderr.on('error', () => {});

const status = await runProgram(process.argv.slice(2), {
  screen,
  stdout,
  stderr,
  env,
  cwd: process.cwd(),
  script: process.argv[1] ?? 'lockstep',
  signal: controller.signal,
  now: () => new Date(),
});

// Writes to pipes may still be on their way; and a model's module may keep the process alive.
await Promise.all([stdout, stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit(status);
