// One contender as the harness sees it: a process of its own that lives as long as its case, is asked one
// thing at a time and is silent in between. What it computes is the side's matter.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Command, Failure, Replies } from './protocol.js';

/** How a side's process is started. */
export interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** A contender could not do what it was asked; the others go on without it. */
export class ContenderError extends Error {
  readonly code = 'bench-contender';
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

const REPLY_LIMIT_MS = 180_000;
/** Of what a side wrote to stderr, for the message when it dies. */
const STDERR_CHARACTERS = 400;

export class Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';
  #gone = false;

  constructor(name: string, launch: Launch) {
    this.name = name;
    this.#child = spawn(launch.command, launch.arguments, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...launch.environment },
    });
    this.#child.on('error', (error) => {
      this.#stderr += error.message;
    });
    this.#child.on('exit', () => {
      this.#gone = true;
    });
    // A side that died has closed its stdin; the missing reply tells of it.
    this.#child.stdin!.on('error', () => {});
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARACTERS);
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws ContenderError if the side says that it cannot, dies, or does not answer in time */
  async ask<C extends Command>(command: C): Promise<Replies[C['do']]> {
    if (this.#gone) throw this.#died(command);
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), REPLY_LIMIT_MS);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done) throw this.#died(command);
    const reply = JSON.parse(value) as Replies[C['do']] | Failure;
    if ('error' in reply) throw new ContenderError(`${this.name}: ${reply.error}`);
    return reply;
  }

  /** Ends the process, gently if it answers. @returns its largest resident size, if it could say */
  async close(): Promise<number | undefined> {
    try {
      const { peakBytes } = await this.ask({ do: 'exit' });
      return peakBytes;
    } catch {
      return undefined;
    } finally {
      this.#child.kill('SIGKILL');
    }
  }

  #died(command: Command): ContenderError {
    const said = this.#stderr.trim().split('\n').slice(-3).join(' | ') || 'nothing on stderr';
    return new ContenderError(`${this.name}: its process ended at "${command.do}": ${said}`);
  }
}
