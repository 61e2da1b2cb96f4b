// The network in a reader's hands.
import type { TabProps } from '../shell/tab-props.js';

export function TryTab({ run }: TabProps) {
  return <p class="quiet">Try {run.name}</p>;
}
