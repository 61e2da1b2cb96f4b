// Which of several coordinators leads: a pure function (standing, event, now) → (standing, effects). Whoever makes the key in
// etcd, under a lease that runs out unless it is kept, leads; the revision at which the key was made is the fence, and grows
// with each leader.
// Invariant: a leader acts only until its lease may have run out, counted from when it last asked for more time, which is before
// etcd counts. What comes to light later changes nothing: who is fenced stays so.

/** In milliseconds of a clock that goes on while the process, or the machine, stands still. */
type Time = number;

export type Standing =
  /** Somebody else leads, or nobody yet. */
  | { readonly role: 'follower'; readonly lookAt: Time; readonly asking: boolean }
  | {
      readonly role: 'leader';
      readonly fence: number;
      readonly lease: string;
      /** It may act before this. */
      readonly until: Time;
      readonly keepAt: Time;
      readonly asking: boolean;
    }
  /** It led, and does not any more. */
  | { readonly role: 'fenced'; readonly why: string };

export type ElectionEvent =
  | { readonly type: 'tick' }
  /** What stands under the key; null for nothing. */
  | { readonly type: 'seen'; readonly leader: string | null }
  /** The key was made. @param asked when the lease was asked for */
  | {
      readonly type: 'won';
      readonly fence: number;
      readonly lease: string;
      readonly asked: Time;
      readonly ttlMs: number;
    }
  /** The lease has so much time again; none if etcd knows it no longer. */
  | { readonly type: 'kept'; readonly asked: Time; readonly ttlMs: number }
  /** etcd did not answer. */
  | { readonly type: 'unanswered'; readonly why: string };

export type ElectionEffect =
  /** See who leads. */
  | { readonly type: 'look' }
  /** Try to make the key. */
  | { readonly type: 'campaign' }
  | { readonly type: 'keep'; readonly lease: string }
  | { readonly type: 'lead'; readonly fence: number }
  | { readonly type: 'follow'; readonly leader: string }
  | { readonly type: 'trouble'; readonly why: string }
  | { readonly type: 'fenced'; readonly why: string };

export interface Decision {
  readonly standing: Standing;
  readonly effects: readonly ElectionEffect[];
}

/** A follower looks so often. */
const LOOK_MS = 250;
/** Where etcd does not answer, so often. */
const RETRY_MS = 500;
/** Of a lease: kept this often, and its end is taken to come so much sooner, for clocks that differ and what is under way. */
const KEPT_PER_LEASE = 3;
const MARGIN = 0.1;

/** Incarnations are told in 32 bits. */
export const MAX_FENCE = 2 ** 32 - 1;

export const FOLLOWER = { role: 'follower', lookAt: 0, asking: false } as const satisfies Standing;

export function mayAct(standing: Standing, now: Time): boolean {
  return standing.role === 'leader' && now < standing.until;
}

export function decideElection(standing: Standing, event: ElectionEvent, now: Time): Decision {
  switch (standing.role) {
    case 'follower':
      return follow(standing, event, now);
    case 'leader':
      return lead(standing, event, now);
    case 'fenced':
      return { standing, effects: [] };
  }
}

function follow(
  standing: Extract<Standing, { role: 'follower' }>,
  event: ElectionEvent,
  now: Time,
): Decision {
  const wait = (ms: number): Standing => ({ role: 'follower', lookAt: now + ms, asking: false });
  switch (event.type) {
    case 'tick':
      if (standing.asking || now < standing.lookAt) return { standing, effects: [] };
      return { standing: { ...standing, asking: true }, effects: [{ type: 'look' }] };
    case 'seen':
      if (event.leader === null) return { standing, effects: [{ type: 'campaign' }] };
      return { standing: wait(LOOK_MS), effects: [{ type: 'follow', leader: event.leader }] };
    case 'won':
      return take(event, now);
    case 'unanswered':
      return { standing: wait(RETRY_MS), effects: [{ type: 'trouble', why: event.why }] };
    case 'kept':
      return { standing, effects: [] };
  }
}

function take(
  { fence, lease, asked, ttlMs }: Extract<ElectionEvent, { type: 'won' }>,
  now: Time,
): Decision {
  const until = endOf(asked, ttlMs);
  if (fence > MAX_FENCE) {
    return fenced(
      `etcd is at revision ${fence}, which is more than ${MAX_FENCE}: use another etcd`,
    );
  }
  // The answer came so late that somebody else may have the key; nothing was done for it yet.
  if (now >= until) {
    const why = 'the lease had run out before it was known that it was given';
    return {
      standing: { ...FOLLOWER, lookAt: now + LOOK_MS },
      effects: [{ type: 'trouble', why }],
    };
  }
  const standing: Standing = {
    ...{ role: 'leader', fence, lease, until, asking: false },
    keepAt: asked + ttlMs / KEPT_PER_LEASE,
  };
  return { standing, effects: [{ type: 'lead', fence }] };
}

function lead(
  standing: Extract<Standing, { role: 'leader' }>,
  event: ElectionEvent,
  now: Time,
): Decision {
  if (now >= standing.until) {
    return fenced('its lease has run out: it stood still, or etcd did not answer');
  }
  switch (event.type) {
    case 'tick':
      if (standing.asking || now < standing.keepAt) return { standing, effects: [] };
      return {
        standing: { ...standing, asking: true },
        effects: [{ type: 'keep', lease: standing.lease }],
      };
    case 'kept': {
      const { asked, ttlMs } = event;
      if (ttlMs <= 0) return fenced('etcd has taken its lease back');
      const until = Math.max(standing.until, endOf(asked, ttlMs));
      const keepAt = asked + ttlMs / KEPT_PER_LEASE;
      return { standing: { ...standing, until, keepAt, asking: false }, effects: [] };
    }
    case 'unanswered': {
      const keepAt = now + RETRY_MS / 2;
      return {
        standing: { ...standing, keepAt, asking: false },
        effects: [{ type: 'trouble', why: event.why }],
      };
    }
    case 'seen':
    case 'won':
      return { standing, effects: [] };
  }
}

function endOf(asked: Time, ttlMs: number): Time {
  return asked + ttlMs * (1 - MARGIN);
}

function fenced(why: string): Decision {
  return { standing: { role: 'fenced', why }, effects: [{ type: 'fenced', why }] };
}
