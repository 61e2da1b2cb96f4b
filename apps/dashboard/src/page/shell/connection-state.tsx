// Whether what is shown is fresh: it may be of runs that are over.
import type { SourceState } from '../../contract.js';

const WORDS: Readonly<Record<SourceState, string>> = {
  connecting: 'connecting',
  connected: 'connected',
  lost: 'connection lost, trying again',
  gone: 'the server has ended',
  refused: 'refused',
};

interface ConnectionProps {
  readonly state: SourceState;
  /** Whether a run goes on. */
  readonly isLive: boolean;
}

export function ConnectionState({ state, isLive }: ConnectionProps) {
  return (
    <span class={`connection connection-${state}`} role="status">
      {state === 'connected' && isLive ? 'live' : WORDS[state]}
    </span>
  );
}
