// The links between the workers of one generation: rank i dials the ranks below it and is dialled by those above.
// Invariant: whoever is let in has proven the generation's key, and stands for one rank that had no link yet.
import { allReduceFor } from '@lockstep/collective';
import { dial, type Link, type Transport, urlProblem } from '@lockstep/transport';
import type { FrameHeader, Hello, Identified, MemberDescription } from '@lockstep/wire';

/** What a generation says of its links. */
export interface PeerPlan {
  readonly generation: number;
  readonly rank: number;
  readonly members: readonly MemberDescription[];
  readonly key: Uint8Array;
}

export interface PeerScope {
  readonly run: string;
  readonly incarnation: number;
  /** Floats of the vector that is reduced. */
  readonly floats: number;
  readonly heartbeatMs: number;
}

export interface PeerOptions {
  readonly arithmetic: string;
  readonly transports: readonly Transport[];
  readonly onOpen: (generation: number) => void;
  readonly onFailed: (generation: number, rank: number, reason: string) => void;
  readonly onFrame: (rank: number, header: FrameHeader, payload: readonly Uint8Array[]) => void;
}

/** The other side may hear of the generation a little later. */
const DIAL_FOR_MS = 3000;
const DIAL_AGAIN_MS = 20;
/** More than the headers of three steps' messages, and pings. */
const FRAMING_BYTES = 64 * 1024;

interface Open {
  readonly plan: PeerPlan;
  readonly scope: PeerScope;
  readonly links: Map<number, Link>;
  readonly abort: AbortController;
}

export class PeerLinks {
  readonly #options: PeerOptions;
  #open: Open | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
  }

  open(plan: PeerPlan, scope: PeerScope): void {
    this.close();
    const open = { plan, scope, links: new Map(), abort: new AbortController() };
    this.#open = open;
    for (let rank = 0; rank < plan.rank; rank++) void this.#dial(open, rank);
    this.#tellIfOpen(open);
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.abort.abort();
    for (const link of open?.links.values() ?? []) {
      link.close('generation-over', `generation ${open!.plan.generation} is over`);
    }
  }

  send(rank: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    this.#open?.links.get(rank)?.sendFrame(header, payload);
  }

  /** Whether a stranger that says hello may prove itself. */
  identify({ role, generation, rank }: Hello): Identified {
    const open = this.#open;
    const isExpected =
      open !== undefined &&
      role === 'peer' &&
      generation === open.plan.generation &&
      rank > open.plan.rank &&
      rank < open.plan.members.length &&
      !open.links.has(rank);
    if (!isExpected) return { code: 'stale', message: 'this worker expects no such peer now' };
    const { run, incarnation } = open.scope;
    return { key: open.plan.key, run, incarnation, rank: open.plan.rank };
  }

  /** A peer that has proven itself. */
  accept(link: Link): void {
    const open = this.#open;
    const { generation, rank } = link.remote;
    if (
      !open ||
      generation !== open.plan.generation ||
      rank === undefined ||
      open.links.has(rank)
    ) {
      link.close('stale', 'this worker expects no such peer now');
      return;
    }
    this.#add(open, rank, link);
  }

  async #dial(open: Open, rank: number): Promise<void> {
    const { arithmetic, transports } = this.#options;
    const { generation, rank: own, key, members } = open.plan;
    const { signal } = open.abort;
    const url = members[rank]!.url!;
    const until = performance.now() + DIAL_FOR_MS;
    for (;;) {
      try {
        const link = await dial(transports, url, {
          role: 'peer',
          key,
          arithmetic,
          signal,
          scope: { generation, rank: own },
          heartbeatMs: open.scope.heartbeatMs,
        });
        if (signal.aborted) link.close('stale', 'the generation is over');
        else this.#add(open, rank, link);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (performance.now() > until || urlProblem(transports, url) !== undefined) {
          return this.#options.onFailed(generation, rank, (error as Error).message);
        }
        await new Promise((resolve) => setTimeout(resolve, DIAL_AGAIN_MS));
      }
    }
  }

  #add(open: Open, rank: number, link: Link): void {
    open.links.set(rank, link);
    const { plan, scope } = open;
    const { rank: own, members: ranges } = plan;
    const shape = { ranges, rank: own, topology: 'mesh', floats: scope.floats } as const;
    const method = allReduceFor(shape);
    link.limit(method.largestMessage(shape, rank));
    // Nobody is more than a step ahead: what two steps take is all that can be on its way. A third's may have arrived and still
    // be counted: TLS tells that something has left a little after the other side has answered it.
    link.limitQueue(3 * method.sentBytes(shape, rank) + FRAMING_BYTES);
    link.start({
      frame: (header, payload) => {
        if (this.#open === open) this.#options.onFrame(rank, header, payload);
      },
      control: () => link.close('protocol', 'workers send each other frames only'),
      closed: ({ code, message }) => {
        if (this.#open !== open) return;
        this.#options.onFailed(open.plan.generation, rank, message || code);
      },
    });
    link.heartbeat(scope.heartbeatMs);
    this.#tellIfOpen(open);
  }

  #tellIfOpen({ plan, links }: Open): void {
    if (links.size === plan.members.length - 1) this.#options.onOpen(plan.generation);
  }
}
