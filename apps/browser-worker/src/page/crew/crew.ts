// The threads of the page: as many as are wanted, each a worker of the run. The first one begins alone, and the others when it has
// joined: what it fetched is in the browser's storage then, and is fetched once.
// Invariant: whoever is not wanted any more leaves in order, the newest first, and is gone before its place is taken again.
import type { Order, Report } from './messages.js';

/** A thread as it was started. */
export interface Thread {
  order(order: Order): void;
  /** At once, whatever it is at. */
  end(): void;
}

export interface CrewOptions {
  readonly begin: { readonly url: string; readonly token: string };
  /** Of the thread at a place, from 0. */
  readonly nameOf: (place: number) => string;
  /** @param hear is called with what it says */
  readonly start: (name: string, hear: (report: Report) => void) => Thread;
  readonly onReport: (place: number, report: Report) => void;
  /** The run is over, or cannot be gone on with: all threads are gone, and none is started any more. */
  readonly onOver: (last: Extract<Report, { type: 'ended' | 'failed' }>) => void;
}

interface Member {
  readonly thread: Thread;
  isLeaving: boolean;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Map<number, Member>();
  #wanted = 0;
  /** Of those that are not wanted any more. */
  #why = '';
  #hasJoined = false;
  #isOver = false;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Threads that are there, those that leave too. */
  get size(): number {
    return this.#members.size;
  }

  /** @param why there are not more, in words for the coordinator's people */
  want(threads: number, why: string): void {
    this.#wanted = threads;
    this.#why = why;
    this.#fill();
  }

  #fill(): void {
    if (this.#isOver) return;
    for (const [place, member] of this.#members) {
      if (place >= this.#wanted) this.#leave(member);
    }
    for (let place = 0; place < this.#wanted; place++) {
      if (place > 0 && !this.#hasJoined) return;
      if (!this.#members.has(place)) this.#start(place);
    }
  }

  #start(place: number): void {
    const { start, nameOf, begin } = this.#options;
    const name = nameOf(place);
    const member: Member = {
      thread: start(name, (report) => this.#hear(place, member, report)),
      isLeaving: false,
    };
    this.#members.set(place, member);
    member.thread.order({ type: 'begin', ...begin, name });
  }

  #leave(member: Member): void {
    if (member.isLeaving) return;
    member.isLeaving = true;
    member.thread.order({ type: 'leave', why: this.#why });
  }

  #hear(place: number, member: Member, report: Report): void {
    if (this.#members.get(place) !== member) return;
    if (report.type === 'event' && report.event.event === 'joined') this.#hasJoined = true;
    const isLast = report.type === 'ended' || report.type === 'failed';
    if (isLast) {
      member.thread.end();
      this.#members.delete(place);
    }
    this.#options.onReport(place, report);
    if (isLast && !(member.isLeaving && isDeparture(report))) this.#end(report);
    else this.#fill();
  }

  #end(last: Extract<Report, { type: 'ended' | 'failed' }>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { thread } of this.#members.values()) thread.end();
    this.#members.clear();
    this.#options.onOver(last);
  }
}

/** It went since it was told to: the run goes on without it. */
function isDeparture(report: Report): boolean {
  return report.type === 'ended' && report.weightsHash === undefined;
}
