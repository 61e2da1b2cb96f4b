// Audits. At an audited step every rank says, before it hands anything over, what its own shards came to and what the
// next rank's do; only if all agree does the step go on. A disagreement is put to all the others, and the majority
// names the offender. So what one machine computes wrongly gets into no state, if the step is audited.
import {
  type AuditReportMessage,
  type AuditVoteMessage,
  auditedRank,
  isAudited,
} from '@lockstep/wire';
import { DIVERGENCE, describeDivergence } from '../holding/divergence.js';
import { abandon, drop } from '../members/leaving.js';
import type { Audits } from '../state/audits.js';
import type { Effect } from '../state/effect.js';
import type { MemberId } from '../state/member.js';
import type { Running } from '../state/phase.js';
import type { Config, State } from '../state/state.js';
import type { Transition } from '../state/transition.js';
import { after, andThen, unchanged } from '../state/transition.js';

type Dispute = NonNullable<Audits['dispute']>;

/** @returns undefined if this is not what the member has to report now */
export function takeReport(
  state: State,
  phase: Running,
  id: MemberId,
  { step, own, other }: AuditReportMessage,
  now: number,
): Transition | undefined {
  const { audits, team, until } = phase;
  if (!audits || audits.dispute || step >= until) return undefined;
  const { reported } = audits;
  const isDue =
    reported.length > 0
      ? step === audits.step && !reported.some((report) => report.id === id)
      : isNext(state.config, audits.step, step);
  if (!isDue) return undefined;
  const known: Audits = { ...audits, step, reported: [...reported, { id, own, other }] };
  if (known.reported.length < team.ranks.length) return unchanged(withAudits(state, phase, known));
  return compare(state, phase, known, now);
}

/** Whether `step` is the first audited one after `last`. */
function isNext({ audit }: Config, last: number, step: number): boolean {
  for (let between = last + 1; between < step; between++) {
    if (isAudited(audit, between)) return false;
  }
  return step > last && isAudited(audit, step);
}

function withAudits(state: State, phase: Running, audits: Audits): State {
  return { ...state, phase: { ...phase, audits } };
}

/** All have reported. */
function compare(state: State, phase: Running, audits: Audits, now: number): Transition {
  const { ranks } = phase.team;
  const { step } = audits;
  const reports = ranks.map(({ id }) => audits.reported.find((report) => report.id === id)!);
  const auditor = reports.findIndex(
    ({ other }, by) => reports[auditedRank(by, ranks.length)]!.own !== other,
  );
  const { generation } = state;
  if (auditor < 0) {
    const effects = ranks.map(
      ({ id }): Effect => ({
        type: 'send',
        to: id,
        message: { type: 'audit-passed', generation, step },
      }),
    );
    const passed: Audits = { step, reported: [], dispute: null };
    return { state: withAudits(state, phase, passed), effects };
  }
  const rank = auditedRank(auditor, ranks.length);
  const votes = [
    { id: ranks[rank]!.id, digest: reports[rank]!.own },
    { id: ranks[auditor]!.id, digest: reports[auditor]!.other },
  ];
  const dispute: Dispute = { rank, votes };
  if (votes.length === ranks.length) return judge(state, phase, step, dispute, now);
  const { first, end } = ranks[rank]!;
  const others = ranks.filter((_, other) => other !== rank && other !== auditor);
  const effects = others.map(
    ({ id }): Effect => ({
      type: 'send',
      to: id,
      message: { type: 'audit-range', generation, step, first, end },
    }),
  );
  return { state: withAudits(state, phase, { ...audits, dispute }), effects };
}

/** @returns undefined if this is not what the member has to say now */
export function takeVote(
  state: State,
  phase: Running,
  id: MemberId,
  { step, digest }: AuditVoteMessage,
  now: number,
): Transition | undefined {
  const { audits, team } = phase;
  if (!audits?.dispute || step !== audits.step) return undefined;
  const { rank, votes } = audits.dispute;
  if (votes.some((vote) => vote.id === id)) return undefined;
  const dispute: Dispute = { rank, votes: [...votes, { id, digest }] };
  if (dispute.votes.length < team.ranks.length) {
    return unchanged(withAudits(state, phase, { ...audits, dispute }));
  }
  return judge(state, phase, step, dispute, now);
}

/** All have computed the disputed shards: whoever is not with the majority is expelled, and the step is redone. */
function judge(
  state: State,
  { team }: Running,
  step: number,
  { rank, votes }: Dispute,
  now: number,
): Transition {
  const { first, end } = team.ranks[rank]!;
  const nameOf = (id: MemberId): string => state.members.find((other) => other.id === id)!.name;
  const countOf = (digest: string): number => votes.filter((vote) => vote.digest === digest).length;
  const right = votes.find(({ digest }) => 2 * countOf(digest) > votes.length)?.digest;
  if (right === undefined) {
    const [own, other] = votes as [Dispute['votes'][0], Dispute['votes'][0]];
    const what = `the sums over shards [${first}, ${end})`;
    const values = [own, other].map(({ id, digest }) => [nameOf(id), digest] as const);
    // None of it was handed over: the state that the step starts from is what all of them hold.
    const message = describeDivergence(step, what, values[0]!, values[1]!);
    return abandon(state, DIVERGENCE, message, now);
  }
  let transition = unchanged(state);
  for (const { id, digest } of votes) {
    if (digest === right) continue;
    const message =
      `audit: step ${step}, shards [${first}, ${end}): ${nameOf(id)} computed ${digest}, ` +
      `${countOf(right)} of ${votes.length} workers ${right}. Its machine computes or stores wrongly`;
    transition = andThen(transition, (before) => expel(before, id, message, now));
  }
  return transition;
}

function expel(state: State, id: MemberId, message: string, now: number): Transition {
  return after(
    [{ type: 'send', to: id, message: { type: 'refused', code: 'audit', message } }],
    drop(state, id, 'audit', message, now),
  );
}
