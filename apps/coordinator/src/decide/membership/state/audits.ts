// What has come in about the audits of a stretch of steps.
import type { MemberId } from './member.js';

/** What a rank computed of an audited step, as SHA-256. */
export interface AuditReport {
  readonly id: MemberId;
  /** Of its own shards, and of those of the next rank. */
  readonly own: string;
  readonly other: string;
}

/** The audits of a stretch of steps, one after the other. */
export interface Audits {
  /** The one under way if anybody has reported, or the last; before the first, the step before the stretch. */
  readonly step: number;
  readonly reported: readonly AuditReport[];
  /** A rank and its auditor disagree about its shards: what each has computed, as soon as it has said so. */
  readonly dispute: {
    readonly rank: number;
    readonly votes: readonly { readonly id: MemberId; readonly digest: string }[];
  } | null;
}
