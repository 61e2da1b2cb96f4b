// The links of one generation between workers in the simulation, as the shell opens them: a rank dials those below it
// again and again for a while, since they may hear of the generation later, and is dialled by those above.
import { allReduceFor } from '@lockstep/collective';
import type { FrameHeader } from '@lockstep/wire';
import type { WorkerEffect } from '../../apps/worker/src/decide/border.js';
import type { Connection, Handlers, Network } from './network.js';
import type { Process } from './process.js';
import type { WorkerProcess } from './worker-process.js';

const DIAL_FOR_MS = 1000;
const DIAL_AGAIN_MS = 20;

type Plan = Extract<WorkerEffect, { type: 'open-links' }>;

export class PeerSession {
  readonly #worker: WorkerProcess;
  readonly #network: Network;
  readonly #plan: Plan;
  readonly #links = new Map<number, Connection>();

  constructor(worker: WorkerProcess, network: Network, plan: Plan) {
    this.#worker = worker;
    this.#network = network;
    this.#plan = plan;
  }

  open(): void {
    const { now } = this.#worker.world;
    for (let rank = 0; rank < this.#plan.rank; rank++) this.#dial(rank, now + DIAL_FOR_MS);
    if (this.#plan.members.length === 1) this.#tellIfOpen();
  }

  close(): void {
    for (const link of this.#links.values()) link.close(this.#worker, 'generation-over');
    this.#links.clear();
  }

  send(rank: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    const link = this.#links.get(rank);
    if (!link) this.#worker.world.fail(`${header.kind} for rank ${rank}, to which no link is open`);
    link.sendFrame(this.#worker, header, payload);
  }

  accept(generation: number, rank: number, dialler: Process): Connection | undefined {
    const { plan } = { plan: this.#plan };
    const isExpected = generation === plan.generation && rank > plan.rank && !this.#links.has(rank);
    if (!isExpected) return undefined;
    const connection = this.#network.connect(dialler, this.#worker, this.#handlers(rank));
    this.#worker.world.clock.after(0, () => this.#worker.post(() => this.#add(rank, connection)));
    this.#links.set(rank, connection);
    return connection;
  }

  #dial(rank: number, until: number): void {
    const worker = this.#worker;
    const network = this.#network;
    const host = Number(this.#plan.members[rank]!.url!.slice('ws://'.length));
    const wayMs = network.delay(worker.host, host) + network.delay(host, worker.host);
    worker.after(wayMs, () => {
      if (!worker.isPresent(this)) return;
      const target = worker.setting.worker(host);
      const isReached = network.isOpen(worker.host, host) && network.isOpen(host, worker.host);
      const connection =
        isReached && target?.isUp && !target.isFrozen
          ? target.acceptPeer(this.#plan.generation, this.#plan.rank, worker)
          : undefined;
      if (connection) {
        connection.welcome(this.#handlers(rank), () => this.#opened(rank, connection));
        return;
      }
      if (worker.world.now > until) return this.#failed(rank, 'cannot be dialled');
      worker.after(DIAL_AGAIN_MS, () => this.#dial(rank, until));
    });
  }

  #opened(rank: number, connection: Connection): void {
    if (this.#worker.isPresent(this)) this.#add(rank, connection);
    else connection.close(this.#worker, 'stale');
  }

  #handlers(rank: number): Handlers {
    const worker = this.#worker;
    return {
      control: () => worker.world.fail('workers send each other frames only'),
      frame: (header, payload) => {
        if (worker.isPresent(this)) worker.handle({ type: 'frame', from: rank, header, payload });
      },
      closed: (reason) => this.#failed(rank, reason),
    };
  }

  #failed(rank: number, reason: string): void {
    if (!this.#worker.isPresent(this)) return;
    const { generation } = this.#plan;
    this.#worker.handle({ type: 'link-failed', generation, rank, reason: `net: ${reason}` });
  }

  #add(rank: number, connection: Connection): void {
    this.#links.set(rank, connection);
    const { rank: own, members: ranges } = this.#plan;
    const floats = this.#worker.setting.scenario.truth.vectorFloats;
    const shape = { ranges, rank: own, topology: 'mesh', floats } as const;
    connection.limitSums(this.#worker, 2 * allReduceFor(shape).sentBytes(shape, rank));
    this.#tellIfOpen();
  }

  #tellIfOpen(): void {
    const { generation, members } = this.#plan;
    if (!this.#worker.isPresent(this) || this.#links.size < members.length - 1) return;
    this.#worker.handle({ type: 'links-open', generation });
  }
}
