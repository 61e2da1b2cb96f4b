// The steps of one generation: compute own shards, exchange sums with the others, advance; up to where the
// coordinator wants them, then evaluate and say so. At audited steps another rank's shards are computed again, too, and
// nothing is handed over before the coordinator has compared. Belongs to Worker, which decides when a generation
// begins and ends and gives the engine's results only to the generation that asked for them.
// Invariant: the engine is asked for the next thing only when it has answered the last.
import type { Range } from '@lockstep/tree';
import {
  type AdvanceMessage,
  type AuditPassedMessage,
  type AuditRangeMessage,
  auditedRank,
  type FrameHeader,
  type GenerationMessage,
  isAudited,
  type RunMessage,
} from '@lockstep/wire';
import type { Operation, RoleHost } from './border.js';
import type { Exchanging } from './exchanging.js';
import { Pace } from './pace.js';

export type SteppingPhase =
  /** Waits for orders. */
  | 'standing'
  | 'computing'
  /** Computes what another rank has computed. */
  | 'auditing'
  /** Has said what came out, and waits for what the coordinator makes of it. */
  | 'audited'
  /** Waits for the others' frames. */
  | 'exchanging'
  | 'advancing'
  | 'evaluating'
  /** A step could not be taken, or a member cannot be reached: waits for what the coordinator decides. */
  | 'stuck';

export class Stepping {
  readonly #host: RoleHost;
  readonly #plan: GenerationMessage;
  readonly #run: RunMessage;
  readonly #exchanging: Exchanging;
  readonly #pace = new Pace();
  #phase: SteppingPhase = 'standing';
  #orders: AdvanceMessage | undefined;
  /** The step that is being taken, or is next. */
  #step: number;
  /** The last step whose audit was reported on. */
  #reported = -1;
  #operationBegun = 0;
  #exchangeBegun = 0;
  #computeMs = 0;
  #exchangeMs = 0;

  constructor(host: RoleHost, run: RunMessage, plan: GenerationMessage, exchanging: Exchanging) {
    this.#host = host;
    this.#run = run;
    this.#plan = plan;
    this.#exchanging = exchanging;
    this.#step = plan.step;
  }

  get phase(): SteppingPhase {
    return this.#phase;
  }

