// What those who move bytes between workers see of the coordinator that they belong to.
import type { CoordinatorEffect } from './border.js';
import type { Event } from './membership/state/event.js';
import type { MemberId } from './membership/state/member.js';

export interface TransferHost {
  push(effect: CoordinatorEffect): void;
  /** Membership hears of it, and what it asks for is done before this returns. */
  decide(event: Event): void;
  /** A worker broke the protocol: its connection is closed. */
  break(id: MemberId, message: string): void;
}
