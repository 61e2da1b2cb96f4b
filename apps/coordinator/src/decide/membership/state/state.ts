// What membership knows, as plain immutable data. The coordinator is the one authority. It decides who belongs to a
// generation, who computes which shards, how far a generation runs, and what is durable before anyone is told of it.
// Invariants: `generation` only grows; at most one generation runs; nothing above a stop point exists anywhere before that
// stop point's evaluation is journalled and its checkpoint saved.
import type { EvaluatedDataset, Judgement, SumLayout } from '@lockstep/core/internal';
import type { AuditPlan, HeldState } from '@lockstep/wire';
import type { CatchUp } from './catching-up.js';
import type { EvaluatedStep } from './durable.js';
import type { Member, MemberId, Sighting } from './member.js';
import type { Asked, Phase } from './phase.js';
import type { Told, Unlinked } from './team.js';

export interface Config {
  /** Of a batch: a power of two. */
  readonly shards: number;
  /** Samples of a batch: a run can have as many shards, and no more. */
  readonly batchSize: number;
  /** What is evaluated at an epoch's end: datasets, with their chunks numbered through. */
  readonly evaluated: readonly EvaluatedDataset[];
  /** Of one chunk. */
  readonly sums: SumLayout;
  readonly stepsPerEpoch: number;
  /** Of the whole run. */
  readonly steps: number;
  /** In steps. The run's last step is always saved. */
  readonly checkpointEvery: number;
  /** What a stop rule makes of an epoch that was evaluated; null: no rule, and nothing judged. */
  readonly judge: ((before: Judgement, evaluation: EvaluatedStep) => Judgement) | null;
  /** Whether the state of the best epoch is saved, too. */
  readonly keepsBest: boolean;
  /** Whether every epoch's is, since somebody looks at it before the run goes on. */
  readonly savesEpochs: boolean;
  readonly topology: 'auto' | 'star' | 'mesh';
  /** Whether pages of browsers may come, too: nobody can dial one. */
  readonly takesPages: boolean;
  /** Null: no step is audited. */
  readonly audit: AuditPlan | null;
  /** How many must have joined before the first step that this coordinator lets anybody take. */
  readonly minWorkers: number;
  /** Whether it takes the run over from another one that led: once the run has begun, nobody who does not come holds it up. */
  readonly takesOver: boolean;
  readonly maxWorkers: number;
  /** How long a restarted coordinator waits for the last generation's members, from the first that is back. */
  readonly resumeGraceMs: number;
}

export interface State {
  readonly config: Config;
  /** The generation that forms or runs, or was the last to; journalled. */
  readonly generation: number;
  /** Connections that have not joined yet: they fetch data and build their engine. */
  readonly arriving: readonly MemberId[];
  readonly members: readonly Member[];
  readonly phase: Phase;
  readonly saved: HeldState;
  /** What the coordinator has in memory, verified: a state to be passed on, one to be saved. */
  readonly copies: readonly HeldState[];
  /** Of the generation that forms or runs. */
  readonly catchUp: CatchUp | null;
  /** What is on its way to the disk. */
  readonly writing: HeldState | null;
  /** The newest that was journalled and told. */
  readonly evaluated: EvaluatedStep | null;
  /** Of the epochs whose evaluations are journalled: the same after a restart, so nobody goes beyond the end that it says. */
  readonly judgement: Judgement;
  /** The evaluation of the best epoch; null before there is one. */
  readonly best: EvaluatedStep | null;
  /** Somebody wants the run to end where it stands, evaluated and saved. Not journalled: a restarted coordinator goes on. */
  readonly asked: Asked | null;
  /** Somebody waits for a checkpoint of the newest step. Not journalled: with the coordinator, whoever asked is gone. */
  readonly checkpointAsked: boolean;
  /** The newest step that anyone is known to hold. */
  readonly committed: number;
  /** Digests of the steps that were last heard of, each once. */
  readonly sightings: readonly Sighting[];
  /** Whether anybody was told to take a step, in this process or before it took over: `minWorkers` counts only before. */
  readonly begun: boolean;
  /** A restarted coordinator waits for these; null when it no longer does. */
  readonly returning: { readonly names: readonly string[]; readonly since: number | null } | null;
  /** Pairs that could not reach each other in the last generation. A pair of which one is lost is no such pair. */
  readonly unlinked: readonly Unlinked[];
  /** How often in a row a mesh failed without a step being taken. */
  readonly meshFailures: number;
  /** `auto` does not try a mesh again in this run. */
  readonly meshBroken: boolean;
  /** What was last told to people of how the shards are dealt. */
  readonly told: Told;
  /** The first loss since the last committed step. `step` is where the run goes on from, null until that is known. */
  readonly loss: { readonly noticed: number; readonly step: number | null } | null;
  /** When the last generation began to form. */
  readonly formed: number;
  /** When a piece of a state last came or went. */
  readonly moved: number;
  /** Time spent training in this process, up to the step that was last heard of; without evaluation, checkpoints and waiting. */
  readonly trainingMs: number;
  /** Why the run is being given up; it saves what it can first. */
  readonly ending: { readonly code: string; readonly message: string } | null;
}
