// What `doctor` tells: an event for each thing that was looked at, and one at the end.
import type { Finding } from './check.js';

export interface CheckEvent extends Finding {
  readonly event: 'check';
  /** ISO 8601. */
  readonly time: string;
}

export interface DoctorEvent {
  readonly event: 'doctor';
  /** ISO 8601. */
  readonly time: string;
  /** How many of the checks found one. */
  readonly problems: number;
  readonly notes: number;
}
