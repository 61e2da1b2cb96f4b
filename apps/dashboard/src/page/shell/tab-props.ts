// What each tab is given.
import type { RunInfo, Source } from '../../contract.js';
import type { Store } from '../store/store.js';

export interface TabProps {
  /** The run that is looked at. What is known of it besides, and what is new: `useRun(store, run.id)`. */
  readonly run: RunInfo;
  readonly source: Source;
  readonly store: Store;
}