  /** @returns what is wrong with the orders, or undefined */
  order(orders: AdvanceMessage | AuditPassedMessage | AuditRangeMessage): string | undefined {
    // They crossed with the report of what went wrong.
    if (this.#phase === 'stuck') return undefined;
    return orders.type === 'advance' ? this.#takeOrders(orders) : this.#takeAudit(orders);
  }

  /** Sets out, if there are orders and the engine is free. */
  proceed(): void {
    if (this.#phase !== 'standing' || !this.#orders) return;
    if (this.#step === this.#orders.until) {
      this.#arrive(this.#orders);
      return;
    }
    this.#phase = 'computing';
    this.#operate({ type: 'compute', generation: this.#plan.generation });
  }

  /** Own shards of the step are computed. */
  takeComputed(): void {
    if (this.#phase !== 'computing') return;
    this.#computeMs = this.#host.now - this.#operationBegun;
    this.#offer();
  }

  /** Some of the own blocks are: they are handed over while the others are computed, if the step is not audited. */
  takeBlocks(step: number, blocks: number): void {
    const next = this.#phase === 'advancing' ? this.#step + 1 : this.#step;
    const isUnderWay = this.#phase === 'computing' || this.#phase === 'advancing';
    if (isUnderWay && step === next && !this.#isAudited(step)) this.#exchanging.begin(step, blocks);
  }

  /** Another rank's shards of the step are computed. */
  takeRecomputed(digest: string): void {
    if (this.#phase !== 'auditing') return;
    this.#phase = 'audited';
    const about = { generation: this.#plan.generation, step: this.#step };
    if (this.#reported === this.#step) {
      this.#host.send({ type: 'audit-vote', ...about, digest });
      return;
    }
    this.#reported = this.#step;
    const own = this.#host.engine.digestOwn();
    this.#host.send({ type: 'audit-report', ...about, own, other: digest });
  }

  /**
   * A block or sum of this step or the next one.
   *
   * @throws ProtocolError if it is none that is needed
   */
  takeFrame(from: number, header: FrameHeader, payload: readonly Uint8Array[]): void {
    if (this.#phase === 'stuck') return;
    this.#exchanging.take(this.#step, from, header, payload);
    if (this.#phase === 'exchanging') this.#advanceIfComplete();
  }

  takeAdvanced(step: number, loss: number, sendMs: number): void {
    if (this.#phase !== 'advancing') return;
    const { now, engine } = this.#host;
    const orders = this.#orders!;
    this.#computeMs += now - this.#operationBegun;
    this.#pace.note(this.#computeMs, this.#exchangeMs, sendMs);
    this.#computeMs = 0;
    this.#step = step;
    // What the others wait for goes first.
    if (step < orders.until) this.#offer();
    const { generation } = this.#plan;
    const pace = this.#pace.report(now);
    if (pace) {
      const progress = { generation, step, loss, ...pace };
      this.#host.send({ type: 'progress', ...progress });
      this.#host.push({ type: 'emit', event: { event: 'progress', ...progress } });
    }
    if (step === orders.until) {
      this.#arrive(orders);
      return;
    }
    if (step % this.#run.digestEvery === 0 && engine.step === step) {
      this.#host.send({ type: 'digest', generation, ...this.#host.held()! });
    }
  }

  takeEvaluated(sums: Uint8Array): void {
    if (this.#phase === 'evaluating') this.#sayReached(sums);
  }

  /** Takes no further part in the generation, and waits for the next. */
  stop(): void {
    this.#phase = 'stuck';
  }

  #takeOrders(orders: AdvanceMessage): string | undefined {
    const { until, firstChunk, endChunk } = orders;
    const { steps, chunks } = this.#host.engine;
    if (this.#phase !== 'standing' || this.#orders) return `advance while ${this.#phase}`;
    if (until < this.#step || until > steps) {
      return `advance from step ${this.#step} to ${until}, the run has ${steps}`;
    }
    if (firstChunk > endChunk || endChunk > chunks) {
      return `evaluate the chunks [${firstChunk}, ${endChunk}), there are ${chunks}`;
    }
    this.#orders = orders;
    return undefined;
  }

  #takeAudit(orders: AuditPassedMessage | AuditRangeMessage): string | undefined {
    const { type, step } = orders;
    if (this.#phase !== 'audited' || step !== this.#step) {
      return `${type} of step ${step} while ${this.#phase} at step ${this.#step}`;
    }
    if (type === 'audit-passed') {
      this.#begin();
      return undefined;
    }
    const { first, end } = orders;
    const { shards } = this.#host.engine;
    if (end > shards) return `audit-range of the shards [${first}, ${end}), the run has ${shards}`;
    this.#recompute({ first, end });
    return undefined;
  }

  /** Own shards of the step are there: to be handed over, after an audit if there is one. */
  #offer(): void {
    this.#exchangeBegun = this.#host.now;
    const { members, rank } = this.#plan;
    if (this.#isAudited(this.#step)) {
      const { first, end } = members[auditedRank(rank, members.length)]!;
      this.#recompute({ first, end });
    } else this.#begin();
  }

  #isAudited(step: number): boolean {
    return this.#plan.members.length > 1 && isAudited(this.#run.audit, step);
  }

  #recompute(range: Range): void {
    this.#phase = 'auditing';
    this.#operate({ type: 'recompute', generation: this.#plan.generation, range });
  }

  #begin(): void {
    this.#phase = 'exchanging';
    this.#exchanging.begin(this.#step);
    this.#advanceIfComplete();
  }

  #advanceIfComplete(): void {
    if (!this.#exchanging.complete) return;
    this.#phase = 'advancing';
    this.#exchangeMs = this.#host.now - this.#exchangeBegun;
    const compute = this.#step + 1 < this.#orders!.until;
    this.#operate({ type: 'advance', generation: this.#plan.generation, compute });
  }

  #arrive({ generation, firstChunk, endChunk }: AdvanceMessage): void {
    if (firstChunk === endChunk) {
      this.#sayReached(new Uint8Array(0));
      return;
    }
    this.#phase = 'evaluating';
    this.#operate({ type: 'evaluate', generation, firstChunk, endChunk });
  }

  #sayReached(chunkSums: Uint8Array): void {
    const { engine } = this.#host;
    const { generation } = this.#plan;
    this.#phase = 'standing';
    this.#orders = undefined;
    this.#host.send({
      type: 'reached',
      generation,
      ...this.#host.held()!,
      weightsHash: engine.weightsHash(),
      epochLoss: engine.epochLoss,
      chunkSums,
    });
  }

  #operate(operation: Operation): void {
    this.#operationBegun = this.#host.now;
    this.#host.operate(operation);
  }
}
