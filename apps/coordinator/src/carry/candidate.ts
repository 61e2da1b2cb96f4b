// One of several coordinators of a run: it stands by until it leads, and then keeps its lease until it is done. What is decided
// is the election's (`decide/election`); here are the clock and etcd.
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, LockstepError } from '@lockstep/core';
import { checkOptions, type OptionNames, requireInteger, requireText } from '@lockstep/errors';
import {
  decodeNote,
  Etcd,
  EtcdError,
  encodeNote,
  isElectionName,
  type LeaderNote,
  leaderKey,
} from '@lockstep/transport';
import {
  decideElection,
  type ElectionEffect,
  type ElectionEvent,
  FOLLOWER,
  mayAct,
  type Standing,
} from '../decide/election/election.js';
import { answered, PATIENCE_MS, silenceFrom, unanswered } from '../decide/election/silence.js';
import { FencedError, type Lead } from '../lead.js';

/** What a candidate is made of. */
export interface CandidateOptions {
  /** Members of an etcd 3.4 or newer, as `http://10.0.0.1:2379`. */
  readonly etcd: readonly string[];
  /** Of the run in etcd, the same for all who may lead it: letters, digits and `.`, `_`, `-`. */
  readonly name: string;
  /** Who this is, for people. */
  readonly who: string;
  /** Whoever leads and is silent for longer is replaced. Default 3; etcd gives no less than its own election takes. */
  readonly leaseSeconds?: number | undefined;
  /** Another leads. */
  readonly onFollow?: ((leader: LeaderNote) => void) | undefined;
  /** etcd does not answer, which may pass. What is said again is told at growing intervals. */
  readonly onTrouble?: ((why: string) => void) | undefined;
}

const OPTIONS: OptionNames<CandidateOptions> = {
  ...{ etcd: true, name: true, who: true, leaseSeconds: true, onFollow: true, onTrouble: true },
};

const TICK_MS = 50;
const ANNOUNCE_AGAIN_MS = 250;
const LONGEST_LEASE_SECONDS = 600;

