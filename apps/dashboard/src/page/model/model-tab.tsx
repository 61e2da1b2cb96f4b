// What the trained network looks like inside.
import type { TabProps } from '../shell/tab-props.js';

export function ModelTab({ run }: TabProps) {
  return <p class="quiet">The model of {run.name}</p>;
}
