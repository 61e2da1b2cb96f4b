// How a run goes.
import type { Source } from '../../contract.js';
import type { RunState } from '../store/run-state.js';

interface RunTabProps {
  readonly run: RunState;
  /** It and those that are compared with it. */
  readonly compared: readonly RunState[];
  readonly all: readonly RunState[];
  readonly source: Source;
}

export function RunTab({ run }: RunTabProps) {
  return <p>{run.info.name}</p>;
}