/** One of several coordinators that may lead a run. */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #etcd: Etcd;
  readonly #key: string;
  readonly #leaseSeconds: number;
  readonly #clock = steadyClock();
  readonly #asking = new AbortController();
  #standing: Standing = FOLLOWER;
  #timer: NodeJS.Timeout | undefined;
  #silence = silenceFrom(0);
  #told = '';
  /** Settles `lead`. */
  #settle: { resolve(fence: number): void; reject(error: unknown): void } | undefined;

  /** @throws ConfigError if an option is wrong */
  constructor(options: CandidateOptions) {
    checkOptions('candidate', options, OPTIONS);
    const { etcd, name, who, leaseSeconds = 3 } = options;
    requireText('candidate', 'who', who);
    requireInteger('candidate', 'leaseSeconds', leaseSeconds, 1, LONGEST_LEASE_SECONDS);
    if (!isElectionName(name)) {
      throw new ConfigError(
        `candidate: "${name}" cannot be the name of an election; expected letters, digits and . _ -`,
      );
    }
    this.#options = options;
    this.#leaseSeconds = leaseSeconds;
    this.#etcd = new Etcd(etcd);
    this.#key = leaderKey(name);
  }

  /**
   * Stands by until it leads. Once.
   *
   * @throws what the signal was aborted with; LockstepError (code `run-failed`) if the run has failed for everybody; FencedError
   *   if it can never lead; ConfigError if there is no etcd where it was said to be; EtcdError if nothing has ever answered there
   */
  async lead(signal: AbortSignal): Promise<Lead> {
    signal.throwIfAborted();
    this.#silence = silenceFrom(this.#clock());
    this.#timer = setInterval(() => this.#handle({ type: 'tick' }), TICK_MS);
    let leave: (() => void) | undefined;
    try {
      const fence = await new Promise<number>((resolve, reject) => {
        this.#settle = { resolve, reject };
        leave = () => reject(signal.reason);
        signal.addEventListener('abort', leave, { once: true });
        this.#handle({ type: 'tick' });
      });
      const check = (): void => this.#check();
      check();
      return { fence, check };
    } catch (error) {
      await this.resign();
      throw error;
    } finally {
      if (leave) signal.removeEventListener('abort', leave);
    }
  }

  /** Tells workers where it listens, as long as it leads. */
  async announce(urls: readonly string[]): Promise<void> {
    const { who } = this.#options;
    for (;;) {
      if (this.#standing.role !== 'leader') return;
      const { fence, lease } = this.#standing;
      const note = encodeNote({ who, urls });
      try {
        await this.#etcd.replace(this.#key, fence, note, lease, this.#asking.signal);
        return;
      } catch {
        // That etcd does not answer is told where the lease is kept.
        await sleep(ANNOUNCE_AGAIN_MS);
      }
    }
  }

  /**
   * It does not lead any more, or never will: another may at once.
   *
   * @param failed why the run has failed for everybody: nobody who stands by is to go on with it
   */
  async resign(failed?: string): Promise<void> {
    clearInterval(this.#timer);
    this.#asking.abort();
    const standing = this.#standing;
    this.#standing = { role: 'fenced', why: 'it has resigned' };
    if (standing.role !== 'leader') return;
    const { fence, lease } = standing;
    const { who } = this.#options;
    const ended =
      failed === undefined
        ? this.#etcd.revoke(lease)
        : // The lease runs out by itself, after those who stand by have read it.
          this.#etcd.replace(this.#key, fence, encodeNote({ who, urls: [], failed }), lease);
    // So it does where etcd does not answer.
    await ended.catch(() => undefined);
  }

  #check(): void {
    if (mayAct(this.#standing, this.#clock())) return;
    // That its time is over is noticed by whoever asks first.
    this.#handle({ type: 'tick' });
    const { role } = this.#standing;
    throw new FencedError(role === 'fenced' ? this.#standing.why : 'its lease has run out');
  }

  #handle(event: ElectionEvent): void {
    const { standing, effects } = decideElection(this.#standing, event, this.#clock());
    this.#standing = standing;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: ElectionEffect): void {
    switch (effect.type) {
      case 'look':
        this.#ask(async (signal) => {
          const entry = await this.#etcd.read(this.#key, signal);
          return { type: 'seen', leader: entry?.value ?? null };
        });
        return;
      case 'campaign':
        this.#ask((signal) => this.#campaign(signal));
        return;
      case 'keep':
        this.#ask(async (signal) => {
          const asked = this.#clock();
          return { type: 'kept', asked, ttlMs: await this.#etcd.keep(effect.lease, signal) };
        });
        return;
      case 'lead':
        this.#settle?.resolve(effect.fence);
        return;
      case 'follow':
        this.#follow(effect.leader);
        return;
      case 'trouble':
        this.#hearNothing(effect.why);
        return;
      case 'fenced':
        clearInterval(this.#timer);
        this.#asking.abort();
        this.#settle?.reject(new FencedError(effect.why));
    }
  }

  #hearNothing(why: string): void {
    const { silence, isTold, isGivenUp } = unanswered(this.#silence, why, this.#clock());
    this.#silence = silence;
    if (isTold) this.#options.onTrouble?.(why);
    if (!isGivenUp) return;
    const message = `coordinator: ${why}. It has not once, for ${PATIENCE_MS / 1000} s: look whether etcd runs there, and whether these are the addresses of its members; then start the same again`;
    this.#settle?.reject(new EtcdError(message));
  }

  #follow(leader: string): void {
    const { who, urls, failed } = decodeNote(leader) ?? { who: 'another', urls: [] };
    if (failed !== undefined) {
      const message = `coordinator: ${who} led, and the run has failed: ${failed}`;
      this.#settle?.reject(new LockstepError('run-failed', message));
    } else if (who !== this.#told) {
      this.#told = who;
      this.#options.onFollow?.({ who, urls });
    }
  }

  async #campaign(signal: AbortSignal): Promise<ElectionEvent> {
    const asked = this.#clock();
    const { lease, ttlMs } = await this.#etcd.grant(this.#leaseSeconds, signal);
    const note = encodeNote({ who: this.#options.who, urls: [] });
    const made = await this.#etcd.create(this.#key, note, lease, signal);
    if ('created' in made) return { type: 'won', fence: made.created, lease, asked, ttlMs };
    await this.#etcd.revoke(lease, signal).catch(() => undefined);
    return { type: 'seen', leader: made.there?.value ?? encodeNote({ who: 'another', urls: [] }) };
  }

  #ask(question: (signal: AbortSignal) => Promise<ElectionEvent>): void {
    const { signal } = this.#asking;
    question(signal).then(
      (event) => {
        this.#silence = answered(this.#silence);
        this.#handle(event);
      },
      (error: Error) => {
        if (signal.aborted) return;
        if (error instanceof ConfigError) this.#settle?.reject(error);
        else this.#handle({ type: 'unanswered', why: error.message });
      },
    );
  }
}

/** More than two looks at the clocks are apart. */
const ASLEEP_MS = 500;

/** Milliseconds that go on while the process stands still, and while the machine sleeps, which no clock of a process says alone. */
function steadyClock(): () => number {
  let [steady, wall, asleep] = [performance.now(), Date.now(), 0];
  return () => {
    const [newSteady, newWall] = [performance.now(), Date.now()];
    const ahead = newWall - wall - (newSteady - steady);
    if (ahead > ASLEEP_MS) asleep += ahead;
    [steady, wall] = [newSteady, newWall];
    return newSteady + asleep;
  };
}
