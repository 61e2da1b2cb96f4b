// The compute threads of a run: starts them, gives them commands, notices at once when one dies, and puts a
// new one in its place. It decides nothing about training; a command that a death cut short is given again
// by its caller, from the last committed step.
import { setMaxListeners } from 'node:events';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Barrier } from '@lockstep/collective';
import type { Piscina } from 'piscina';
import type { Command, CommandDetails, Control } from './control.js';
import type { Fault } from './fault.js';
import type { ThreadProfile } from './profile.js';
import type { LostThread } from './recovery.js';
import type { ComputePlace, ComputeSetting } from './shard-compute.js';
import type { ThreadPlace, ThreadReport, ThreadTask } from './thread.js';
import { threadBackend } from './thread-backend.js';
import { messageOf, startPool, whyNotStarted } from './thread-start.js';

export type ThreadGroupOptions = ComputeSetting & ComputePlace;

/** What to do with what is told while a command goes on. */
export interface Hearing {
  /** Every thread that computes has done with a bucket that is not the last. */
  readonly onBucket?: ((bucket: number) => void) | undefined;
  /** Steps took so many milliseconds each, over a window. */
  readonly onStepMs?: ((stepMs: number) => void) | undefined;
}

interface Member {
  readonly port: MessagePort;
  /** Called when the thread has reported or died. */
  settle: ((lost: LostThread | undefined) => void) | undefined;
  lost: LostThread | undefined;
  started: boolean;
  ended: Promise<void>;
}

export class ThreadGroup {
  #options: ThreadGroupOptions;
  readonly #pool: Piscina;
  #control: Control;
  #barrier: Barrier;
  readonly #members: Member[] = [];
  readonly #faults: Fault[];
  /** What a thread says while the command under way goes on. */
  #hear: Hearing = {};
  /** Ends when the command under way has been reported on by all. */
  #reports: Promise<unknown> = Promise.resolve();
  #stopped = false;
  readonly #profiles: ThreadProfile[] = [];
  /** Ends every task of the pool. */
  #abandon = abandonment();

