// Runs the built command as a user does: a process of its own, with pipes for its streams. Where only its words matter, it
// is run without: half a second less for each.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';

/** The command's script. */
export const LOCKSTEP = fileURLToPath(new URL('../../apps/cli/bin/lockstep.js', import.meta.url));

/** Real data, and little of it: a run takes less than a second. */
export const SMALL = ['--limit-train', '2000', '--limit-test', '500', '--epochs', '1', '--offline'];

type Env = Readonly<Record<string, string>>;

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface JsonEvent extends Readonly<Record<string, unknown>> {
  readonly event: string;
  readonly time: string;
}

export class Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = '';
  #stderr = '';
  #closed = false;
  readonly #waiting: (() => void)[] = [];

  constructor(cwd: string, args: readonly string[], env: Env) {
    this.child = spawn(process.execPath, [LOCKSTEP, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    });
    this.child.stdout!.on('data', (bytes) => this.#add(() => (this.#stdout += bytes)));
    this.child.stderr!.on('data', (bytes) => this.#add(() => (this.#stderr += bytes)));
    this.finished = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status) => {
        this.#closed = true;
        resolve({ status, stdout: this.#stdout, stderr: this.#stderr });
        this.#add(() => {});
      });
    });
  }

  /** What it has written to stdout so far. */
  get text(): string {
    return this.#stdout;
  }

  /** And to stderr. */
  get errorText(): string {
    return this.#stderr;
  }

  /** Waits until it writes something more. @throws Error if it has ended, since then it never will */
  async changes(): Promise<void> {
    this.#mustLive('went on');
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Waits until one of the streams holds a text. */
  async holds(text: string): Promise<void> {
    while (!this.#stdout.includes(text) && !this.#stderr.includes(text)) {
      this.#mustLive(`said "${text}"`);
      await this.changes();
    }
  }

  #mustLive(until: string): void {
    if (!this.#closed) return;
    throw new Error(`it ended before it ${until}: ${this.#stdout}${this.#stderr}`);
  }

  #add(append: () => void): void {
    append();
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The whole command but for its process: arguments in, words and exit status out. In the working folder of the tests. */
async function withoutProcess(args: readonly string[], env: Env): Promise<Finished> {
  // Loaded here, since that takes some seconds and most files do nothing but start processes.
  const { runProgram } = await import('../../apps/cli/src/program.js');
  const { Screen } = await import('../../apps/cli/src/screen.js');
  let out = '';
  let err = '';
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const status = await runProgram(args, {
    screen: new Screen({ stdout, stderr, env }),
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    script: LOCKSTEP,
    signal: new AbortController().signal,
    stdin: (async function* () {})(),
    now: () => new Date(),
    interrupt: () => {},
    stopsAt: () => {},
  });
  return { status, stdout: out, stderr: err };
}

/** A working folder for the tests of a file, and the command in it. */
export function workplace() {
  let cwd = '';
  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));
    process.chdir(cwd);
  });
  afterAll(() => {
    process.chdir(tmpdir());
    rmSync(cwd, { recursive: true });
  });
  const start = (args: readonly string[], env: Env = {}): Running => new Running(cwd, args, env);
  return {
    path: (...parts: readonly string[]): string => join(cwd, ...parts),
    start,
    lockstep: (...args: readonly string[]): Promise<Finished> => start(args).finished,
    /** What it says to that, of what needs no process of its own: flags, and files that are not there. */
    says: (args: readonly string[], env: Env = {}): Promise<Finished> => withoutProcess(args, env),
  };
}

/** Every line of a text as an event. @throws SyntaxError if a line is not JSON */
export function events(text: string): JsonEvent[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export function lastEvent(text: string): JsonEvent {
  return events(text).at(-1)!;
}
