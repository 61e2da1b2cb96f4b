// What the page and its threads say to each other.
import type { WorkerEvent, WorkerStatus } from '@lockstep/worker/page';

/** To a thread. */
export type Order =
  | { readonly type: 'begin'; readonly url: string; readonly token: string; readonly name: string }
  /** It goes as soon as the coordinator has what only it holds. `why` is told there. */
  | { readonly type: 'leave'; readonly why: string };

/** From a thread. The last two end it. */
export type Report =
  | { readonly type: 'event'; readonly event: WorkerEvent }
  | { readonly type: 'status'; readonly status: WorkerStatus }
  | { readonly type: 'ended'; readonly reason: string; readonly weightsHash: string | undefined }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };
