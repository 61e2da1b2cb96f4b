// What threads and workers do.
import type { Source } from '../../contract.js';
import type { RunState } from '../store/run-state.js';

interface WorkersTabProps {
  readonly run: RunState;
  readonly source: Source;
}

export function WorkersTab({ run }: WorkersTabProps) {
  return <p>{run.info.name}</p>;
}
