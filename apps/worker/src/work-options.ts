// What somebody who joins a run may choose. Defaults and checks are in work.ts.
import type { Dataset } from '@lockstep/core';
import type { DialTls } from '@lockstep/transport';
import type { WorkerStatus } from './worker-event.js';

export interface WorkOptions {
  /** What the coordinator showed; proven, never sent. Needed with a URL. */
  readonly token?: string | undefined;
  /** Compute threads; all cores if left out. */
  readonly threads?: number | undefined;
  /** Shown to people; the machine's name if left out. */
  readonly name?: string | undefined;
  /**
   * Where other workers may dial this one, for a mesh. If left out: a free port at the address from which it reaches
   * the coordinator, if that is on this machine, or there is a certificate to show, or `insecure`; else nowhere, which
   * makes the run a star.
   */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  /** Allows listening beyond loopback without TLS. */
  readonly insecure?: boolean | undefined;
  /** PEM texts: whom to trust, and what to show. */
  readonly tls?: DialTls | undefined;
  /** Datasets are kept there; the user's cache folder if left out. */
  readonly cacheDir?: string | undefined;
  /** A larger dataset is refused; the machine's memory if left out. */
  readonly maxDatasetBytes?: number | undefined;
  /** Datasets that need not be fetched if the run is about them. */
  readonly data?: readonly Dataset[] | undefined;
  /**
   * It ends with an error once it was without a coordinator for so long, at the start or after it had one; Infinity
   * never ends. Default 600000, 10 minutes.
   */
  readonly giveUpAfterMs?: number | undefined;
  /** Aborting it leaves the run. */
  readonly signal?: AbortSignal | undefined;
  /** What it does has changed, or there is a new measurement; a few times a second. */
  readonly onStatus?: ((status: WorkerStatus) => void) | undefined;
}