  constructor(options: ThreadGroupOptions) {
    this.#options = options;
    const { threads } = options.deals[0]!;
    this.#faults = [...(options.faults ?? [])];
    this.#control = options.control;
    this.#barrier = this.#control.barrier(threads);
    this.#pool = startPool(threads);
    // A thread died before it took its task, which would wait in the queue for good: all begin again.
    this.#pool.on('error', (error: unknown) => {
      this.#abandon.abort(error);
      this.#abandon = abandonment();
    });
    for (let thread = 0; thread < threads; thread++) this.#start(thread);
  }

  /** All, computing or at rest. */
  get threads(): number {
    return this.#members.length;
  }

  /**
   * Gives a command to threads [0, called), and waits until they have done with it; the others rest, or go on resting.
   *
   * @returns the threads that died meanwhile, already replaced; then the command is not done. Nobody, if
   * the group was stopped meanwhile
   */
  async command(
    command: Exclude<Command, 'exit' | 'assign'>,
    called: number,
    details?: CommandDetails,
    { onBucket, onStepMs }: Hearing = {},
  ): Promise<LostThread[]> {
    const left = this.#options.deals[0]!.buckets.map(() => called);
    const count = (bucket: number): void => {
      left[bucket]!--;
      if (left[bucket] === 0) onBucket?.(bucket);
    };
    this.#hear = { onBucket: count, onStepMs };
    return this.#replace(await this.#give(command, called, details));
  }

  /**
   * Gives the threads other shards (as many threads), and other memory if it is not the same. Only between commands.
   *
   * @returns as `command`; the assignment is done all the same
   */
  async assign(place: ComputePlace): Promise<LostThread[]> {
    const { deals, memory, control } = place;
    const { commandNumber } = control;
    const seen = memory === this.#options.memory ? commandNumber + 1 : commandNumber;
    for (const { port } of this.#members) {
      port.postMessage({ deals, memory, seen } satisfies ThreadPlace);
    }
    const lost = await this.#give('assign', this.threads);
    this.#options = { ...this.#options, ...place };
    this.#control = control;
    this.#barrier = control.barrier(this.#members.length);
    return this.#replace(lost);
  }

  async #give(command: Command, called: number, details?: CommandDetails): Promise<LostThread[]> {
    const reports = this.#members.slice(0, called).map(
      (member) =>
        new Promise<LostThread | undefined>((resolve) => {
          if (member.lost) resolve(member.lost);
          else member.settle = resolve;
        }),
    );
    if (this.#members.some(({ lost }) => lost)) this.#barrier.abort();
    this.#control.give(command, called, details);
    const all = Promise.all(reports);
    this.#reports = all;
    await all;
    // One that died at rest has cut the command short, too.
    return this.#members.flatMap(({ lost }) => lost ?? []);
  }

  #replace(lost: LostThread[]): LostThread[] {
    if (this.#stopped) return [];
    if (lost.length > 0) {
      this.#barrier.reset();
      for (const { thread } of lost) this.#start(thread);
    }
    return lost;
  }

  /**
   * Cuts short what the threads are at, ends them and waits until they are gone.
   *
   * @returns what those of them timed that were asked to, by thread; a thread that died left nothing
   */
  async stop(): Promise<ThreadProfile[]> {
    if (this.#stopped) return [];
    this.#stopped = true;
    this.#barrier.abort();
    await this.#reports;
    this.#control.give('exit', this.threads);
    await Promise.all(this.#members.map(({ ended }) => ended));
    await this.#pool.destroy();
    return this.#profiles.sort((a, b) => a.thread - b.thread);
  }

  #start(thread: number): void {
    const { config, backend, deals, memory, datasets, order, profiles, lanes, choosing } =
      this.#options;
    const { port1: mine, port2: theirs } = new MessageChannel();
    const faultIndex = this.#faults.findIndex((fault) => fault.thread === thread);
    const [fault] = faultIndex < 0 ? [] : this.#faults.splice(faultIndex, 1);
    const task: ThreadTask = {
      config,
      datasets,
      deals,
      thread,
      memory,
      order,
      seen: this.#control.commandNumber,
      backend: threadBackend(backend),
      port: theirs,
      fault,
      profiles: profiles ?? false,
      lanes,
      window: choosing?.window,
    };
    const member: Member = {
      port: mine,
      settle: undefined,
      lost: undefined,
      started: false,
      ended: Promise.resolve(),
    };
    const settle = (lost: LostThread | undefined): void => {
      const { settle } = member;
      member.settle = undefined;
      settle?.(lost);
    };
    const { signal } = this.#abandon;
    const hear = ({ number, bucket, stepMs }: ThreadReport): void => {
      member.started = true;
      if (number !== this.#control.commandNumber) return;
      if (bucket !== undefined) this.#hear.onBucket?.(bucket);
      else if (stepMs !== undefined) this.#hear.onStepMs?.(stepMs);
      else settle(undefined);
    };
    mine.on('message', hear);
    member.ended = this.#pool
      .run(task, { transferList: [theirs], signal })
      .then(
        (profile?: ThreadProfile) => {
          if (profile) this.#profiles.push(profile);
          return new Error('its task ended early');
        },
        // Of an abandoned task only the reason for that is worth telling.
        (error: unknown) => (signal.aborted ? signal.reason : error),
      )
      .then((cause: unknown) => {
        // What it has said before its end is here, but may not have been heard yet.
        for (let said = receiveMessageOnPort(mine); said; said = receiveMessageOnPort(mine)) {
          hear(said.message);
        }
        mine.close();
        const { started } = member;
        const reason = started ? messageOf(cause) : whyNotStarted(cause);
        member.lost = { thread, reason, started, cause };
        if (!this.#stopped) this.#barrier.abort();
        settle(member.lost);
      });
    this.#members[thread] = member;
  }
}

/** An abort controller that as many tasks may listen to as there are threads. */
function abandonment(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
