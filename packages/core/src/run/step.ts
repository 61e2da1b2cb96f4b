// A step, in the one place where it is taken: sum the shards, reduce, clip, update, check, publish. It is the same for
// one thread, for many that share a memory, and for a worker, whose batch's sum comes from others between the halves.
// The new state is written beside the old one, and nothing of it counts before it is published.
import { LockstepError } from '@lockstep/errors';
import { type Addition, batchOf, joinBlocks, type Range, type TreeSum } from '@lockstep/tree';
import { heldBlocks, wholeSum } from './held-blocks.js';
import type { Replica } from './replica.js';
import type { RunPlan } from './run-plan.js';
import type { UpdatePiece } from './update-pieces.js';

/** Where those who take a step together meet. */
export interface StepBarrier {
  /**
   * Waits until all have come.
   *
   * @param last run by the last one, before anyone goes on
   * @returns false if it was given up, and then nobody may rely on the others
   */
  wait(last?: () => void): boolean;
}

/** What those who take a step together, and whoever reads its result, see of it. */
export interface StepBoard {
  /** Whether `reportNonFinite` was called. Reset by its owner. */
  readonly isNonFinite: boolean;
  /** A loss, a gradient or something new is not finite: the step is not taken. */
  reportNonFinite(): void;
  /** The loss of the step's samples, and their number; told before the step is published. */
  setLastSums(loss: number, samples: number): void;
  /** The state of `step` is whole, and the one that counts. */
  publish(step: number): void;
}

/** Stages of a step that can be timed; they do not nest. */
export type StepStage = 'shards' | 'reduce and update' | 'wait';

/** Before the shards; before what they come to is added up; when the new state is written and not yet published. */
export type StepPoint = 'compute' | 'reduce' | 'commit';

/** Watches a step, or dies in it on purpose. */
export interface StepWatch {
  begin(stage: StepStage): void;
  end(stage: StepStage): void;
  reach(point: StepPoint, step: number): void;
}

/** The part that one of those who take steps together has in them. */
export interface StepShare {
  /** The tiles that it reduces and updates. */
  readonly tiles: Range;
  /** Whether it does what one does for all. */
  readonly leads: boolean;
  readonly barrier: StepBarrier;
  readonly board: StepBoard;
  /** The order of the epoch's samples, kept up to date by its owner; undefined: as they lie in the dataset. */
  readonly order: Uint32Array | undefined;
  readonly watch?: StepWatch | undefined;
}

/** Takes steps over a replica. A call returns false if the barrier was given up. */
export class Stepper {
  readonly #plan: RunPlan;
  readonly #replica: Replica;
  readonly #share: StepShare;
  readonly #watch: StepWatch | undefined;
  /** For each bucket, the additions that join what all computed into as few blocks as the tree allows. */
  readonly #joins: readonly (readonly Addition[])[];
  /** Into the sum over the batch, if they hold all of it. */
  readonly #whole: TreeSum | undefined;
  readonly #pieces: readonly UpdatePiece[];
  /** Of the step that is under way. */
  #step = 0;
  readonly #publish = (): void => {
    const { board } = this.#share;
    if (!board.isNonFinite) board.publish(this.#step + 1);
  };

  constructor(plan: RunPlan, replica: Replica, share: StepShare) {
    this.#plan = plan;
    this.#replica = replica;
    this.#share = share;
    this.#watch = share.watch;
    this.#joins = plan.schedules[0]!.buckets.map(
      (_, bucket) => joinBlocks(heldBlocks(plan, bucket)).adds,
    );
    this.#whole = wholeSum(plan);
    this.#pieces = replica.tiles.pieces(share.tiles);
  }

  /** Buckets of the first half. */
  get buckets(): number {
    return this.#joins.length;
  }

  /** A whole step, by those who hold all shards of its batch in one bucket. */
  take(step: number): boolean {
    if (!this.#whole) throw new LockstepError('internal', 'step: its shards are not all here');
    this.#computeShards(step, 0);
    if (!this.#wait()) return false;
    this.#watch?.reach('reduce', step);
    return this.finish(step, this.#whole);
  }

  /**
   * The first half, bucket by bucket: own shards, joined with those of the others here.
   *
   * @param batch whose samples they are: the number of the step that takes it where no batch is left out or taken twice
   */
  compute(step: number, bucket: number, batch = step): boolean {
    this.#computeShards(step, bucket, batch);
    const adds = this.#joins[bucket]!;
    if (adds.length === 0) return true;
    if (!this.#wait()) return false;
    this.#watch?.reach('reduce', step);
    const { tiles, leads } = this.#share;
    this.#watch?.begin('reduce and update');
    this.#replica.tiles.add(tiles.first, tiles.end, adds);
    if (leads) this.#replica.tiles.addSums(adds);
    this.#watch?.end('reduce and update');
    return true;
  }

  /**
   * The second half: from the sum over the whole batch to the next state, which is published if all of it is finite.
   *
   * @param divisor of the gradients: 1 where they are means already. Left out: the batch's samples, or what they weigh
   */
  finish(step: number, sum: TreeSum, divisor?: number): boolean {
    const { tiles, leads, board } = this.#share;
    const samples = divisor ?? batchOf(this.#plan.batches, step).samples;
    let finite = true;
    this.#watch?.begin('reduce and update');
    if (leads) finite = this.#sumUp(step, sum, samples);
    // What the batch weighs must be added up before anybody divides by it.
    if (this.#plan.isWeighted) {
      this.#watch?.end('reduce and update');
      if (!this.#wait()) return false;
      this.#watch?.begin('reduce and update');
    }
    const count = divisor ?? this.#replica.tiles.countAt(sum.root, samples);
    finite = this.#replica.tiles.reduce(tiles.first, tiles.end, sum, count) && finite;
    this.#watch?.end('reduce and update');
    // The norm of the whole gradient must be known before any tile is clipped by it.
    if (this.#plan.config.optimizer.clipNorm !== undefined && !this.#wait()) return false;
    this.#watch?.begin('reduce and update');
    finite = this.#replica.tiles.update(this.#pieces, sum, step, count) && finite;
    this.#watch?.end('reduce and update');
    if (!finite) board.reportNonFinite();
    this.#watch?.reach('commit', step);
    this.#step = step;
    return this.#wait(this.#publish);
  }

  #computeShards(step: number, bucket: number, batch = step): void {
    this.#watch?.reach('compute', step);
    this.#watch?.begin('shards');
    this.#replica.shards.compute(step, this.#share.order, bucket, batch);
    this.#watch?.end('shards');
  }

  /** @returns whether the loss and the model's new buffers are finite */
  #sumUp(step: number, sum: TreeSum, samples: number): boolean {
    const { tiles, buffers } = this.#replica;
    tiles.addSums(sum.adds);
    const loss = tiles.meanedLoss(sum.root, samples);
    tiles.accumulateLoss(step, loss);
    this.#share.board.setLastSums(loss, samples);
    return buffers.take(step, sum.root) && Number.isFinite(loss);
  }

  #wait(last?: () => void): boolean {
    this.#watch?.begin('wait');
    const isTogether = this.#share.barrier.wait(last);
    this.#watch?.end('wait');
    return isTogether;
  }
}
