// Who a worker is, and where it stands, for people.
import type { RolePhase } from './generation-role.js';

/** Who a worker is. */
export interface WorkerIdentity {
  /** 1 to 64 printable characters. */
  readonly name: string;
  readonly threads: number;
  /** Where other workers reach this one; null if they cannot. */
  readonly url: string | null;
}

/** `idle` is in no generation. */
export type WorkerPhase = 'idle' | RolePhase;

/** Where a worker stands, for people. */
export interface WorkerStanding {
  readonly isConnected: boolean;
  /** The name of the run, once it is known. */
  readonly run: string | undefined;
  /** Whether data and engine are there. */
  readonly isReady: boolean;
  readonly phase: WorkerPhase;
  readonly generation: number;
  readonly members: number;
  /** Of the held state. */
  readonly step: number | undefined;
  /** Of the whole run. */
  readonly steps: number | undefined;
}
