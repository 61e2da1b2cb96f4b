// A worker's exchange, with a witness beside it who sees what goes into each reduction and what comes out.
import type { AllReduce, Outgoing } from '@lockstep/collective';
import type { FrameHeader } from '@lockstep/wire';
import type { ExchangeView } from '../../apps/worker/src/decide/border.js';
import type { Witness } from './witness.js';

export class WatchedExchange implements ExchangeView {
  readonly #exchange: AllReduce;
  readonly #generation: number;
  readonly #rank: number;
  readonly #isMesh: boolean;
  readonly #witness: Witness;
  #step = -1;
  /** A rank that finishes no part of the vector gets none. */
  #hasPartials = false;

  constructor(
    exchange: AllReduce,
    generation: number,
    rank: number,
    topology: string,
    witness: Witness,
  ) {
    this.#exchange = exchange;
    this.#generation = generation;
    this.#rank = rank;
    this.#isMesh = topology === 'mesh';
    this.#witness = witness;
  }

  get complete(): boolean {
    const { complete } = this.#exchange;
    const owesSum = this.#isMesh && this.#hasPartials;
    if (complete && owesSum) this.#witness.gathered(this.#generation, this.#step, this.#rank);
    return complete;
  }

  sum(): Uint8Array {
    return this.#exchange.sum();
  }

  begin(step: number, count?: number): Outgoing[] {
    this.#step = step;
    return this.#watch(this.#exchange.begin(step, count));
  }

  accept(...[kind, from, step, offset, payload]: Parameters<AllReduce['accept']>): Outgoing[] {
    const outgoing = this.#exchange.accept(kind, from, step, offset, payload);
    if (kind === 'partial') {
      this.#hasPartials = true;
      const header = this.#header(kind, step, offset);
      this.#witness.partial(header, this.#rank, from, Buffer.concat(payload));
    }
    return this.#watch(outgoing);
  }

  #watch(outgoing: Outgoing[]): Outgoing[] {
    const sum = outgoing.find(({ kind }) => kind === 'sum');
    if (sum && this.#isMesh) {
      const header = this.#header('sum', sum.step, sum.offset);
      this.#witness.summed(header, this.#rank, Buffer.concat(sum.payload));
    }
    return outgoing;
  }

  #header(kind: FrameHeader['kind'], step: number, offset: number): FrameHeader {
    return { kind, generation: this.#generation, step, rank: this.#rank, offset, bytes: 0 };
  }
}
