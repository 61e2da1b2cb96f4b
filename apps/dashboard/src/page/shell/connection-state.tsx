// Whether what is shown is fresh.
import type { SourceState } from '../../contract.js';

const WORDS: Readonly<Record<SourceState, string>> = {
  connecting: 'connecting',
  connected: 'live',
  lost: 'connection lost, trying again',
  refused: 'refused',
};

export function ConnectionState({ state }: { readonly state: SourceState }) {
  return (
    <span class={`connection connection-${state}`} role="status">
      {WORDS[state]}
    </span>
  );
}
